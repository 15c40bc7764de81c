"""What the recommender writes: vectors of items, what people did, what they were shown."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import structlog
from django.db import transaction
from django.utils import timezone

from listing_assistant.accounts.models import User
from listing_assistant.listings.models import Listing, State
from recommender import inference, rebuilding, refreshing, selectors
from recommender.events.event import Event
from recommender.events.storing import store_events
from recommender.inference import EncodedListing
from recommender.locks import only_here
from recommender.models import (
    EmbeddingRelease,
    EventKind,
    ItemEmbedding,
)
from recommender.revisions import next_revisions, wait_for_turn
from recommender.vectors import pack

log = structlog.get_logger()

Status = EmbeddingRelease.Status


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


def embed_missing(*, limit: int, wait: bool = False) -> int:
    """Bring up to `limit` live items under the models' release; returns how many were.

    Also takes what is no longer for sale out of the indexes, should its news have been lost, and
    puts a release in service whose refresh is complete. 0 while another process is at it, unless
    told to `wait`. Raises ArtefactError.
    """
    with only_here("vectors", wait=wait) as is_mine:
        if not is_mine:
            return 0
        release = inference.release_in_service()
        state = refreshing.follow(release) if release is not None else None
        waiting = _waiting(state, limit) if state is not None else []
        refreshing_to = state if state and state.status == Status.REFRESHING else None
        if waiting:
            done = _embed(waiting)
            if refreshing_to:
                # After the vectors: killed in between, the same few are looked at again.
                refreshing.note_position(refreshing_to, waiting[-1].pk)
            return done
        # Only at the end: it looks at every vector, too much for each few of a long sweep.
        _retire_lost()
        if refreshing_to:
            rebuilding.take_over_if_ready(refreshing_to)
        return 0


def _retire_lost() -> None:
    retired = selectors.listings_to_retire().values_list("listing_id", flat=True)
    for listing_id in set(retired[:1000]):
        sync_item(listing_id=listing_id)


def _waiting(state: EmbeddingRelease, limit: int) -> list[Listing]:
    """The next listings to embed. A refresh goes through them by id, and once more from the start.

    From the start each time, it would look at all that is done for every few that are not.
    """
    behind = selectors.listings_to_embed(state.release)
    if state.is_paused:
        behind = behind.filter(~selectors.found_by_others(state.release))
    if not state.position:
        return list(behind[:limit])
    ahead = list(behind.filter(pk__gt=state.position)[:limit])
    return ahead or list(behind[:limit])


def _embed(waiting: Sequence[Listing]) -> int:
    unsynced = [listing for listing in waiting if not sync_item(listing_id=listing.pk)]
    encoded = inference.encode_listings(unsynced) if unsynced else []
    rows = {listing.pk: row for listing, row in zip(unsynced, encoded, strict=True)}
    return len(waiting) - len(unsynced) + store_embedding(encoded=rows)


def store_embedding(*, encoded: Mapping[int, EncodedListing]) -> int:
    """Keep vectors by listing id, for live listings and drafts alike; returns how many were kept.

    What changed while it was being encoded is left out: its change has asked for another encoding.
    A draft's vector waits unseen until the draft is published. Vectors of other releases stay.
    Writers queue up until the caller's transaction ends, so call this in a short one.
    """
    with transaction.atomic():
        wait_for_turn()
        listings = Listing.objects.filter(pk__in=encoded).only("title", "state", "category_id")
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
                title_vector=pack(encoded[listing.pk].title_vector),
                is_live=listing.state == State.LIVE,
                category_id=listing.category_id,
                revision=revision,
                updated_at=now,
            )
            for listing, revision in zip(current, next_revisions(len(current)), strict=True)
        ]
        ItemEmbedding.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["listing", "release"],
            update_fields=[
                *("content_hash", "vector", "title_vector", "is_live", "category", "revision"),
                "updated_at",
            ],
        )
        if rows:
            refreshing.serve_first(rows[0].release)
    return len(rows)


def sync_item(*, listing_id: int) -> bool:
    """Let searches find the listing or not, as its state says, with the vectors that it has.

    False when the listing is live and its vector by the present models is missing or of another
    content: it must be encoded.
    """
    with transaction.atomic():
        wait_for_turn()
        fields = ("title", "state", "category_id")
        listing = Listing.objects.filter(pk=listing_id).only(*fields).first()
        if listing is None:
            return True
        rows = list(ItemEmbedding.objects.filter(listing_id=listing_id))
        _bring_up_to_date(listing, rows)
        release, content = inference.release_in_service(), selectors.content_hash_of(listing)
        current = [
            row
            for row in rows
            if (row.release, row.content_hash) == (release, content)
            # Those from before titles' vectors were kept are encoded once more.
            and row.title_vector is not None
        ]
        for row in current:
            # The sweep looks at this time to see what has changed since.
            row.save(update_fields=["updated_at"])
        return bool(current) or listing.state != State.LIVE


def _bring_up_to_date(listing: Listing, rows: Iterable[ItemEmbedding]) -> None:
    truth = (listing.state == State.LIVE, listing.category_id)
    for row in rows:
        if (row.is_live, row.category_id) != truth:
            row.is_live, row.category_id = truth
            row.revision = next_revisions(1)[0]
            row.save(update_fields=["is_live", "category", "revision"])


# --- What people did ---------------------------------------------------------------------------


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

    In the caller's transaction, and so exactly when what it tells of has happened. Raises
    EventError for an unknown kind, or one that needs a listing and has none.
    """
    event = event_of(
        kind=kind,
        listing=listing,
        user=user,
        session_key=session_key,
        data=data,
        event_id=event_id,
        happened_at=happened_at,
    )
    return bool(store_events([event]).new)


def event_of(
    *,
    kind: str,
    listing: Listing | None,
    user: User | None,
    session_key: str = "",
    data: Mapping[str, Any] | None = None,
    event_id: uuid.UUID | None = None,
    happened_at: datetime | None = None,
    flags: tuple[str, ...] = (),
) -> Event:
    """What the site itself reports. Raises EventError."""
    if kind not in EventKind.values:
        known = ", ".join(EventKind.values)
        raise EventError("unknown_kind", f"“{kind}” is no kind of event; use {known}", "kind")
    if listing is None and kind != EventKind.SEARCH:
        raise EventError("no_listing", f"A {kind} happens to a listing; name it", "listing")
    now = timezone.now()
    return Event(
        event_id=str(event_id or uuid.uuid4()),
        kind=kind,
        happened_at=happened_at or now,
        received_at=now,
        user_id=user.pk if user else None,
        session_key=session_key,
        flags=flags,
        listing=str(listing.public_id) if listing else None,
        data=dict(data or {}),
    )
