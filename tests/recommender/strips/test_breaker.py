from recommender import policy
from recommender.strips.breaker import Breaker


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def fail(breaker: Breaker, times: int, name: str = "popular") -> None:
    for _ in range(times):
        breaker.note(name, succeeded=False)


def test_it_opens_after_so_many_failures_in_a_row_and_not_before():
    breaker = Breaker(Clock())
    fail(breaker, policy.BREAKER_FAILURES - 1)
    assert not breaker.is_open("popular")
    fail(breaker, 1)
    assert breaker.is_open("popular")


def test_a_success_in_between_forgets_the_failures_before():
    breaker = Breaker(Clock())
    fail(breaker, policy.BREAKER_FAILURES - 1)
    breaker.note("popular", succeeded=True)
    fail(breaker, policy.BREAKER_FAILURES - 1)
    assert not breaker.is_open("popular")


def test_one_sets_failures_are_not_anothers():
    breaker = Breaker(Clock())
    fail(breaker, policy.BREAKER_FAILURES)
    assert not breaker.is_open("fresh")


def test_after_its_time_one_attempt_decides():
    clock = Clock()
    breaker = Breaker(clock)
    fail(breaker, policy.BREAKER_FAILURES)
    clock.now += policy.BREAKER_SECONDS
    assert not breaker.is_open("popular")
    fail(breaker, 1)
    assert breaker.is_open("popular")
    clock.now += policy.BREAKER_SECONDS
    breaker.note("popular", succeeded=True)
    fail(breaker, 1)
    assert not breaker.is_open("popular")
