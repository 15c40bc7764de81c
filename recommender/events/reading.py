"""What an event from outside looks like. Of a batch the good ones are taken, the others named.

Times: `at` is by the sender's clock. A batch that says when it was sent (`sent_at`) has its times
moved by what that clock is off. What is then older than policy.EVENT_OLDEST, or further ahead than
policy.EVENT_AHEAD, is refused; what is ahead by less happened now. Both bounds make the memory of
stored ids (StoredEventId) finite.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, NotRequired
from uuid import UUID

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)
from pydantic_core import PydanticCustomError
from typing_extensions import TypedDict  # pydantic takes the standard one from 3.12 on

from recommender import policy
from recommender.events import flags
from recommender.events.event import IMPRESSION, Event, person_of
from recommender.models import EventKind
from recommender.similar.served import LONGEST, read_served

KINDS = (*EventKind.values, IMPRESSION)
# PostgreSQL stores any text but one with NUL in it.
NO_NUL = r"^[^\x00]*$"
Name = Annotated[str, StringConstraints(max_length=40, pattern=NO_NUL)]
Number = Annotated[int, Field(ge=1, le=10_000)]
# As text, for that is what it stays: a batch may name thousands.
PublicId = Annotated[
    str,
    StringConstraints(
        pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$", to_lower=True
    ),
    Field(json_schema_extra={"format": "uuid"}),
]
Listings = Annotated[list[PublicId], Field(max_length=200)]


class PlaceIn(TypedDict):
    """One card of a strip; `arm` is that of the experiment that put it there."""

    __pydantic_config__ = ConfigDict(extra="forbid")  # type: ignore[misc]

    listing: PublicId
    position: Number
    recall_set: NotRequired[Name]
    arm: NotRequired[Name]


class EventIn(BaseModel):
    """One thing a person did or was shown. Listings by their public ids."""

    model_config = ConfigDict(extra="forbid")

    id: UUID = Field(description="Made by the sender, once: sent again, the event counts once")
    kind: Annotated[str, Field(json_schema_extra={"enum": list(KINDS)})]
    at: AwareDatetime | None = Field(
        None, description="When it happened, by the sender's clock; left out: now"
    )
    listing: PublicId | None = Field(None, description="Needed, but for a search and an impression")
    strip: Annotated[str, StringConstraints(max_length=20, pattern=NO_NUL)] = Field(
        "", description="Needed for an impression; of a click, where it was clicked"
    )
    seed: PublicId | None = Field(None, description="The listing whose strip it was")
    items: Annotated[list[PlaceIn], Field(max_length=200)] | None = Field(
        None, description="Of an impression: the cards shown, in order"
    )
    position: Number | None = None
    recall_set: Name = ""
    arm: Name = ""
    query: Annotated[str, StringConstraints(max_length=200, pattern=NO_NUL)] = Field(
        "", description="Needed for a search"
    )
    category: Annotated[int, Field(ge=1, lt=2**63)] | None = None
    served: Annotated[str, StringConstraints(max_length=LONGEST)] = Field(
        "", description="Of an impression: what its strip was given as `served`, as it was given"
    )
    results: Listings | None = Field(None, description="Of a search: what it found, in order")
    quantity: Number | None = None
    amount: Annotated[str, StringConstraints(pattern=r"^\d{1,10}(\.\d{1,2})?$")] | None = None

    @model_validator(mode="after")
    def _has_what_its_kind_needs(self) -> EventIn:
        if self.kind not in KINDS:
            raise _wrong("kind", "unknown_kind", f"“{self.kind[:40]}”: use {', '.join(KINDS)}")
        if self.served and self.kind != IMPRESSION:
            raise _wrong("served", "not_served", "an impression is served; leave it out here")
        if self.kind == EventKind.SEARCH:
            if not self.query.strip() and self.category is None:
                raise _wrong("query", "missing", "a search has a query or a category")
        elif self.kind == IMPRESSION:
            if not self.strip:
                raise _wrong("strip", "missing", "an impression names its strip")
            if self.items is None:
                raise _wrong("items", "missing", "an impression lists the cards shown")
        elif self.listing is None:
            raise _wrong("listing", "missing", f"a {self.kind} happens to a listing; name it")
        return self


@dataclass(frozen=True)
class Sender:
    """Who sent a batch, as the web knows it."""

    source: str
    user_id: int | None = None
    session_key: str = ""
    user_agent: str = ""

    @property
    def caller(self) -> str:
        return person_of(self.user_id, self.session_key)


@dataclass(frozen=True)
class Refusal:
    """`index` is the event's place in the batch, `field` what is wrong with it."""

    index: int
    field: str
    code: str
    reason: str


@dataclass(frozen=True)
class Batch:
    """`repeated` counts events whose id came earlier in the same batch."""

    events: list[Event]
    refusals: list[Refusal]
    repeated: int = 0


class _RefusedError(Exception):
    def __init__(self, field: str, code: str, reason: str) -> None:
        super().__init__(reason)
        self.field, self.code, self.reason = field, code, reason


def read_batch(
    raw: Sequence[Any], *, sender: Sender, received_at: datetime, sent_at: datetime | None = None
) -> Batch:
    """Every event read or refused, none dropped in silence."""
    off = received_at - sent_at if sent_at is not None else timedelta()
    events: dict[str, Event] = {}
    refusals: list[Refusal] = []
    for index, each in enumerate(raw):
        try:
            event = _read(each, sender, received_at, off)
            events.setdefault(event.event_id, event)
        except ValidationError as error:
            refusals.append(_refusal(index, error))
        except _RefusedError as error:
            refusals.append(Refusal(index, error.field, error.code, error.reason))
    repeated = len(raw) - len(refusals) - len(events)
    return Batch(list(events.values()), refusals, repeated)


def _read(raw: Any, sender: Sender, received_at: datetime, off: timedelta) -> Event:
    told = EventIn.model_validate(raw)
    cards = told.items or ()
    served = read_served(told.served, [(card["position"], card["listing"]) for card in cards])
    return Event(
        event_id=str(told.id),
        kind=told.kind,
        happened_at=_moment(told.at, received_at, off),
        received_at=received_at,
        user_id=sender.user_id,
        session_key=sender.session_key,
        source=sender.source,
        flags=flags.on_arrival(told.kind, source=sender.source, user_agent=sender.user_agent),
        listing=told.listing,
        seed=told.seed,
        shown=tuple(told.results or [card["listing"] for card in cards]),
        places=tuple(_place(card, served) for card in cards),
        data=_data(told),
        served=served,
    )


def _moment(at: datetime | None, received_at: datetime, off: timedelta) -> datetime:
    if at is None:
        return received_at
    try:
        moved = at + off
    except OverflowError as error:
        raise _RefusedError("at", "no_time", "no time of this world") from error
    if moved < received_at - policy.EVENT_OLDEST:
        days = policy.EVENT_OLDEST.days
        raise _RefusedError("at", "too_old", f"more than {days} days ago: it is not taken any more")
    if moved > received_at + policy.EVENT_AHEAD:
        fix = "say by `sent_at` what your clock shows when you send"
        raise _RefusedError("at", "in_future", f"this lies in the future; {fix}")
    return min(moved, received_at)


def _place(card: PlaceIn, served: Mapping[str, Any]) -> dict[str, Any]:
    """With the propensity of what the place shows, where the strip says one."""
    place = {
        "position": card["position"],
        "recall_set": card.get("recall_set", ""),
        "arm": card.get("arm", ""),
    }
    propensities = served.get("propensities", ())
    if card["position"] <= len(propensities):
        place["propensity"] = propensities[card["position"] - 1]
    return place


def _data(told: EventIn) -> dict[str, Any]:
    """Under the names that the site's own pages use."""
    data = {
        "strip": told.strip,
        "position": told.position,
        "seed": told.seed,
        "recall_set": told.recall_set,
        "arm": told.arm,
        "query": " ".join(told.query.split()),
        "category": told.category,
        "results": None if told.results is None else len(told.results),
        "quantity": told.quantity,
        "amount": told.amount,
    }
    return {name: value for name, value in data.items() if value not in (None, "")}


def _wrong(field: str, code: str, reason: str) -> PydanticCustomError:
    return PydanticCustomError(code, "{reason}", {"reason": reason, "field": field})


def _refusal(index: int, error: ValidationError) -> Refusal:
    """The first thing that is wrong: the others may follow from it."""
    found = error.errors(include_url=False, include_input=False)[0]
    field = found.get("ctx", {}).get("field") or "/".join(map(str, found["loc"]))
    return Refusal(index, field, found["type"], found["msg"])
