"""Looks at a share of live strips after they were answered: a candidate's order of them, and drift.

1  `offer` takes a share of the strips into a bounded queue; a full one drops what comes
2  a thread of its own scores what waits with the candidate in shadow, and counts the columns of
   what was served (drift.py)
3  sums go to the rows of the day, after policy.WATCHED_AT_ONCE strips or policy.WATCHED_WITHIN

Nothing here can slow or fail a strip. A process that ends takes some seconds of counts with it.
"""

from __future__ import annotations

import queue
import random
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC
from functools import lru_cache

import numpy as np
import structlog
from django.conf import settings
from django.db import DatabaseError, connections
from django.utils import timezone
from numpy.typing import NDArray

from listing_assistant.remembered import Remembered
from recommender import policy
from recommender.features import Matrix
from recommender.models import ShadowChange
from recommender.ranking import drift, inference, metrics
from recommender.ranking.inference import RankerUnavailableError
from recommender.ranking.tallies import Tally

log = structlog.get_logger()

Scores = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Offered:
    """The candidates of one strip, as `release` scored them."""

    matrix: Matrix
    scores: Scores
    release: str


def offer(matrix: Matrix, scores: Scores, release: str) -> None:
    """A strip's candidates (n, F) and the scores (n,) that ordered them. Returns at once."""
    if not settings.RANKER_WATCH or random.random() >= policy.WATCHED_SHARE:
        return
    watcher().put(Offered(matrix, scores, release))


def shadow_release() -> str:
    """The candidate that scores live strips unseen; empty for none."""
    told = ShadowChange.objects.values_list("release__release", flat=True).first()
    return told or ""


class Watcher:
    """One a process. What it counted is its thread's alone until it is written."""

    def __init__(self, shadow: Callable[[], str] = shadow_release) -> None:
        self._waiting: queue.Queue[Offered] = queue.Queue(policy.WATCHED_WAITING)
        self._shadow = Remembered(shadow)
        self._tally = Tally()
        self._looked = 0
        self._written_at = time.monotonic()

    def put(self, offered: Offered) -> bool:
        """Whether there was room."""
        try:
            self._waiting.put_nowait(offered)
        except queue.Full:
            metrics.SHADOW_OUTCOMES.labels("dropped").inc()
            return False
        return True

    def run(self) -> None:
        """The thread's life: waits for strips, and writes what it counted now and then."""
        while True:
            try:
                self.step(timeout=policy.WATCHED_WITHIN.total_seconds())
            except DatabaseError as error:
                # What was counted is still there for the next time.
                log.warning("ranker_watch_failed", reason=str(error))
                time.sleep(1)
            finally:
                connections.close_all()

    def step(self, *, timeout: float) -> None:
        """Look at one strip, if one comes in time, and write if it is time to."""
        with suppress(queue.Empty):
            self.look(self._waiting.get(timeout=timeout))
        late = time.monotonic() - self._written_at > policy.WATCHED_WITHIN.total_seconds()
        if self._looked >= policy.WATCHED_AT_ONCE or (self._looked and late):
            self.write()

    def look(self, offered: Offered) -> None:
        """Count one strip."""
        day = timezone.now().astimezone(UTC).date()
        self._looked += 1
        drift.count(self._tally, day, offered.matrix, offered.scores, offered.release)
        candidate = self._shadow()
        if candidate and candidate != offered.release:
            sums = self._tally.shadow(day, candidate, offered.release)
            started = time.perf_counter()
            try:
                scores = inference.scores_of(offered.matrix, candidate)
            except RankerUnavailableError:
                sums.failed += 1
                metrics.SHADOW_OUTCOMES.labels("failed").inc()
                return
            sums.note_time((time.perf_counter() - started) * 1000)
            sums.strips += 1
            compared = compare(offered.scores, scores)
            sums.correlation += compared.correlation
            sums.overlap += compared.overlap
            sums.shift += compared.shift
            metrics.SHADOW_OUTCOMES.labels("scored").inc()

    def write(self) -> None:
        """Raises DatabaseError; then nothing is forgotten."""
        self._written_at = time.monotonic()
        self._tally.write()
        self._looked = 0
        drift.tell()


@lru_cache(maxsize=1)
def watcher() -> Watcher:
    """Begun with the first strip, so after a server's processes have parted."""
    made = Watcher()
    threading.Thread(target=made.run, name="ranker-watch", daemon=True).start()
    return made


@dataclass(frozen=True)
class Compared:
    """`overlap` is the share of the best that both have; `shift` how many places the served best
    move on average."""

    correlation: float
    overlap: float
    shift: float


def compare(served: Scores, candidate: Scores, *, best: int = policy.STRIP_SIZE) -> Compared:
    """Two orders of the same items (n,), n at least 1."""
    ours, theirs = _mean_places(served), _mean_places(candidate)
    top = np.argsort(-served, kind="stable")[:best]
    chosen = np.argsort(-candidate, kind="stable")[:best]
    return Compared(
        correlation=_correlation(ours, theirs),
        overlap=len(np.intersect1d(top, chosen)) / len(top),
        shift=float(np.abs(ours[top] - theirs[top]).mean()),
    )


def _mean_places(scores: Scores) -> Scores:
    """From 0, the best first; equal scores share their mean place."""
    _, group, counts = np.unique(-scores, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    places: Scores = ((ends - counts + ends - 1) / 2)[group]
    return places


def _correlation(ours: Scores, theirs: Scores) -> float:
    """Spearman's; 1 where one of them tells nothing apart, as then nothing disagrees."""
    a, b = ours - ours.mean(), theirs - theirs.mean()
    norm = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / norm if norm else 1.0
