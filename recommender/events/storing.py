"""Events → rows and counters, in one transaction, each event once."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from pydantic_core import to_json

from listing_assistant.accounts.models import User
from listing_assistant.listings.models import Listing
from recommender.events import counters, flags
from recommender.events.event import IMPRESSION, Event
from recommender.models import Erasure

# Held shared by all who store and alone by an erasure, which so sees everything stored before it.
ERASURE_LOCK = "hashtextextended('recommender erasure', 0)"
EVENT_COLUMNS = (
    *("event_id", "kind", "listing_id", "user_id", "session_key", "happened_at", "data", "source"),
    *("flags", "received_at"),
)
IMPRESSION_COLUMNS = (
    *("event_id", "strip", "seed_id", "listings", "places", "user_id", "session_key", "shown_at"),
    *("source", "flags", "received_at", "served"),
)
# Of listings that were looked up; neither of the two ever changes.
Known = tuple[int, int]  # id, seller's id
_known: dict[str, Known] = {}
KNOWN_MOST = 200_000


@dataclass
class Stored:
    """`gone` are events of listings or people that are not there, with the reason."""

    new: list[Event] = field(default_factory=list)
    repeated: int = 0
    gone: list[tuple[Event, str]] = field(default_factory=list)


def store_events(events: Sequence[Event]) -> Stored:
    """Store what was not stored before.

    Joins the caller's transaction, if there is one. Raises IntegrityError where a listing or a
    person is deleted meanwhile; stored anew, such events are `gone`.

    1  keep erasures waiting until these events can be seen by them
    2  look up listings and people; put aside what names others, or was erased
    3  claim the ids: of two who store the same event one gets it
    4  rows and counters of what was claimed
    """
    stored = Stored()
    with transaction.atomic(), connection.cursor() as cursor:
        keep_erasures_waiting()
        found = _listings_of(events)
        people = _people_of(events)
        erased = _erasures_of(events)
        present = []
        for event in events:
            reason = _missing(event, found, people, erased)
            if reason:
                stored.gone.append((event, reason))
            else:
                present.append(event)
        claimed = _claim(cursor, {event.event_id for event in present})
        for event in present:
            if event.event_id in claimed:
                claimed.remove(event.event_id)
                stored.new.append(event)
        stored.repeated = len(present) - len(stored.new)
        _write(cursor, stored.new, found)
    return stored


def keep_erasures_waiting() -> None:
    """Until the caller's transaction ends: an erasure then sees all that this one wrote."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_advisory_xact_lock_shared({ERASURE_LOCK})")


def forget_listings() -> None:
    """Look up anew: one of those remembered is not there any more."""
    _known.clear()


def _listings_of(events: Collection[Event]) -> dict[str, Known]:
    wanted = {named for event in events for named in event.listings()}
    unknown = [each for each in wanted if each not in _known]
    if unknown:
        if len(_known) > KNOWN_MOST:
            _known.clear()
        rows = Listing.objects.filter(public_id__in=unknown)
        for public_id, pk, seller_id in rows.values_list("public_id", "pk", "seller_id"):
            _known[str(public_id)] = pk, seller_id
    return {each: _known[each] for each in wanted if each in _known}


def _people_of(events: Collection[Event]) -> set[int]:
    named = {event.user_id for event in events if event.user_id}
    if not named:
        return set()
    return set(User.objects.filter(pk__in=named).values_list("pk", flat=True))


@dataclass(frozen=True)
class _Erased:
    """Until when what a person or session did was erased, however late it arrives."""

    people: dict[int, datetime]
    sessions: dict[str, datetime]

    def covers(self, event: Event) -> bool:
        # What another person did in the same browser is that person's.
        until = (
            self.people.get(event.user_id)
            if event.user_id
            else self.sessions.get(event.session_key)
        )
        return until is not None and event.happened_at <= until


def _erasures_of(events: Collection[Event]) -> _Erased:
    """Few: a person's erasure is remembered for as long as an event of before could arrive."""
    oldest = min((event.happened_at for event in events), default=timezone.now())
    erased = _Erased({}, {})
    for each in Erasure.objects.filter(erased_at__gte=oldest).order_by("erased_at"):
        erased.people[each.user_id] = each.erased_at
        erased.sessions.update(dict.fromkeys(each.session_keys, each.erased_at))
    return erased


def _missing(event: Event, found: dict[str, Known], people: set[int], erased: _Erased) -> str:
    if event.user_id and event.user_id not in people:
        return "no such person"
    if erased.covers(event):
        return "erased"
    for named in (event.listing, event.seed):
        if named and named not in found:
            return f"no such listing: {named}"
    return ""


def _claim(cursor: Any, ids: set[str]) -> set[str]:
    """Those that nobody has stored. In order, so that two who claim the same cannot deadlock."""
    if not ids:
        return set()
    cursor.execute(
        "INSERT INTO recommender_storedeventid (event_id, stored_at)"
        " SELECT id, now() FROM unnest(string_to_array(%s, ',')::uuid[]) AS id"
        " ON CONFLICT DO NOTHING RETURNING event_id::text",
        [",".join(sorted(ids))],
    )
    return {event_id for (event_id,) in cursor.fetchall()}


def _write(cursor: Any, events: Sequence[Event], found: dict[str, Known]) -> None:
    told = [(event, _flags_of(event, found)) for event in events]
    shown = [_impression_row(*each, found) for each in told if each[0].kind == IMPRESSION]
    done = [_event_row(*each, found) for each in told if each[0].kind != IMPRESSION]
    _copy(cursor, "recommender_behaviourevent", EVENT_COLUMNS, done)
    _copy(cursor, "recommender_impression", IMPRESSION_COLUMNS, shown)
    counters.note_viewers(
        (found[event.listing][0], event.person, event.happened_at)
        for event, flagged in told
        if counters.is_view(event.kind) and event.listing and not flagged
    )


def _flags_of(event: Event, found: dict[str, Known]) -> str:
    at = event.listing or event.seed
    own = at is not None and event.user_id is not None and found[at][1] == event.user_id
    return " ".join((*event.flags, flags.SELF) if own else event.flags)


def _event_row(event: Event, flagged: str, found: dict[str, Known]) -> tuple[Any, ...]:
    data = event.data
    if event.shown:
        data = data | {"listings": [found[each][0] for each in event.shown if each in found]}
    return (
        *(event.event_id, event.kind, found[event.listing][0] if event.listing else None),
        *(event.user_id, event.session_key, event.happened_at),
        *(_json(data), event.source, flagged, event.received_at),
    )


def _impression_row(event: Event, flagged: str, found: dict[str, Known]) -> tuple[Any, ...]:
    """Cards whose listing is gone leave no gap: each place says its position."""
    cards = zip(event.shown, event.places, strict=True)
    there = [(found[listing][0], place) for listing, place in cards if listing in found]
    return (
        *(event.event_id, event.data["strip"], found[event.seed][0] if event.seed else None),
        *(_json([pk for pk, _ in there]), _json([place for _, place in there])),
        *(event.user_id, event.session_key, event.happened_at),
        *(event.source, flagged, event.received_at, _json(event.served)),
    )


def _json(value: Any) -> str:
    return to_json(value).decode()


def _copy(cursor: Any, table: str, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    if not rows:
        return
    # COPY passes Django by, and so do its errors.
    with (
        connection.wrap_database_errors,
        cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy,
    ):
        for row in rows:
            copy.write_row(row)
