"""What sellers state of a thing against what the assistant reads in title and photos."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction

from listing_assistant.assistant import selectors as assistant
from listing_assistant.assistant.models import Analysis, Evidence, Suggestion
from listing_assistant.catalogue.models import Attribute, AttributeValue
from listing_assistant.catalogue.selectors import spelling_key
from listing_assistant.listings.models import Listing, ListingAttribute

from . import policy
from .models import Case, ClaimConflict, Decision
from .services import OPEN_TO_BUYERS, open_case


@dataclass(frozen=True)
class Claim:
    """A detail as the seller states it, "" if not at all, and as the assistant reads it."""

    attribute: Attribute
    stated: str
    suggestion: Suggestion | None
    disagrees: bool


def claims_of(listing: Listing) -> list[Claim]:
    """Every detail that is stated or read; those that disagree come first."""
    stated: dict[int, list[ListingAttribute]] = {}
    for row in listing.attribute_rows.select_related("value").order_by("id"):
        stated.setdefault(row.attribute_id, []).append(row)
    read = _read_details(assistant.current_analysis(listing))
    attributes = Attribute.objects.in_bulk([*stated, *read])
    values = AttributeValue.objects.in_bulk([found.value["value"] for found in read.values()])
    claims = [
        Claim(
            attribute,
            ", ".join(row.text for row in stated.get(pk, [])),
            read.get(pk),
            disagrees=pk in stated
            and pk in read
            and _contradicts(listing.title, stated, read[pk], values.get(read[pk].value["value"])),
        )
        for pk, attribute in attributes.items()
    ]
    return sorted(claims, key=lambda claim: (not claim.disagrees, claim.attribute.name))


def review_claims(*, listing: Listing) -> Case | None:
    """Open a case where a published listing states what its own title or photos contradict.

    Only details of `policy.CLAIM_ATTRIBUTES`, only from `policy.CLAIM_CONFIDENCE` on, and never
    what a moderator has let pass. A case whose contradictions are gone is closed.
    """
    if listing.state not in OPEN_TO_BUYERS:
        return None
    analysis = assistant.current_analysis(listing)
    if analysis is None or analysis.is_under_way:
        return None
    approved = _approved(listing)
    conflicts = [
        claim
        for claim in claims_of(listing)
        if _is_serious(claim) and _identity(claim) not in approved
    ]
    with transaction.atomic():
        if not conflicts:
            _close_open_case(listing)
            return None
        worst = max(conflicts, key=_risk)
        case = open_case(
            listing=listing,
            kind=Case.Kind.CLAIM,
            risk=_risk(worst),
            reason=" ".join(_sentence(claim) for claim in conflicts),
            suggestion=worst.suggestion,
        )
        case.conflicts.all().delete()
        ClaimConflict.objects.bulk_create(_conflict(case, claim) for claim in conflicts)
    return case


def _read_details(analysis: Analysis | None) -> dict[int, Suggestion]:
    """By attribute's id; of several suggestions for one detail the newest."""
    if analysis is None:
        return {}
    rows = assistant.suggestions_of(analysis).filter(kind=Suggestion.Kind.ATTRIBUTE)
    return {row.value["attribute"]: row for row in rows.order_by("rank", "id")}


def _contradicts(
    title: str,
    stated: Mapping[int, Sequence[ListingAttribute]],
    found: Suggestion,
    value: AttributeValue | None,
) -> bool:
    """Whether what was read denies what is stated of the same detail.

    Not where the title names what is stated too ("Lumo gamepad for Nintendo Switch"), nor where the
    words that were read are those of another detail ("Sony E" is the mount).
    """
    attribute = found.value["attribute"]
    said = {text for row in stated[attribute] for text in _spellings([row.text], row.value)}
    if any(_says_more(title, text) for text in said):
        return False
    others = [row.text for pk, rows in stated.items() if pk != attribute for row in rows]
    if any(_says_more(text, read) for text in others for read in found.value["texts"]):
        return False
    return not _agree(said, _spellings(found.value["texts"], value))


def _spellings(texts: Iterable[str], value: AttributeValue | None) -> set[str]:
    return {*texts, *(value.synonyms if value else ())}


def _agree(said: Iterable[str], read: Iterable[str]) -> bool:
    """Whether two spellings are one, or one says more: navy is "navy blue" too, and so blue."""
    return any(
        spelling_key(one) == spelling_key(other) or _says_more(one, other) or _says_more(other, one)
        for one in said
        for other in read
    )


def _says_more(text: str, less: str) -> bool:
    return _words(less) <= _words(text)


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.casefold()))


def _is_serious(claim: Claim) -> bool:
    return (
        claim.disagrees
        and claim.suggestion is not None
        and claim.suggestion.confidence >= policy.CLAIM_CONFIDENCE
        and claim.attribute.name in policy.CLAIM_ATTRIBUTES
    )


def _risk(claim: Claim) -> float:
    assert claim.suggestion
    turned_down = (Suggestion.State.EDITED, Suggestion.State.REJECTED)
    insisted = claim.suggestion.state in turned_down
    factor = policy.SELLER_INSISTED_FACTOR if insisted else 1.0
    return policy.CLAIM_RISK * claim.suggestion.confidence * factor


def _identity(claim: Claim) -> tuple[int, str, str]:
    read = claim.suggestion.value["text"] if claim.suggestion else ""
    return claim.attribute.pk, spelling_key(claim.stated), spelling_key(read)


def _approved(listing: Listing) -> set[tuple[int, str, str]]:
    """Contradictions that a moderator has seen, in whichever analysis, and let pass."""
    passed = Case.objects.filter(
        listing=listing,
        kind=Case.Kind.CLAIM,
        decisions__action=Decision.Action.APPROVE,
        decisions__undone_by=None,
    )
    rows = ClaimConflict.objects.filter(case__in=passed)
    return {
        (attribute, spelling_key(stated), spelling_key(inferred))
        for attribute, stated, inferred in rows.values_list("attribute", "stated", "inferred")
    }


def _close_open_case(listing: Listing) -> None:
    """The seller has put it right, or the assistant reads it otherwise now."""
    Case.objects.filter(listing=listing, kind=Case.Kind.CLAIM, state=Case.State.OPEN).exclude(
        decisions__action=Decision.Action.UNDO
    ).update(state=Case.State.DECIDED)


def _conflict(case: Case, claim: Claim) -> ClaimConflict:
    assert claim.suggestion
    return ClaimConflict(
        case=case,
        attribute=claim.attribute,
        suggestion=claim.suggestion,
        stated=claim.stated[:500],
        inferred=claim.suggestion.value["text"][:500],
        confidence=claim.suggestion.confidence,
    )


def _sentence(claim: Claim) -> str:
    assert claim.suggestion
    rows = list(claim.suggestion.evidence.all())
    words = next((row for row in rows if row.kind == Evidence.Kind.TEXT), None)
    if words is not None:
        says = f"the {words.field or 'title'} says"
    else:
        says = "the photos show" if rows else "the assistant reads"
    return (
        f"{claim.attribute.name}: the seller states “{claim.stated}”,"
        f" {says} “{claim.suggestion.value['text']}”."
    )
