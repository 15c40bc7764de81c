"""What was done to listings before a day, decayed: counted from the logs, the same bits each time.

As of a day D: the sum over the days before it, HISTORY_DAYS at most, of a day's count times
0.5^((D - day) / HISTORY_HALF_LIFE), in the order of the days, in float64. Counts of a day are whole
numbers, so that neither their order nor who else is counted changes a bit.

What the site itself tells is known when it happens. What pages and apps tell may come late, and
counts in tables of the days after it was received, on the day that it happened: a day's history can
be made again at any later time. It changes only where rows go: by an erasure, or a deleted listing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from recommender import policy
from recommender.events.days import midnight
from recommender.items.columns import HISTORY, Ids, Numbers
from recommender.models import Source

EPOCH = date(1970, 1, 1)
KINDS = [str(kind) for kind in HISTORY[1:]]
# Rows of whole numbers go from the database to numpy without becoming Python's.
COPY_HEAD, COPY_TAIL = 19, 2

Totals = NDArray[np.float64]  # (m, len(HISTORY))
Rows = NDArray[np.int64]  # (m, columns)

# Of both logs: listing, category, place in HISTORY, the day on which it was known, how often.
_DAY = """
COPY (
    SELECT listing_id, coalesce(listing.category_id, 0)::bigint, what, known, count(*)
    FROM (
        SELECT listing_id, array_position(%(kinds)s::text[], kind::text)::bigint AS what,
            {known_event} AS known
        FROM recommender_behaviourevent
        WHERE happened_at >= %(from)s AND happened_at < %(to)s AND flags = ''
            AND kind = ANY(%(kinds)s) AND listing_id IS NOT NULL
        UNION ALL
        SELECT jsonb_array_elements_text(listings)::bigint, 0::bigint, {known_shown}
        FROM recommender_impression
        WHERE shown_at >= %(from)s AND shown_at < %(to)s AND flags = ''
    ) AS act JOIN listings_listing listing ON listing.id = listing_id
    GROUP BY 1, 2, 3, 4
) TO STDOUT (FORMAT binary)
"""
_KNOWN = (
    f"(CASE WHEN source = '{Source.SITE.value}' THEN {{at}} ELSE greatest({{at}}, received_at) END"
    " AT TIME ZONE 'UTC')::date - date '1970-01-01'"
)


def known_day(at: str) -> str:
    """SQL for the day on which a row of a log was known, in days since 1970; `at` is its time."""
    return f"({_KNOWN.format(at=at)})::bigint"


def copied(query: str, parameters: dict[str, object], columns: int) -> Rows:
    """The rows (m, columns) of a COPY of bigints, none of them null, in binary."""
    # The driver's own cursor: Django's, while DEBUG is on, copies without parameters only.
    with connection.cursor() as cursor, cursor.cursor.copy(query, parameters) as copy:
        body = b"".join(bytes(block) for block in copy)
    row = np.dtype([("n", ">i2"), ("cells", [("size", ">i4"), ("value", ">i8")], (columns,))])
    count = (len(body) - COPY_HEAD - COPY_TAIL) // row.itemsize
    cells = np.frombuffer(body, row, count, offset=COPY_HEAD)["cells"]["value"]
    return cells.astype(np.int64)


def day_number(day: date) -> int:
    """Days since 1970."""
    return (day - EPOCH).days


def weight(days: int) -> float:
    """What an act of so many days before is worth."""
    return float(0.5 ** (days / policy.HISTORY_HALF_LIFE))


@dataclass(frozen=True, eq=False)
class Tally:
    """Decayed counts by key: `keys` (m,) ascending, `counts` (m, len(HISTORY))."""

    keys: Ids
    counts: Totals

    def of(self, keys: Ids) -> Numbers:
        """(n, len(HISTORY)), 0 for what was never counted."""
        found = np.zeros((len(keys), len(HISTORY)), np.float32)
        if len(self.keys):
            places = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
            known = self.keys[places] == keys
            found[known] = self.counts[places[known]]
        return found


@dataclass(frozen=True, eq=False)
class History:
    """As of a day: of each listing that anything was done to, and of each category."""

    listings: Tally
    categories: Tally


class DaysLog:
    """The counts of days, each read once however many tables are made from it."""

    def __init__(self, *, keep: bool = False) -> None:
        self._keep = keep
        self._read: dict[date, Rows] = {}

    def as_of(self, day: date) -> History:
        listings, categories = _Growing(), _Growing()
        for ago in range(policy.HISTORY_DAYS, 0, -1):
            rows = self._rows(day - timedelta(days=ago))
            rows = rows[rows[:, 3] < day_number(day)]
            listings.add(rows[:, 0], rows[:, 2], rows[:, 4], weight(ago))
            categories.add(rows[:, 1], rows[:, 2], rows[:, 4], weight(ago))
        return History(listings.tally, categories.tally)

    def _rows(self, day: date) -> Rows:
        if day in self._read:
            return self._read[day]
        rows = _read_day(day)
        if self._keep:
            self._read[day] = rows
        return rows


def _read_day(day: date) -> Rows:
    query = _DAY.format(known_event=known_day("happened_at"), known_shown=known_day("shown_at"))
    asked: dict[str, object] = {
        "kinds": KINDS,
        "from": midnight(day),
        "to": midnight(day + timedelta(days=1)),
    }
    return copied(query, asked, columns=5)


class _Growing:
    """A tally while days are added to it, oldest first."""

    def __init__(self) -> None:
        self._keys = np.empty(0, np.int64)
        self._counts = np.empty((0, len(HISTORY)), np.float64)

    def add(self, keys: Ids, places: Ids, counts: Ids, worth: float) -> None:
        if not len(keys):
            return
        own, at = np.unique(keys, return_inverse=True)
        day = np.zeros((len(own), len(HISTORY)), np.int64)
        np.add.at(day, (at, places), counts)
        self._make_room(own)
        self._counts[np.searchsorted(self._keys, own)] += worth * day

    def _make_room(self, keys: Ids) -> None:
        wider = np.union1d(self._keys, keys)
        if len(wider) == len(self._keys):
            return
        counts = np.zeros((len(wider), len(HISTORY)), np.float64)
        counts[np.searchsorted(wider, self._keys)] = self._counts
        self._keys, self._counts = wider, counts

    @property
    def tally(self) -> Tally:
        return Tally(self._keys, self._counts)


@dataclass(frozen=True, eq=False)
class Priors:
    """Of each category, ascending, the counts that its new listings' rates are taken from: its own
    where there was enough to see, else its department's, else everybody's. 0 is no category."""

    categories: Ids  # (c,)
    counts: Numbers  # (c, len(HISTORY))

    def of(self, categories: Ids) -> Numbers:
        """(n, len(HISTORY)); a category that is newer than these has everybody's."""
        if not len(self.categories):
            return np.zeros((len(categories), len(HISTORY)), np.float32)
        places = np.searchsorted(self.categories, categories)
        places[places == len(self.categories)] = 0
        known = self.categories[places] == categories
        return self.counts[np.where(known, places, 0)]


NO_PRIORS = Priors(np.empty(0, np.int64), np.empty((0, len(HISTORY)), np.float32))


@dataclass(frozen=True)
class PriorMaker:
    """`departments` are the roots of all categories."""

    departments: dict[int, int]

    @cached_property
    def _categories(self) -> Ids:
        return np.array(sorted({0, *self.departments}), np.int64)

    @cached_property
    def _roots(self) -> Ids:
        return np.array([self.departments.get(pk, 0) for pk in self._categories.tolist()], np.int64)

    def made(self, counted: Tally) -> Priors:
        own = np.zeros((len(self._categories), len(HISTORY)), np.float64)
        there = np.isin(counted.keys, self._categories)
        own[np.searchsorted(self._categories, counted.keys[there])] = counted.counts[there]
        roots, at = np.unique(self._roots, return_inverse=True)
        shared = np.zeros((len(roots), len(HISTORY)), np.float64)
        np.add.at(shared, at, own)
        everybody = np.broadcast_to(shared.sum(axis=0), own.shape)
        clicks = HISTORY.index("click")
        by_root = np.where(shared[at][:, [clicks]] >= policy.PRIOR_CLICKS, shared[at], everybody)
        best = np.where(own[:, [clicks]] >= policy.PRIOR_CLICKS, own, by_root)
        return Priors(self._categories, best.astype(np.float32))
