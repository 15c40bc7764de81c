"""Where the sentences of published texts come from, kept up to date with every change.

A text is linked when its listing goes live and again after every change of it or of its facts. A
text whose news got lost is linked when its seller or a moderator looks at it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.db import transaction

from listing_assistant.accounts.models import User
from listing_assistant.assistant.drafting.facts import ListingFacts, digest_of, facts_of
from listing_assistant.assistant.drafting.versions import TAKEN
from listing_assistant.assistant.errors import AssistantError
from listing_assistant.assistant.linking import (
    DraftedSentence,
    drafted_share,
    linked_text,
    most_common,
)
from listing_assistant.assistant.models import PublishedText, Suggestion
from listing_assistant.listings.models import Listing

ALWAYS, NEVER = "always", "never"  # of the setting DRAFT_DISCLOSURE; else the seller chooses
# A listing that changes faster than its text is linked is linked by its last change.
TRIES = 3
BATCH = 500


def link_published_text(listing: Listing) -> PublishedText | None:
    """The listing's text linked as it is now; None while it has never been published.

    1. Read text and facts; if what is kept was made of them, that is the answer.
    2. Link outside any transaction.
    3. Store, unless the listing has changed meanwhile: then begin again.
    """
    for _ in range(TRIES):
        # 1
        listing = Listing.objects.select_related("category").get(pk=listing.pk)
        if listing.published_at is None:
            return None
        facts = facts_of(listing, None)
        fingerprint = _fingerprint(listing, facts)
        kept = PublishedText.objects.filter(listing=listing).first()
        if kept and kept.fingerprint == fingerprint:
            return kept
        # 2
        earlier = kept.sentences if kept else []
        drafted = drafted_sentences(listing)
        sentences = linked_text(
            listing.description, facts, drafted, earlier, _language(kept, drafted)
        )
        # 3
        with transaction.atomic():
            Listing.objects.select_for_update(of=("self",)).get(pk=listing.pk)
            if _current_fingerprint(listing) == fingerprint:
                return _store(listing, fingerprint, sentences)
    return PublishedText.objects.filter(listing=listing).first()


def drafted_sentences(listing: Listing) -> list[DraftedSentence]:
    """What drafts of the listing have said, oldest first, but not what they left to the seller."""
    drafts = Suggestion.objects.filter(
        analysis__listing=listing, kind=Suggestion.Kind.DESCRIPTION
    ).order_by("pk")
    return [
        DraftedSentence(
            text=one["text"],
            engine=row.about.get("engine", ""),
            release=row.about.get("release", ""),
            language=row.about.get("language", ""),
            was_taken=row.state in TAKEN,
            sources={claim["text"]: claim["source"] for claim in one.get("claims", ())},
        )
        for row in drafts
        for one in row.value["sentences"]
        if not one.get("own", False)
    ]


def set_disclosure(*, listing: Listing, user: User, is_disclosed: bool) -> None:
    """Tell buyers of the draft, or do not. Raises AssistantError: "not_yours", "not_yours_to_say".

    "not_drafted" where there is nothing to tell.
    """
    if listing.seller_id != user.pk:
        raise AssistantError("not_yours", "This listing belongs to another seller.")
    if settings.DRAFT_DISCLOSURE in (ALWAYS, NEVER):
        raise AssistantError("not_yours_to_say", "This marketplace decides what buyers are told.")
    if not PublishedText.objects.filter(listing=listing).update(is_disclosed=is_disclosed):
        raise AssistantError("not_drafted", "There is no draft to tell of.")


def is_told_to_buyers(text: PublishedText | None) -> bool:
    """Whether buyers read that the text was drafted: the setting's word, or the seller's."""
    if text is None or not text.drafted_share or settings.DRAFT_DISCLOSURE == NEVER:
        return False
    return settings.DRAFT_DISCLOSURE == ALWAYS or text.is_disclosed


def _store(listing: Listing, fingerprint: str, sentences: list[dict[str, Any]]) -> PublishedText:
    row, _ = PublishedText.objects.update_or_create(
        listing=listing,
        defaults={
            "fingerprint": fingerprint,
            "sentences": sentences,
            "engine": most_common(sentences, "engine"),
            "release": most_common(sentences, "release"),
            "language": most_common(sentences, "language"),
            "drafted_share": drafted_share(sentences),
            "broken": sum(bool(one["broken"]) for one in sentences),
        },
    )
    return row


def _language(kept: PublishedText | None, drafted: list[DraftedSentence]) -> str:
    """That of the draft that was taken over last, whose words the text is read by."""
    taken = [one.language for one in drafted if one.was_taken and one.language]
    return taken[-1] if taken else (kept and kept.language) or "en"


def _fingerprint(listing: Listing, facts: ListingFacts) -> str:
    return digest_of([listing.description, asdict(facts)])


def _current_fingerprint(listing: Listing) -> str:
    now = Listing.objects.select_related("category").get(pk=listing.pk)
    return _fingerprint(now, facts_of(now, None))


def exported_texts() -> Iterator[dict[str, Any]]:
    """Every linked text, oldest first, with what its seller made of the drafts."""
    rows = PublishedText.objects.select_related("listing__category", "listing__draft_outcome")
    for row in rows.order_by("pk").iterator(chunk_size=BATCH):
        outcome = getattr(row.listing, "draft_outcome", None)
        yield {
            "id": str(row.listing.public_id),
            "category": row.listing.category.path if row.listing.category else "",
            "language": row.language,
            "engine": row.engine,
            "release": row.release,
            "drafted_share": row.drafted_share,
            "decision": outcome.decision if outcome else None,
            "edit_distance": outcome.edit_distance if outcome else None,
            "sentences": row.sentences,
        }
