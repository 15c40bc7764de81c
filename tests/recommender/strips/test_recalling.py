"""Recall within a time: sets that hang, fail, or have nothing to say."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

import pytest
from django.db import connection

from recommender import policy
from recommender.recall_sets.base import Candidate, RecallError, Seed
from recommender.strips import recalling
from recommender.strips.breaker import Breaker
from recommender.strips.recalling import Outcome, recall

SEED = Seed(listing_id=1, seller_id=1, category_id=1, product_key="")
# Far more than a set of these tests takes, far less than one that hangs.
BUDGET_MS = 500


@dataclass
class Quick:
    name: str = "quick"
    calls: int = 0

    def candidates(self, seed: Seed, *, limit: int) -> list[Candidate]:
        self.calls += 1
        return [Candidate(pk, 1.0) for pk in (7, 8)]


@dataclass
class Empty:
    name: str = "empty"

    def candidates(self, seed: Seed, *, limit: int) -> list[Candidate]:
        return []


@dataclass
class Failing:
    error: Exception = field(default_factory=lambda: RecallError("no vector"))
    name: str = "failing"
    calls: int = 0

    def candidates(self, seed: Seed, *, limit: int) -> list[Candidate]:
        self.calls += 1
        raise self.error


@dataclass
class Hanging:
    """Until it is let go."""

    name: str = "hanging"
    calls: int = 0
    let_go: threading.Event = field(default_factory=threading.Event)

    def candidates(self, seed: Seed, *, limit: int) -> list[Candidate]:
        self.calls += 1
        self.let_go.wait(30)
        return [Candidate(9, 1.0)]


@pytest.fixture(autouse=True)
def fresh_state(monkeypatch):
    monkeypatch.setattr(recalling, "breaker", Breaker())
    monkeypatch.setattr(recalling, "_hanging", recalling._Hanging())


@pytest.fixture
def threads(settings):
    settings.RECALL_THREADS = 3
    settings.RECALL_BUDGET_MS = BUDGET_MS


@pytest.fixture
def hanging():
    recall_set = Hanging()
    yield recall_set
    recall_set.let_go.set()


def eventually(holds) -> None:
    deadline = time.monotonic() + 10
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.005)
    assert holds()


def outcomes(recalled):
    return {run.name: run.outcome for run in recalled.runs}


@pytest.mark.parametrize("count", [0, 3])
def test_each_set_answers_for_itself(settings, count):
    settings.RECALL_THREADS, settings.RECALL_BUDGET_MS = count, 10_000
    recalled = recall(SEED, [Quick(), Failing(), Empty()], limit=5)
    assert {name: [c.listing_id for c in found] for name, found in recalled.found.items()} == {
        "quick": [7, 8]
    }
    assert outcomes(recalled) == {
        "quick": Outcome.DONE,
        "failing": Outcome.FAILED,
        "empty": Outcome.EMPTY,
    }
    [failed] = [run for run in recalled.runs if run.name == "failing"]
    assert failed.error == "RecallError: no vector"


def test_a_set_that_hangs_is_left_behind_after_the_time(threads, hanging):
    started = time.monotonic()
    recalled = recall(SEED, [hanging, Quick()], limit=5)
    assert time.monotonic() - started < 5  # it would hang for thirty
    assert outcomes(recalled) == {"hanging": Outcome.LATE, "quick": Outcome.DONE}
    assert "hanging" not in recalled.found


def test_a_set_that_still_hangs_is_not_asked_again(threads, hanging):
    recall(SEED, [hanging], limit=5)
    assert outcomes(recall(SEED, [hanging], limit=5)) == {"hanging": Outcome.SKIPPED}
    assert hanging.calls == 1


def test_a_set_that_has_come_back_is_asked_again(threads, hanging):
    recall(SEED, [hanging], limit=5)
    hanging.let_go.set()
    eventually(lambda: "hanging" not in recalling._hanging)
    assert outcomes(recall(SEED, [hanging], limit=5)) == {"hanging": Outcome.DONE}


def test_a_set_that_failed_again_and_again_rests(threads):
    failing, quick = Failing(), Quick()
    for _ in range(policy.BREAKER_FAILURES):
        recall(SEED, [failing, quick], limit=5)
    recalled = recall(SEED, [failing, quick], limit=5)
    assert outcomes(recalled) == {"failing": Outcome.SKIPPED, "quick": Outcome.DONE}
    assert failing.calls == policy.BREAKER_FAILURES


def test_a_set_that_had_to_wait_for_a_thread_is_not_to_blame(threads, settings):
    settings.RECALL_THREADS, settings.RECALL_BUDGET_MS = 1, 100
    hanging = Hanging()
    late = Quick("late")
    for _ in range(policy.BREAKER_FAILURES + 1):
        recall(SEED, [hanging, late, Empty(), Quick()], limit=5)
        hanging.let_go.set()
        hanging = Hanging()
    hanging.let_go.set()
    assert not recalling.breaker.is_open("late")


def test_where_most_sets_are_late_none_rests(threads, settings):
    settings.RECALL_BUDGET_MS = 50
    for _ in range(policy.BREAKER_FAILURES):
        slow = [Hanging("first"), Hanging("second")]
        recall(SEED, [*slow, Quick()], limit=5)
        for each in slow:
            each.let_go.set()
        eventually(lambda: not any(name in recalling._hanging for name in ("first", "second")))
    assert not recalling.breaker.is_open("first")


def test_a_set_that_is_late_again_and_again_rests(threads, settings):
    settings.RECALL_BUDGET_MS = 50
    for _ in range(policy.BREAKER_FAILURES):
        slow = Hanging()
        recall(SEED, [slow, Quick(), Empty()], limit=5)
        slow.let_go.set()
        eventually(lambda: "hanging" not in recalling._hanging)
    assert recalling.breaker.is_open("hanging")


def test_what_is_wrong_with_one_sets_code_costs_no_strip(threads):
    recalled = recall(SEED, [Failing(ZeroDivisionError("a bug")), Quick()], limit=5)
    assert outcomes(recalled) == {"failing": Outcome.FAILED, "quick": Outcome.DONE}


def test_without_threads_the_time_is_looked_at_between_sets(settings):
    settings.RECALL_THREADS, settings.RECALL_BUDGET_MS = 0, 20

    @dataclass
    class Slow(Quick):
        name: str = "slow"

        def candidates(self, seed: Seed, *, limit: int) -> list[Candidate]:
            time.sleep(0.05)
            return super().candidates(seed, limit=limit)

    quick = Quick()
    assert outcomes(recall(SEED, [Slow(), quick], limit=5)) == {
        "slow": Outcome.DONE,
        "quick": Outcome.LATE,
    }
    assert quick.calls == 0


@pytest.mark.django_db(transaction=True)
def test_threads_give_their_connections_back(threads, django_db_blocker):
    @dataclass
    class Asking(Quick):
        name: str = "asking"
        seen: int = 0

        def candidates(self, seed: Seed, *, limit: int) -> list[Candidate]:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_backend_pid()")
                self.seen = cursor.fetchone()[0]
            return super().candidates(seed, limit=limit)

    asking = Asking()
    assert outcomes(recall(SEED, [asking], limit=5)) == {"asking": Outcome.DONE}
    with connection.cursor() as cursor:
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE pid = %s", [asking.seen])
            if cursor.fetchone()[0] == 0:
                return
            time.sleep(0.02)
    pytest.fail("the thread's connection is still open")
