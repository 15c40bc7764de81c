"""A recall set that failed again and again is not asked for a while."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from recommender import policy


class Breaker:
    """Counts failures in a row by name, in this process alone.

    After policy.BREAKER_FAILURES of them `is_open` is true for policy.BREAKER_SECONDS. The next
    attempt decides: one more failure opens it again at once, a success forgets them all.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._failures: dict[str, int] = {}
        self._closed_from: dict[str, float] = {}

    def is_open(self, name: str) -> bool:
        return self._clock() < self._closed_from.get(name, float("-inf"))

    def note(self, name: str, *, succeeded: bool) -> bool:
        """Whether this failure opened it."""
        with self._lock:
            failures = 0 if succeeded else self._failures.get(name, 0) + 1
            self._failures[name] = failures
            if failures < policy.BREAKER_FAILURES:
                return False
            self._closed_from[name] = self._clock() + policy.BREAKER_SECONDS
            return True
