"""What an engine may spend: tokens a day and requests at once, and a rest after repeated failures.

The counts live in a `Ledger`: in this process by default, in a store that all processes share where
the application brings one.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from ml.description.generators.base import GeneratorError

DAY_S = 86_400


class Ledger(Protocol):
    """Counts and claims that end by themselves, so that a killed process holds nothing for long."""

    def add(self, name: str, amount: int, seconds: int) -> int:
        """Add to a count that starts at 0 and is forgotten `seconds` after; the new count."""

    def claim(self, name: str, seconds: int) -> bool:
        """Whether the name is now ours: of two that ask at once, one gets it."""

    def release(self, name: str) -> None:
        """Give a claimed name back."""


class LocalLedger:
    """A ledger of one process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[str, tuple[int, float]] = {}
        self._claims: dict[str, float] = {}

    def add(self, name: str, amount: int, seconds: int) -> int:
        now = time.monotonic()
        with self._lock:
            count, ends = self._counts.get(name, (0, now + seconds))
            if ends <= now:
                count, ends = 0, now + seconds
            self._counts[name] = (count + amount, ends)
            return count + amount

    def claim(self, name: str, seconds: int) -> bool:
        now = time.monotonic()
        with self._lock:
            if self._claims.get(name, now) > now:
                return False
            self._claims[name] = now + seconds
            return True

    def release(self, name: str) -> None:
        with self._lock:
            self._claims.pop(name, None)


@dataclass
class Grant:
    """Leave for one request; the engine writes down what it came to."""

    tokens: int


class Budget:
    """Leave to ask: at most so many tokens a day (UTC) and so many requests at once; 0 is no limit.

    `seconds` is the longest that a request may take.
    """

    def __init__(self, ledger: Ledger, *, tokens_a_day: int, in_flight: int, seconds: int) -> None:
        self._ledger = ledger
        self._tokens_a_day = tokens_a_day
        self._in_flight = in_flight
        self._seconds = seconds

    @contextmanager
    def grant(self, tokens: int) -> Iterator[Grant]:
        """Reserve `tokens` for a request, and settle for what it came to. Raises GeneratorError.

        Who is killed in between has spent what was reserved.
        """
        slot = self._slot()
        try:
            self._spend(tokens)
            grant = Grant(tokens)
            try:
                yield grant
            finally:
                self._count(grant.tokens - tokens)
        finally:
            if slot:
                self._ledger.release(slot)

    def _slot(self) -> str:
        if not self._in_flight:
            return ""
        for number in range(self._in_flight):
            name = f"in-flight:{number}"
            if self._ledger.claim(name, self._seconds + 5):
                return name
        raise GeneratorError("too many requests at once")

    def _spend(self, tokens: int) -> None:
        if self._tokens_a_day and self._count(tokens) > self._tokens_a_day:
            self._count(-tokens)
            raise GeneratorError("budget spent")

    def _count(self, tokens: int) -> int:
        if not self._tokens_a_day:
            return 0
        today = time.strftime("%Y-%m-%d", time.gmtime())
        return self._ledger.add(f"tokens:{today}", tokens, DAY_S)


class Breaker:
    """After `limit` failures in a row, leaves an engine alone for `rest_s` seconds.

    Then one request at a time tries it, until one succeeds.
    """

    def __init__(self, *, limit: int, rest_s: float) -> None:
        self._limit = limit
        self._rest_s = rest_s
        self._lock = threading.Lock()
        self._failures = 0
        self._open_until = 0.0

    def check(self) -> None:
        """Raises GeneratorError while the engine rests."""
        now = time.monotonic()
        with self._lock:
            if self._failures < self._limit:
                return
            if now < self._open_until:
                raise GeneratorError("resting after repeated failures")
            self._open_until = now + self._rest_s  # this request tries; the others wait for it

    def failed(self) -> None:
        with self._lock:
            self._failures += 1
            if self._failures >= self._limit:
                self._open_until = time.monotonic() + self._rest_s

    def succeeded(self) -> None:
        with self._lock:
            self._failures = 0
