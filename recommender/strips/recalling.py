"""Asks all recall sets about a seed at the same time and waits for none of them for long.

1  leave out the sets whose breaker is open and those that still hang from an earlier strip
2  hand the others to the threads of this process
3  wait until all have answered, or RECALL_BUDGET_MS are over
4  take what there is; what comes later is dropped when it comes
5  note each set's time and outcome, for /metrics, the log and staff
"""

from __future__ import annotations

import contextvars
import sys
import threading
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache

import structlog
from django.conf import settings
from django.db import DatabaseError, connections

from recommender import policy
from recommender.recall_sets.base import Candidate, RecallError, RecallSet, Seed
from recommender.strips import metrics
from recommender.strips.breaker import Breaker

log = structlog.get_logger()


class Outcome(StrEnum):
    DONE = "done"
    EMPTY = "empty"
    LATE = "late"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class SetRun:
    """`milliseconds` is the set's own time; of a late one, how long it was waited for."""

    name: str
    outcome: Outcome
    milliseconds: float = 0.0
    count: int = 0
    error: str = ""


@dataclass(frozen=True)
class Recalled:
    found: dict[str, list[Candidate]]
    runs: list[SetRun]


@dataclass(eq=False)
class _Call:
    """One set's turn. The thread writes what came of it before it says `ended`."""

    recall_set: RecallSet
    known_as: str
    started: float | None = None
    seconds: float = 0.0
    found: list[Candidate] = field(default_factory=list)
    error: BaseException | None = None
    ended: threading.Event = field(default_factory=threading.Event)

    def run(self, seed: Seed, limit: int) -> None:
        self.started = time.perf_counter()
        try:
            self.found = self.recall_set.candidates(seed, limit=limit)
        finally:
            self.error = sys.exc_info()[1]
            self.seconds = time.perf_counter() - self.started
            self.ended.set()


class _Hanging:
    """The sets with a call that is still running although its strip has gone on without."""

    def __init__(self) -> None:
        self._calls: dict[str, list[_Call]] = {}

    def __contains__(self, name: str) -> bool:
        running = [call for call in self._calls.get(name, ()) if not call.ended.is_set()]
        self._calls[name] = running
        return bool(running)

    def add(self, call: _Call) -> None:
        self._calls.setdefault(call.known_as, []).append(call)


breaker = Breaker()
_hanging = _Hanging()


def recall(seed: Seed, sets: Sequence[RecallSet], *, limit: int, family: str = "") -> Recalled:
    """What each set proposes for the seed, at most `limit` a set; never raises because of a set.

    `family` tells sets of one name apart that different strips ask, in /metrics and by who rests.
    """
    calls = [_Call(each, f"{family}/{each.name}" if family else each.name) for each in sets]
    resting = [
        each for each in calls if breaker.is_open(each.known_as) or each.known_as in _hanging
    ]
    skipped = [SetRun(each.recall_set.name, Outcome.SKIPPED) for each in resting]
    calls = [each for each in calls if each not in resting]
    ask = _in_threads if settings.RECALL_THREADS else _inline
    runs = ask(calls, seed, limit)
    # Where most are late it is the machine that is slow, and nobody is to blame.
    is_slow = sum(run.outcome == Outcome.LATE for run in runs) * 2 > len(runs) > 1
    for call, run in zip([*calls, *resting], [*runs, *skipped], strict=True):
        _note(run, call.known_as, seed, is_slow=is_slow)
    answered = {run.name for run in runs if run.outcome == Outcome.DONE}
    found = {call.recall_set.name: call.found for call in calls if call.recall_set.name in answered}
    return Recalled(found, [*runs, *skipped])


def _in_threads(calls: Sequence[_Call], seed: Seed, limit: int) -> list[SetRun]:
    """Each thread takes the next call that waits, and a connection for all that it takes."""
    waiting = deque(calls)
    threads = _threads(settings.RECALL_THREADS)

    def take() -> None:
        try:
            while waiting:
                waiting.popleft().run(seed, limit)
        except (RecallError, DatabaseError, IndexError):
            pass  # the call has kept it, or another thread was quicker
        finally:
            connections.close_all()
            if waiting:
                threads.submit(take)

    deadline = time.perf_counter() + settings.RECALL_BUDGET_MS / 1000
    for _ in range(min(settings.RECALL_THREADS, len(calls))):
        threads.submit(contextvars.copy_context().run, take)
    for call in calls:
        call.ended.wait(max(0.0, deadline - time.perf_counter()))
    waiting.clear()
    return [_ended(call) if call.ended.is_set() else _late(call) for call in calls]


@lru_cache(maxsize=1)
def _threads(count: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(count, thread_name_prefix="recall")


def _ended(call: _Call) -> SetRun:
    if call.error is None:
        return _answered(call)
    if not isinstance(call.error, RecallError | DatabaseError):
        log.error("recall_set_broken", recall_set=call.recall_set.name, exc_info=call.error)
    return _failed(call, call.error)


def _late(call: _Call) -> SetRun:
    """Its own fault only if it had most of the time to itself."""
    if call.started is not None:
        _hanging.add(call)
    waited = float(settings.RECALL_BUDGET_MS)
    ran = 0.0 if call.started is None else (time.perf_counter() - call.started) * 1000
    error = "" if ran > policy.OWN_SHARE_OF_TIME * waited else "it got a thread too late"
    return SetRun(call.recall_set.name, Outcome.LATE, waited, error=error)


def _inline(calls: Sequence[_Call], seed: Seed, limit: int) -> list[SetRun]:
    """In this thread. What is wrong with a set's code comes out here, as no test should miss it."""
    deadline = time.perf_counter() + settings.RECALL_BUDGET_MS / 1000
    runs = []
    for call in calls:
        if time.perf_counter() > deadline:
            runs.append(SetRun(call.recall_set.name, Outcome.LATE, error="no time was left"))
            continue
        try:
            call.run(seed, limit)
        except (RecallError, DatabaseError) as error:
            runs.append(_failed(call, error))
        else:
            runs.append(_answered(call))
    return runs


def _answered(call: _Call) -> SetRun:
    outcome = Outcome.DONE if call.found else Outcome.EMPTY
    return SetRun(call.recall_set.name, outcome, call.seconds * 1000, len(call.found))


def _failed(call: _Call, error: BaseException) -> SetRun:
    reason = f"{type(error).__name__}: {error}"[:200]
    return SetRun(call.recall_set.name, Outcome.FAILED, call.seconds * 1000, error=reason)


def _note(run: SetRun, known_as: str, seed: Seed, *, is_slow: bool) -> None:
    metrics.RECALL_OUTCOMES.labels(known_as, run.outcome).inc()
    if run.outcome == Outcome.SKIPPED:
        return
    metrics.RECALL_SECONDS.labels(known_as).observe(run.milliseconds / 1000)
    if run.outcome in (Outcome.DONE, Outcome.EMPTY):
        breaker.note(known_as, succeeded=True)
        return
    log.warning(
        "recall_set_missing",
        recall_set=known_as,
        outcome=run.outcome.value,
        seed=seed.listing_id,
        milliseconds=round(run.milliseconds, 1),
        reason=run.error,
    )
    is_to_blame = run.outcome == Outcome.FAILED or not (run.error or is_slow)
    if is_to_blame and breaker.note(known_as, succeeded=False):
        log.error("recall_set_rests", recall_set=known_as)
