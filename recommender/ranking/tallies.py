"""Sums that several processes add up in the rows of a day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
from django.db import connection, transaction
from numpy.typing import NDArray

Counts = NDArray[np.int64]

# Upper ends in milliseconds, each a quarter above the one before: 0.05 ms to half a second.
TIMES = tuple(round(0.05 * 1.25**n, 3) for n in range(42))

_ADD_ARRAYS = (
    "(SELECT array_agg(coalesce(a, 0) + coalesce(b, 0) ORDER BY n)"
    " FROM unnest(day.{0}, EXCLUDED.{0}) WITH ORDINALITY AS pair(a, b, n))"
)
_SHADOW = f"""
INSERT INTO recommender_shadowday AS day
    (day, release, served, strips, failed, correlation, overlap, shift, times)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s::bigint[])
ON CONFLICT (day, release, served) DO UPDATE SET
    strips = day.strips + EXCLUDED.strips,
    failed = day.failed + EXCLUDED.failed,
    correlation = day.correlation + EXCLUDED.correlation,
    overlap = day.overlap + EXCLUDED.overlap,
    shift = day.shift + EXCLUDED.shift,
    times = {_ADD_ARRAYS.format("times")}
"""
_DRIFT = f"""
INSERT INTO recommender_driftday AS day (day, release, "column", counts)
VALUES (%s, %s, %s, %s::bigint[])
ON CONFLICT (release, day, "column") DO UPDATE SET counts = {_ADD_ARRAYS.format("counts")}
"""


def no_times() -> Counts:
    return np.zeros(len(TIMES) + 1, dtype=np.int64)


@dataclass
class ShadowSums:
    """Of one candidate beside one release in service; as of models.ShadowDay."""

    strips: int = 0
    failed: int = 0
    correlation: float = 0.0
    overlap: float = 0.0
    shift: float = 0.0
    times: Counts = field(default_factory=no_times)

    def note_time(self, milliseconds: float) -> None:
        self.times[int(np.searchsorted(TIMES, milliseconds))] += 1


@dataclass
class Tally:
    """What one process has seen and not written yet."""

    shadows: dict[tuple[date, str, str], ShadowSums] = field(default_factory=dict)
    columns: dict[tuple[date, str, str], Counts] = field(default_factory=dict)

    def shadow(self, day: date, release: str, served: str) -> ShadowSums:
        return self.shadows.setdefault((day, release, served), ShadowSums())

    def count(self, day: date, release: str, column: str, counts: Counts) -> None:
        before = self.columns.get((day, release, column))
        self.columns[day, release, column] = counts if before is None else before + counts

    def write(self) -> None:
        """Add it to the database's, all or nothing, and forget it.

        In the order of keys, so that two processes that write at once cannot deadlock.
        """
        shadows = [
            (*key, each.strips, each.failed, each.correlation, each.overlap, each.shift,
             each.times.tolist())
            for key, each in sorted(self.shadows.items())
        ]  # fmt: skip
        columns = [(*key, self.columns[key].tolist()) for key in sorted(self.columns)]
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.executemany(_SHADOW, shadows)
            cursor.executemany(_DRIFT, columns)
        self.shadows.clear()
        self.columns.clear()


def percentile(times: Sequence[int], share: float) -> float | None:
    """The milliseconds that so large a share took at most, to a quarter; None where none did."""
    total = sum(times)
    if not total:
        return None
    place = int(np.searchsorted(np.cumsum(times), share * total))
    return TIMES[min(place, len(TIMES) - 1)]
