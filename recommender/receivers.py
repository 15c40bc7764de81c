"""News from the listings: what to embed, what to forget, what people did.

Receivers run inside the sender's transaction. What people did is written there, so that it is kept
exactly when it has happened; other work is noted for after it. A failure of theirs is logged and
never turns a finished purchase into an error page; the sweep catches up with what was missed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import structlog
from django.db import DatabaseError, transaction
from django.dispatch import receiver

from listing_assistant.accounts.models import User
from listing_assistant.listings.models import Listing, State
from listing_assistant.listings.signals import behaviour, content_changed, state_changed
from recommender import services, tasks
from recommender.events import flags, pacing, sessions
from recommender.events.storing import store_events
from recommender.models import Source

log = structlog.get_logger()


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
    """Stored in the sender's transaction: a purchase and its event are both there or neither is.

    A failure is undone alone and logged.
    """
    agent = kwargs.get("agent", "")
    try:
        event = services.event_of(
            kind=kind,
            listing=listing,
            user=user,
            session_key=session_key or "",
            data=data,
            event_id=kwargs.get("event_id"),
            flags=flags.on_arrival(kind, source=Source.SITE, user_agent=agent),
        )
        event = pacing.flag_pace([event])[0]
        store_events([event])
    except (services.EventError, DatabaseError):
        log.exception("event_lost", kind=kind)
        return

    # A function and not a partial, whose failure Django could not log for want of a name.
    def remember() -> None:
        sessions.remember([event])

    transaction.on_commit(remember, robust=True)


def _follow_after_commit(listing_id: int) -> None:
    def follow() -> None:
        # At once where the vector is there already, as after an analysis; else by a worker.
        if not services.sync_item(listing_id=listing_id):
            tasks.embed_item.delay(listing_id)

    transaction.on_commit(follow, robust=True)
