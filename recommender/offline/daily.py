"""A day of events becomes facts, and stays as it is until its export changes.

Facts name listings and not their products or categories: what a thing is may be corrected later,
and the windows then see all its past in the right place. They are distinct, so an event that was
exported twice counts once.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import ibis
import pyarrow as pa
from ibis import Table, _

from recommender import policy
from recommender.offline.engine import remove

if TYPE_CHECKING:
    from recommender.offline.engine import Engine

FORMAT = 1
MANIFEST = "manifest.json"


def acts(events: Table) -> Table:
    """What was done to listings: kind, person, visit, listing_id, and how often."""
    done = _of_listings(events)
    return done.group_by("kind", "person", "visit", "listing_id").agg(times=_.count())


def searches(events: Table) -> Table:
    """Which queries came in a visit: person, visit, query."""
    return _searched(events).select("person", "visit", "query").distinct()


def choices(events: Table) -> Table:
    """What was done to listings after a query: query, kind, visit, listing_id, and how often.

    An event that names its query is believed; any other goes to the last search of its visit, up to
    policy.QUERY_MINUTES before it. A visit ends with its day.
    """
    done = _of_listings(events).mutate(at=_.happened_at.epoch_seconds())
    asked = _searched(events).select(
        "visit", asked="query", asked_moment="happened_at", asked_at=_.happened_at.epoch_seconds()
    )
    before = done.inner_join(
        asked,
        [
            done.visit == asked.visit,
            asked.asked_moment <= done.happened_at,
            asked.asked_at >= done.at - policy.QUERY_MINUTES * 60,
        ],
    ).select("event_id", "asked", "asked_moment")
    place = ibis.row_number().over(
        group_by="event_id", order_by=[ibis.desc("asked_moment"), "asked"]
    )
    last = before.mutate(place=place).filter(_.place == 0).select("event_id", "asked")
    known = done.left_join(last, "event_id").select(
        "kind", "visit", "listing_id", query=ibis.coalesce(done.query.nullif(""), last.asked)
    )
    counted = known.filter(_.query.notnull())
    return counted.group_by("query", "kind", "visit", "listing_id").agg(times=_.count())


FACTS = {"acts": acts, "searches": searches, "choices": choices}

_VISIT, _DAY = ("visit", pa.string()), ("day", pa.date32())
_ACT = [("kind", pa.string()), ("listing_id", pa.int64()), ("times", pa.int64())]
EMPTY = {
    "acts": pa.schema([*_ACT, ("person", pa.string()), _VISIT, _DAY]).empty_table(),
    "searches": pa.schema(
        [("person", pa.string()), ("query", pa.string()), _VISIT, _DAY]
    ).empty_table(),
    "choices": pa.schema([*_ACT, ("query", pa.string()), _VISIT, _DAY]).empty_table(),
}


class DailyFacts:
    """A folder of facts: <table>/day=<day>.parquet, and a manifest of what they were made from.

    The manifest names a day after its last table is written, so a day that was cut off is made
    again.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def stale(self, exports: Mapping[date, str]) -> list[date]:
        """Days whose export is not the one that their facts were made from, oldest first."""
        made = self._made()
        return sorted(day for day, print_ in exports.items() if made.get(day) != print_)

    def make(self, engine: Engine, day: date, export: Path, fingerprint: str) -> int:
        """Read the day's events and write its facts; how many these are."""
        events, count = _distinct(engine.read([export])), 0
        for name, facts in FACTS.items():
            path = self._path(name, day)
            path.parent.mkdir(parents=True, exist_ok=True)
            engine.write(facts(events).mutate(day=ibis.literal(day)), path)
            count += engine.count(engine.read([path]))
        self._note({**self._made(), day: fingerprint})
        return count

    def forget(self, days: Collection[date]) -> None:
        """Remove days that have no export any more: kept too long, or erased."""
        self._note({day: made for day, made in self._made().items() if day not in days})
        for day in days:
            for name in FACTS:
                remove(self._path(name, day))

    def days(self) -> list[date]:
        return sorted(self._made())

    def read(self, engine: Engine, name: str, first: date, last: date) -> Table:
        """The facts of all days from the first to the last."""
        paths = [self._path(name, day) for day in self.days() if first <= day <= last]
        return engine.read(paths) if paths else engine.table(EMPTY[name])

    def _path(self, name: str, day: date) -> Path:
        return self._root / name / f"day={day}.parquet"

    def _made(self) -> dict[date, str]:
        try:
            manifest = json.loads((self._root / MANIFEST).read_text())
        except FileNotFoundError:
            return {}
        if manifest["format"] != FORMAT:
            return {}
        return {date.fromisoformat(day): made for day, made in manifest["days"].items()}

    def _note(self, made: Mapping[date, str]) -> None:
        days = {str(day): fingerprint for day, fingerprint in sorted(made.items())}
        self._root.mkdir(parents=True, exist_ok=True)
        beside = self._root / f"{MANIFEST}.new"
        beside.write_text(json.dumps({"format": FORMAT, "days": days}, indent=1))
        beside.replace(self._root / MANIFEST)


def fingerprint_of(folder: Path) -> str:
    """Changes when a file of the folder is added, removed or written anew."""
    files = sorted(folder.glob("*.parquet"))
    told = [(file.name, file.stat().st_size, file.stat().st_mtime_ns) for file in files]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:16]


def _distinct(events: Table) -> Table:
    """What counts, each event once, and in which visit."""
    told = events.filter(_.is_counted).select(
        *("event_id", "kind", "listing_id", "person", "query", "happened_at"),
        visit=ibis.coalesce(events.session.nullif(""), events.person),
    )
    return told.distinct()


def _of_listings(events: Table) -> Table:
    return events.filter(_.listing_id.notnull())


def _searched(events: Table) -> Table:
    return events.filter((_.kind == "search") & (_.query != ""))
