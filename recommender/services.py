"""What the recommender writes: vectors of items, what people did, what they were shown."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import structlog
from django.db import connection, transaction
from django.utils import timezone

from listing_assistant.accounts.models import User
from listing_assistant.listings.models import Listing, State
from recommender import inference, selectors
from recommender.inference import EncodedListing
from recommender.models import BehaviourEvent, EventKind, Impression, ItemEmbedding
from recommender.vectors import pack

log = structlog.get_logger()


class EventError(Exception):
    """An event that cannot be recorded: `field` is what is wrong with it."""

    def __init__(self, code: str, message: str, field: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.field = field


# --- Vectors of items ---------------------------------------------------------------------------


def embed_item(*, listing_id: int) -> bool:
    """Give a live listing its vector. True if one was stored, False if there was nothing to do.

    Raises ArtefactError when a model cannot be loaded.
    """
    if sync_item(listing_id=listing_id) or inference.release_in_service() is None:
        return False
    listing = Listing.objects.filter(pk=listing_id).first()
    if listing is None:
        return False
    return store_embedding(encoded={listing_id: inference.encode_listing(listing)}) == 1


def embed_missing(*, limit: int) -> int:
    """Bring up to `limit` live items under the release in service; returns how many were.

    Also takes what is no longer for sale out of the indexes, should its news have been lost.
    Raises ArtefactError.
    """
    for listing_id in selectors.listings_to_retire().values_list("listing_id", flat=True)[:1000]:
        sync_item(listing_id=listing_id)
    release = inference.release_in_service()
    if release is None:
        return 0
    waiting = list(selectors.listings_to_embed(release)[:limit])
    unsynced = [listing for listing in waiting if not sync_item(listing_id=listing.pk)]
    encoded = inference.encode_listings(unsynced) if unsynced else []
    rows = {listing.pk: row for listing, row in zip(unsynced, encoded, strict=True)}
    return len(waiting) - len(unsynced) + store_embedding(encoded=rows)


def store_embedding(*, encoded: Mapping[int, EncodedListing]) -> int:
    """Keep vectors by listing id, for live listings and drafts alike; returns how many were kept.

    What changed while it was being encoded is left out: its change has asked for another encoding.
    A draft's vector waits unseen until the draft is published. Writers queue up until the caller's
    transaction ends, so call this in a short one.
    """
    with transaction.atomic():
        _wait_for_turn()
        listings = Listing.objects.filter(pk__in=encoded).only("title", "state")
        current = [
            listing
            for listing in listings
            if selectors.content_hash_of(listing) == encoded[listing.pk].content_hash
        ]
        now = timezone.now()
        rows = [
            ItemEmbedding(
                listing=listing,
                release=encoded[listing.pk].release,
                content_hash=encoded[listing.pk].content_hash,
                vector=pack(encoded[listing.pk].item_vector),
                is_live=listing.state == State.LIVE,
                revision=revision,
                updated_at=now,
            )
            for listing, revision in zip(current, _next_revisions(len(current)), strict=True)
        ]
        ItemEmbedding.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["listing"],
            update_fields=[
                *("release", "content_hash", "vector", "is_live", "revision", "updated_at")
            ],
        )
    return len(rows)


def sync_item(*, listing_id: int) -> bool:
    """Let searches find the listing or not, as its state says, with the vector that it has.

    False when the listing is live and that vector is missing, of another release, or of another
    content: it must be encoded.
    """
    with transaction.atomic():
        _wait_for_turn()
        listing = Listing.objects.filter(pk=listing_id).only("title", "state").first()
        row = ItemEmbedding.objects.filter(listing_id=listing_id).first()
        is_live = listing is not None and listing.state == State.LIVE
        if row is None or listing is None:
            return not is_live
        is_current = (
            row.release == inference.release_in_service()
            and row.content_hash == selectors.content_hash_of(listing)
        )
        if row.is_live != is_live:
            row.is_live, row.revision = is_live, _next_revisions(1)[0]
            row.save(update_fields=["is_live", "revision"])
        if is_current:
            # The sweep looks at this time to see what has changed since.
            row.save(update_fields=["updated_at"])
        return is_current or not is_live


def _wait_for_turn() -> None:
    """Held until the transaction ends, so that revisions become visible in their own order.

    Else a reader could see 11, remember it, and miss 10, which was committed a moment later.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('recommender_revision', 0))")


def _next_revisions(count: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval('recommender_revision') FROM generate_series(1, %s)", [count]
        )
        return [revision for (revision,) in cursor.fetchall()]


# --- What people did and saw --------------------------------------------------------------------


def record_event(
    *,
    kind: str,
    listing: Listing | None,
    user: User | None,
    session_key: str = "",
    data: Mapping[str, Any] | None = None,
    event_id: uuid.UUID | None = None,
    happened_at: datetime | None = None,
) -> bool:
    """Store one thing a person did. False when an event of this id is there already.

    Raises EventError for an unknown kind, or one that needs a listing and has none.
    """
    if kind not in EventKind.values:
        known = ", ".join(EventKind.values)
        raise EventError("unknown_kind", f"“{kind}” is no kind of event; use {known}", "kind")
    if listing is None and kind != EventKind.SEARCH:
        raise EventError("no_listing", f"A {kind} happens to a listing; name it", "listing")
    event = BehaviourEvent(
        event_id=event_id or uuid.uuid4(),
        kind=kind,
        listing=listing,
        user=user,
        session_key=session_key,
        happened_at=happened_at or timezone.now(),
        data=dict(data or {}),
    )
    with transaction.atomic():
        before = BehaviourEvent.objects.filter(event_id=event.event_id).exists()
        BehaviourEvent.objects.bulk_create([event], ignore_conflicts=True)
    return not before


def record_impression(
    *,
    strip: str,
    seed: Listing | None,
    listing_ids: Sequence[int],
    user: User | None,
    session_key: str = "",
) -> None:
    """Store which listings a strip showed, in order; an empty strip was shown too."""
    Impression.objects.create(
        strip=strip,
        seed=seed,
        listings=list(listing_ids),
        user=user,
        session_key=session_key,
        shown_at=timezone.now(),
    )
