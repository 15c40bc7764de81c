"""Sellers of one thing each, so that no cap is in the way, and people who opened and watched."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from listing_assistant.listings.models import Listing
from recommender import policy
from recommender.events import sessions
from recommender.events.event import Event
from recommender.models import BehaviourEvent, EventKind
from recommender.similar.context import Asker


@pytest.fixture(autouse=True)
def nothing_left_to_chance(monkeypatch) -> None:
    """What is explored has tests of its own (test_reranking.py)."""
    monkeypatch.setattr(policy, "EXPLORED_PLACES", 0)


@pytest.fixture(autouse=True)
def by_likeness(no_ranker) -> None:
    """Which is known here; what ranking makes of it has tests of its own."""


@pytest.fixture
def sold_by_others(make_item, django_user_model) -> Callable[..., Listing]:
    """An item at an angle, of a seller of its own."""

    def make(degrees: float, **fields) -> Listing:
        seller = django_user_model.objects.create_user(f"{uuid.uuid4().hex}@example.org", "x")
        return make_item(degrees, **{"seller": seller} | fields)

    return make


@pytest.fixture
def visit(own_stream) -> Callable[..., Asker]:
    """Somebody not signed in who opened these, the last one last."""

    def opened(*listings: Listing, viewer_id: int | None = None) -> Asker:
        key, now = uuid.uuid4().hex, timezone.now()
        sessions.remember(
            Event(
                event_id=str(uuid.uuid4()), kind=EventKind.CLICK, session_key=key,
                listing=str(listing.public_id), received_at=now,
                happened_at=now - timedelta(minutes=len(listings) - n),
            )
            for n, listing in enumerate(listings)
        )  # fmt: skip
        return Asker(viewer_id=viewer_id, session_key=key)

    return opened


@pytest.fixture
def did() -> Callable[..., None]:
    """An act in the log, so many days ago."""

    def act(kind: str, listing: Listing, *, user=None, days: float = 0.1, times: int = 1) -> None:
        at = timezone.now() - timedelta(days=days)
        BehaviourEvent.objects.bulk_create(
            BehaviourEvent(kind=kind, listing=listing, user=user, happened_at=at, session_key="s")
            for _ in range(times)
        )

    return act


def titles(strip) -> list[str]:
    return [slot.card.title for slot in strip.slots]
