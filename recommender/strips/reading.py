"""What one strip reads: what several recall sets ask for is read once for all of them.

A rehearsal finds out what that is. The sets are asked about the seed where nothing is for sale and
the tables are empty, and what they look for there is noted. Their rows are read, and they rehearse
again with those, until they miss none; then all listings that they looked for are read together.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from django.db import connection

from recommender.aggregates import StoredAggregates, entries_of
from recommender.recall_sets.base import Entry, RecallSet, Seed
from recommender.recall_sets.catalogue import MOST_LOOKED_UP, Listed, LiveCatalogue, Stated
from recommender.recall_sets.registry import sets_of_tables

# Rows name rows that name listings.
MOST_REHEARSALS = 3

ROWS = """
SELECT kind, key, entries FROM recommender_aggregaterow
WHERE (kind, key) IN (SELECT * FROM unnest(%s::text[], %s::text[]))
"""

_live = LiveCatalogue()

Key = tuple[str, str]  # kind, key
Rows = dict[Key, Sequence[Entry]]


class SharedReading:
    """The tables and the marketplace, for all recall sets of one strip and their threads.

    The first to ask reads for everybody, so that what is wrong with the database is a set's fault
    and not the strip's. What the rehearsal did not foresee is read when it is asked for.
    """

    def __init__(self, seed: Seed) -> None:
        self._seed = seed
        self._lock = threading.Lock()
        self._is_prepared = False
        self._rows: Rows = {}
        self._listed: dict[int, Listed | None] = {}

    def rows(self, kind: str, keys: Collection[str]) -> Mapping[str, Sequence[Entry]]:
        with self._lock:
            self._prepare()
        others = [key for key in keys if (kind, key) not in self._rows]
        found = {key: entries for key in keys if (entries := self._rows.get((kind, key)))}
        return {**found, **StoredAggregates().rows(kind, others)}

    def listed(self, listing_ids: Iterable[int]) -> Mapping[int, Listed]:
        wanted = list(islice(dict.fromkeys(listing_ids), MOST_LOOKED_UP))
        with self._lock:
            self._prepare()
            self._look_up(wanted)
        return {pk: listed for pk in wanted if (listed := self._listed[pk]) is not None}

    def newest(self, category_ids: Collection[int], *, each: int) -> Mapping[int, Listed]:
        return _live.newest(category_ids, each=each)

    def saying(
        self, stated: Mapping[Stated, Collection[int]], *, each: int
    ) -> Mapping[Stated, Mapping[int, Listed]]:
        return _live.saying(stated, each=each)

    def _prepare(self) -> None:
        if self._is_prepared:
            return
        self._is_prepared = True  # whatever comes of it: nobody waits for it twice
        self._rows, listing_ids = _rehearsed(self._seed)
        self._look_up(listing_ids)

    def _look_up(self, listing_ids: Iterable[int]) -> None:
        unknown = [pk for pk in listing_ids if pk not in self._listed]
        self._listed |= dict.fromkeys(unknown) | _live.all_listed(unknown)


def _rehearsed(seed: Seed) -> tuple[Rows, Collection[int]]:
    """The rows that the sets ask for, and the listings."""
    known: Rows = {}
    looked_for: set[int] = set()
    tables, market = _NotedTables(known), _EmptyMarket(looked_for)
    waiting = sets_of_tables(tables, market)
    for _ in range(MOST_REHEARSALS):
        waiting = [each for each in waiting if _misses_rows(each, seed, tables)]
        if not waiting:
            break
        known |= _read(set(tables.missed))
        tables.missed.clear()
    return known, looked_for


def _misses_rows(recall_set: RecallSet, seed: Seed, tables: _NotedTables) -> bool:
    """Its part of the rehearsal."""
    before = len(tables.missed)
    recall_set.candidates(seed, limit=0)
    return len(tables.missed) > before


def _read(keys: Collection[Key]) -> Rows:
    rows: Rows = dict.fromkeys(keys, ())
    with connection.cursor() as cursor:
        cursor.execute(ROWS, [[str(kind) for kind, _ in keys], [key for _, key in keys]])
        for kind, key, text in cursor:
            rows[kind, key] = entries_of(text)
    return rows


@dataclass(frozen=True)
class _NotedTables:
    """Says what is known, and notes what is not."""

    known: Rows
    missed: list[Key] = field(default_factory=list)

    def rows(self, kind: str, keys: Collection[str]) -> Mapping[str, Sequence[Entry]]:
        self.missed.extend((kind, key) for key in keys if (kind, key) not in self.known)
        return {key: entries for key in keys if (entries := self.known.get((kind, key)))}


@dataclass(frozen=True)
class _EmptyMarket:
    """Has nothing, and notes which listings were looked for."""

    looked_for: set[int] = field(default_factory=set)

    def listed(self, listing_ids: Iterable[int]) -> Mapping[int, Listed]:
        self.looked_for.update(islice(dict.fromkeys(listing_ids), MOST_LOOKED_UP))
        return {}

    def newest(self, category_ids: Collection[int], *, each: int) -> Mapping[int, Listed]:
        return {}

    def saying(
        self, stated: Mapping[Stated, Collection[int]], *, each: int
    ) -> Mapping[Stated, Mapping[int, Listed]]:
        return {}
