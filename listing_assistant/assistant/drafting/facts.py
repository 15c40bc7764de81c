"""What a draft of a listing may say, as plain values."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass

from listing_assistant.assistant import policy, selectors
from listing_assistant.assistant.models import Analysis, Evidence, Suggestion
from listing_assistant.catalogue.models import Category
from listing_assistant.listings.models import Listing

Kind = Suggestion.Kind


@dataclass(frozen=True)
class Detail:
    """One value of an attribute. `source` is seller, suggestion or photo: then in which, from 0.

    `confidence` is how sure the models are; 1 of what the seller has stated.
    """

    name: str
    value: str
    source: str = "seller"
    photo: int | None = None
    confidence: float = 1.0


@dataclass(frozen=True)
class ListingFacts:
    """`condition` is a value of listings.Condition; the seller's own words are in the last two."""

    title: str
    category: str = ""
    condition: str = ""
    details: tuple[Detail, ...] = ()
    condition_note: str = ""
    seller_text: str = ""

    @property
    def digest(self) -> str:
        return digest_of(asdict(self))

    @property
    def confidence(self) -> float:
        """That of the least sure suggestion."""
        return min((one.confidence for one in self.details if one.source != "seller"), default=1.0)


def facts_of(
    listing: Listing,
    analysis: Analysis | None,
    category: Category | None = None,
    *,
    seller_text: str = "",
) -> ListingFacts:
    """What the seller has stated, and the suggestions for the other attributes.

    What the seller rejected is never used, nor what the models are unsure of. `category` stands in
    for one that is not chosen yet; without it the analysis's best candidate does.
    """
    category = listing.category or category or best_category(analysis)
    rows = listing.attribute_rows.select_related("attribute").order_by("id")
    stated = tuple(Detail(row.attribute.name, row.text) for row in rows)
    taken = {row.attribute_id for row in rows}
    return ListingFacts(
        title=listing.title,
        category=category.name if category else "",
        condition=listing.condition,
        details=stated + _suggested(listing, analysis, taken),
        condition_note=listing.condition_note,
        seller_text=seller_text,
    )


def best_category(analysis: Analysis | None) -> Category | None:
    if analysis is None:
        return None
    best = analysis.suggestions.filter(kind=Kind.CATEGORY).order_by("rank").first()
    return Category.objects.filter(pk=best.value["category"]).first() if best else None


def _suggested(listing: Listing, analysis: Analysis | None, taken: set[int]) -> tuple[Detail, ...]:
    if analysis is None:
        return ()
    rejected = selectors.rejected_attributes(listing)
    rows = selectors.suggestions_of(analysis).filter(
        kind=Kind.ATTRIBUTE, confidence__gte=policy.ACCEPT_ALL_CONFIDENCE
    )
    return tuple(
        _detail(row)
        for row in rows
        if row.value["attribute"] not in taken
        and (row.value["attribute"], row.value["text"]) not in rejected
    )


def _detail(row: Suggestion) -> Detail:
    seen = [
        one.photo.position
        for one in row.evidence.all()
        if one.kind == Evidence.Kind.PHOTO and one.photo
    ]
    is_seen = row.about.get("source") == "photo"
    return Detail(
        name=row.label.split(": ")[0],
        value=row.value["text"],
        source="photo" if is_seen else "suggestion",
        photo=min(seen) if is_seen and seen else None,
        confidence=row.confidence,
    )


def digest_of(value: object) -> str:
    return hashlib.sha256(json.dumps(value, ensure_ascii=False).encode()).hexdigest()
