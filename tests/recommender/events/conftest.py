"""A stream of each test's own, and events as an app would send them."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from recommender.events.consumer import Consumer
from recommender.events.event import Event
from recommender.events.stream import RedisStream, event_stream


@pytest.fixture
def stream(own_stream) -> RedisStream:
    return event_stream()


@pytest.fixture
def consume(stream) -> Callable[[], int]:
    """Store all that waits; returns how many entries that were."""

    def everything() -> int:
        consumer, total = Consumer(stream, "test"), 0
        while (done := consumer.step(wait_ms=1)) or consumer._has_old or not total:
            total += done
            if not stream.length():
                break
        return total

    return everything


@pytest.fixture
def told() -> Callable[..., dict[str, Any]]:
    """An event as it is sent: a click unless told otherwise."""

    def event(listing=None, **fields: Any) -> dict[str, Any]:
        named = {"listing": str(listing.public_id)} if listing else {}
        return {"id": str(uuid.uuid4()), "kind": "click"} | named | fields

    return event


@pytest.fixture
def event_of() -> Callable[..., Event]:
    """An event as it is on the stream: a click of session `visit-one` a second ago."""

    def event(listing=None, **fields: Any) -> Event:
        now = timezone.now()
        defaults = {
            "event_id": str(uuid.uuid4()),
            "kind": "click",
            "happened_at": now - timedelta(seconds=1),
            "received_at": now,
            "session_key": "visit-one",
            "source": "app",
            "listing": str(listing.public_id) if listing else None,
        }
        return Event(**(defaults | fields))

    return event
