"""One event between the web, the stream and the tables."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

# A third of the time of the standard library's; events are encoded and decoded by the thousand.
from pydantic_core import from_json, to_json

from recommender.models import Source

IMPRESSION = "impression"


def person_of(user_id: int | None, session_key: str) -> str:
    """What tells people apart everywhere: who was not signed in is the visit."""
    return f"u{user_id}" if user_id else f"s{session_key}"


@dataclass(frozen=True, slots=True)
class Event:
    """Listings are named by their public ids throughout; storing looks them up.

    `shown` are the cards of an impression, of which `places` says as much for each, or what a
    search found. `served` is how an impression's strip was made (similar/served.py), where that was
    signed by us. `flags` are those that could be told on arrival.
    """

    event_id: str
    kind: str
    happened_at: datetime
    received_at: datetime
    user_id: int | None = None
    session_key: str = ""
    source: str = Source.SITE
    flags: tuple[str, ...] = ()
    listing: str | None = None
    seed: str | None = None
    shown: tuple[str, ...] = ()
    places: tuple[dict[str, Any], ...] = ()
    data: dict[str, Any] = field(default_factory=dict)
    served: dict[str, Any] = field(default_factory=dict)

    @property
    def person(self) -> str:
        return person_of(self.user_id, self.session_key)

    def listings(self) -> list[str]:
        """Every listing that the event names."""
        named = [each for each in (self.listing, self.seed) if each]
        return [*named, *self.shown]


def encode(event: Event) -> bytes:
    body = [
        *(event.event_id, event.kind, event.happened_at.isoformat()),
        *(event.received_at.isoformat(), event.user_id, event.session_key, event.source),
        *(event.flags, event.listing, event.seed, event.shown, event.places, event.data),
        event.served,
    ]
    return to_json(body)


def decode(body: bytes) -> Event:
    """Raises ValueError for what `encode` did not write."""
    try:
        event_id, kind, happened, received, user_id, session_key, source, *rest = from_json(body)
        # What the release before this one put on the stream says nothing of how it was served.
        flags, listing, seed, shown, places, data, *served = rest
        return Event(
            event_id=event_id,
            kind=kind,
            happened_at=datetime.fromisoformat(happened),
            received_at=datetime.fromisoformat(received),
            user_id=user_id,
            session_key=session_key,
            source=source,
            flags=tuple(flags),
            listing=listing,
            seed=seed,
            shown=tuple(shown),
            places=tuple(places),
            data=data,
            served=served[0] if served else {},
        )
    except (TypeError, KeyError) as error:
        raise ValueError(f"no event: {error}") from error
