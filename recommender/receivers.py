"""News from the listings: what to embed, what to forget, what people did.

Receivers run inside the sender's transaction and only note the work for after it. `robust`: a
failure of theirs is logged and never turns a finished purchase into an error page; the sweep
catches up with what was missed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.dispatch import receiver
from django.utils import timezone

from listing_assistant.accounts.models import User
from listing_assistant.listings.models import Listing, State
from listing_assistant.listings.signals import behaviour, content_changed, state_changed
from recommender import services, tasks


@receiver(state_changed)
def follow_state(listing: Listing, previous: str, **kwargs: Any) -> None:
    if State.LIVE in (listing.state, previous):
        _follow_after_commit(listing.pk)


@receiver(content_changed)
def follow_content(listing: Listing, **kwargs: Any) -> None:
    if listing.state == State.LIVE:
        _follow_after_commit(listing.pk)


@receiver(behaviour)
def note_behaviour(
    kind: str,
    listing: Listing | None,
    user: User | None,
    session_key: str,
    data: Mapping[str, Any],
    **kwargs: Any,
) -> None:
    happened_at = timezone.now()

    # A function and not a partial, whose failure Django could not log for want of a name.
    def note() -> None:
        services.record_event(
            kind=kind,
            listing=listing,
            user=user,
            session_key=session_key or "",
            data=data,
            event_id=kwargs.get("event_id"),
            happened_at=happened_at,
        )

    transaction.on_commit(note, robust=True)


def _follow_after_commit(listing_id: int) -> None:
    def follow() -> None:
        # At once where the vector is there already, as after an analysis; else by a worker.
        if not services.sync_item(listing_id=listing_id):
            tasks.embed_item.delay(listing_id)

    transaction.on_commit(follow, robust=True)
