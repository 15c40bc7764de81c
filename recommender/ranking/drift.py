"""Whether what is served still looks like what the ranker was trained on.

Of each watched strip the best places are counted into the bins that the artefact keeps of its
training: what people saw taught it, and what they see now is compared with that.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np
import structlog

from recommender import policy
from recommender.features import COLUMNS, Matrix
from recommender.models import DriftDay
from recommender.ranking import inference, metrics
from recommender.ranking.inference import RankerUnavailableError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from recommender.ranking.tallies import Tally

log = structlog.get_logger()

SCORE = "score"
WORDS = {column.name: column.words for column in COLUMNS} | {SCORE: "the ranker's score"}


@dataclass(frozen=True)
class ColumnDrift:
    """`index` is the PSI of the shares `trained` and `served`, by bin; `bins` are their words."""

    column: str
    index: float
    bins: tuple[str, ...]
    trained: tuple[float, ...]
    served: tuple[float, ...]

    @property
    def words(self) -> str:
        return WORDS.get(self.column, self.column)

    @property
    def is_alarm(self) -> bool:
        return self.index >= policy.DRIFT_ALARM

    @property
    def is_noticed(self) -> bool:
        return self.index >= policy.DRIFT_NOTICED


@dataclass(frozen=True)
class Drift:
    """Of a day, the worst column first."""

    release: str
    day: date
    places: int
    columns: list[ColumnDrift]


def count(
    tally: Tally, day: date, matrix: Matrix, scores: NDArray[np.float64], release: str
) -> None:
    """Add one strip's best places; nothing where the release kept no bins."""
    best = np.argsort(-scores, kind="stable")[: policy.STRIP_SIZE]
    try:
        counted = inference.bin_counts(matrix[best], scores[best], release)
    except RankerUnavailableError:
        return
    for column, counts in counted.items():
        tally.count(day, release, column, counts)


def drift_of(release: str, day: date | None = None) -> Drift | None:
    """Of the last day on which enough was watched, if none is named; None where none was.

    Raises RankerUnavailableError where the release's artefact is gone.
    """
    rows = DriftDay.objects.filter(release=release)
    found = day or _last_day(release)
    if found is None:
        return None
    trained = inference.trained_bins(release)
    columns = [
        ColumnDrift(
            row.column,
            inference.stability_index(trained[row.column].shares, row.counts),
            trained[row.column].in_words(),
            trained[row.column].shares,
            _shares(row.counts),
        )
        for row in rows.filter(day=found)
        if row.column in trained
    ]
    if not columns:
        return None
    columns.sort(key=lambda each: (-each.index, each.column))
    places = max(sum(row.counts) for row in rows.filter(day=found))
    return Drift(release, found, places, columns)


def worst_by_day(release: str, days: int = 30) -> list[tuple[date, str, float]]:
    """Of each of the last days, oldest first: the column that moved most, and its index."""
    trained = inference.trained_bins(release)
    worst: dict[date, tuple[float, str]] = {}
    since = _last_day(release)
    if since is None:
        return []
    rows = DriftDay.objects.filter(release=release, day__gt=since - timedelta(days=days))
    for row in rows:
        if row.column in trained:
            index = inference.stability_index(trained[row.column].shares, row.counts)
            worst[row.day] = max(worst.get(row.day, (-math.inf, "")), (index, row.column))
    return [(day, column, index) for day, (index, column) in sorted(worst.items())]


def tell() -> None:
    """Set the gauge for the release in service, and warn where columns are over the alarm."""
    try:
        release = inference.load()
        drift = drift_of(release)
    except RankerUnavailableError:
        return
    if drift is None:
        return
    metrics.RANKER_DRIFT.labels(release).set(drift.columns[0].index)
    over = [each.column for each in drift.columns if each.is_alarm]
    if over and _is_news((release, drift.day, *over)):
        log.warning("ranker_drifts", release=release, day=str(drift.day), columns=over)


_told: set[tuple[object, ...]] = set()


def _is_news(what: tuple[object, ...]) -> bool:
    """The log hears of it once in a process, not every time that counts are written."""
    if what in _told:
        return False
    _told.clear()
    _told.add(what)
    return True


def _last_day(release: str) -> date | None:
    enough = policy.LEAST_STRIPS_WATCHED * policy.STRIP_SIZE
    rows = DriftDay.objects.filter(release=release, column=SCORE).order_by("-day")
    return next((row.day for row in rows[:90] if sum(row.counts) >= enough), None)


def _shares(counts: Sequence[int]) -> tuple[float, ...]:
    total = max(1, sum(counts))
    return tuple(count / total for count in counts)
