"""A small market's behaviour, drawn at random, with the same counted by naive loops."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from recommender import policy

TODAY = date(2026, 3, 10)
CATEGORIES = (10, 10, 10, 20, 20, 30, 30, 30, 40, 40)
PRODUCTS = ("p1", "p1", "p2", "p3", "p3", "p4", "p5", "", "p6", "p6")
LIVE = (True, True, True, True, False, True, True, True, True, True)
COLOURS = ("red", "blue", "red", "red", "blue", "blue", "red", "red", "green", "blue")
COLOUR = 7

ITEMS = pa.table(
    {
        "listing_id": list(range(1, 11)),
        "product_key": list(PRODUCTS),
        "category_id": list(CATEGORIES),
        "seller_id": [1] * 10,
        "is_live": list(LIVE),
    }
)
ITEM_ATTRIBUTES = pa.table(
    {"listing_id": list(range(1, 11)), "attribute_id": [COLOUR] * 10, "text": list(COLOURS)}
)
EVENTS = pa.schema(
    [
        ("event_id", pa.string()),
        ("kind", pa.string()),
        ("listing_id", pa.int64()),
        ("person", pa.string()),
        ("session", pa.string()),
        ("happened_at", pa.timestamp("us", tz="UTC")),
        ("day", pa.date32()),
        ("query", pa.string()),
        ("is_counted", pa.bool_()),
    ]
)


@dataclass(frozen=True)
class Event:
    event_id: str
    kind: str
    listing_id: int | None
    person: str
    session: str
    happened_at: datetime
    query: str = ""
    is_counted: bool = True

    @property
    def day(self) -> date:
        return self.happened_at.date()

    @property
    def visit(self) -> str:
        return f"{self.session or self.person}@{self.day}"


def event(
    number: int | str,
    kind: str,
    listing_id: int | None,
    person: str,
    *,
    day: date = TODAY,
    minute: int = 0,
    session: str = "",
    query: str = "",
    is_counted: bool = True,
) -> Event:
    at = datetime.combine(day, time(9), tzinfo=UTC) + timedelta(minutes=minute)
    return Event(str(number), kind, listing_id, person, session, at, query, is_counted)


def month(seed: int = 5) -> list[Event]:
    """What 16 people did on four days; robots and repeated reports are among it."""
    rng = random.Random(seed)
    kinds = ["click"] * 8 + ["watch", "cart"] + ["purchase"] * 4 + ["refund", "search", "search"]
    events = []
    for number in range(900):
        kind, person = rng.choice(kinds), f"u{rng.randrange(16)}"
        day = TODAY - timedelta(days=rng.choice([0, 1, 5, 30]))
        events.append(
            event(
                number,
                kind,
                None if kind == "search" else rng.randrange(1, 11),
                person,
                day=day,
                minute=rng.randrange(240),
                session=f"s{person}" if rng.random() < 0.8 else "",
                query=rng.choice(["phone", "case", "red dress"]) if kind == "search" else "",
                is_counted=rng.random() < 0.9,
            )
        )
    return events + events[:20]


def write_days(events: Iterable[Event], root: Path) -> None:
    by_day: dict[date, list[dict[str, Any]]] = {}
    for each in events:
        by_day.setdefault(each.day, []).append({**asdict(each), "day": each.day})
    for day, rows in by_day.items():
        folder = root / f"day={day}"
        folder.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.Table.from_pylist(rows, schema=EVENTS), folder / "events.parquet")


# --- The same by naive loops --------------------------------------------------------------------


def counted(events: Sequence[Event]) -> list[Event]:
    return list({each.event_id: each for each in events if each.is_counted}.values())


def weight(day: date, half_life: float) -> float:
    return 0.5 ** ((TODAY - day).days / half_life)


def kept(events: Sequence[Event]) -> dict[tuple[str, int], tuple[int, date]]:
    """(person, listing) → how many purchases were kept, and the day of the last."""
    found: dict[tuple[str, int], tuple[int, date]] = {}
    for person, listing in {(e.person, e.listing_id) for e in counted(events) if e.listing_id}:
        own = [e for e in counted(events) if (e.person, e.listing_id) == (person, listing)]
        bought = [e.day for e in own if e.kind == "purchase"]
        left = len(bought) - sum(e.kind == "refund" for e in own)
        if left > 0:
            found[person, listing] = (left, max(bought))
    return found


def baskets_of_categories(events: Sequence[Event]) -> list[tuple[str, int, float]]:
    return [(person, CATEGORIES[listing - 1], 1.0) for person, listing in kept(events)]


def baskets_of_products(events: Sequence[Event]) -> list[tuple[str, str, float]]:
    return [
        (person, PRODUCTS[listing - 1], weight(day, policy.PURCHASE_HALF_LIFE))
        for (person, listing), (_, day) in kept(events).items()
        if PRODUCTS[listing - 1]
    ]


def baskets_of_views(events: Sequence[Event]) -> list[tuple[str, int, float]]:
    return [
        (each.visit, each.listing_id, weight(each.day, policy.VIEW_HALF_LIFE))
        for each in counted(events)
        if each.kind == "click" and each.listing_id
    ]


def heat(events: Sequence[Event]) -> dict[int, tuple[float, int]]:
    """Listing → worth and people."""
    told: dict[int, dict[tuple[str, ...], float]] = {}
    for each in counted(events):
        if each.listing_id and (TODAY - each.day).days < policy.VIEW_DAYS:
            worth = policy.ACT_WORTH.get(each.kind, 0.0) * weight(each.day, policy.VIEW_HALF_LIFE)
            own = told.setdefault(each.listing_id, {})
            own[each.kind, each.person, each.visit] = worth
    return {
        listing: (sum(worths.values()), len({person for _, person, _ in worths}))
        for listing, worths in told.items()
    }


def last_query(events: Sequence[Event], done: Event) -> str | None:
    """Of the searches of its visit in the half hour before it, the last."""
    before = [
        (each.happened_at, each.query)
        for each in counted(events)
        if each.kind == "search"
        and each.visit == done.visit
        and timedelta()
        <= done.happened_at - each.happened_at
        <= timedelta(minutes=policy.QUERY_MINUTES)
    ]
    latest = max((at for at, _ in before), default=None)
    return min((query for at, query in before if at == latest), default=None)


def best(rows: Mapping[str, Mapping[str, tuple[float, int]]], entries: int) -> dict[str, list[Any]]:
    """Entries as they are stored, best first."""
    return {
        key: [
            (thing, score, support)
            for thing, (score, support) in sorted(
                own.items(), key=lambda each: (-round(each[1][0], 9), -each[1][1], each[0])
            )[:entries]
        ]
        for key, own in rows.items()
        if own
    }
