"""A simulated month: what happened, what was shown, and a visit as it goes on."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from listing_assistant.demo.goes_with import Companion
from listing_assistant.demo.wares import Shopper, Ware


@dataclass(frozen=True)
class Event:
    """`kind` is one of recommender.models.EventKind."""

    event_id: uuid.UUID
    kind: str
    ware: Ware | None
    shopper: Shopper
    session_key: str
    at: datetime
    data: dict[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True)
class ShownSimilar:
    """`recent` are the listings opened in this visit before the seed, newest first."""

    seed: Ware
    propensities: tuple[float, ...]
    recent: tuple[int, ...]
    device: str


@dataclass(frozen=True)
class Shown:
    """Results of a search, or a strip beside a listing."""

    shopper: Shopper
    session_key: str
    at: datetime
    wares: tuple[int, ...]
    similar: ShownSimilar | None = None


@dataclass
class Month:
    """Everything that happened. `sold_out` are the ids whose stock was bought up."""

    events: list[Event] = field(default_factory=list)
    shown: list[Shown] = field(default_factory=list)
    sold_out: set[int] = field(default_factory=set)


@dataclass
class Visit:
    """A session as it goes on: `at` is what the clock says. `anchor` is what it was begun for.

    `opened` are ids of listings.
    """

    shopper: Shopper
    session_key: str
    at: datetime
    anchor: Ware | None = None
    companions: Sequence[Companion] = ()
    device: str = ""
    opened: list[int] = field(default_factory=list)
    bought: list[Ware] = field(default_factory=list)

    def wait(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)
