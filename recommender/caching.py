"""Answers kept in Redis for a while, each made by one process at a time.

An answer is fresh for about the time its maker gives it, and stale for as long again. A stale one
is given out at once while somebody makes it anew. Where nothing is kept, the first to ask makes it
and the others wait for it a little. The lock that says who is the first expires by itself, so a
process that dies holds nobody up; lost or doubled, it costs some work and never a wrong answer.

Redis away or slow means no cache: the answer is made, and Redis left alone for a few seconds.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import redis
import structlog
from django.conf import settings
from django.db import connections

from recommender.redis_clients import quick_client_of
from recommender.strips import metrics

log = structlog.get_logger()

# Expiry times are spread by so much either way: what was made together does not expire together.
JITTER = 0.15
LOCK_SECONDS = 2.0
WAIT_SECONDS = 0.15
POLL_SECONDS = 0.005
AWAY_SECONDS = 5.0


@dataclass(frozen=True)
class Answer:
    """`value` is plain JSON. `how`: fresh, stale, made, waited, or uncached."""

    value: Any
    how: str
    age: float = 0.0

    @property
    def is_kept(self) -> bool:
        """Made for somebody else, some time ago."""
        return self.how in ("fresh", "stale", "waited")


class _Kept(NamedTuple):
    value: Any
    fresh_until: float
    made_at: float

    @property
    def age(self) -> float:
        return time.time() - self.made_at


class SingleFlightCache:
    """`seconds` is how long an answer is fresh; 0 keeps nothing and asks Redis for nothing."""

    def __init__(self, prefix: str, seconds: float) -> None:
        self._prefix = prefix
        self._seconds = seconds

    def get(self, key: str, make: Callable[[], tuple[Any, float]]) -> Answer:
        """What is kept under the key, or what `make` gives: a value of JSON and the share of the
        usual time for which it is worth keeping (1: all of it)."""
        answer = self._answer(f"{self._prefix}:{key}", make)
        metrics.CACHE_ANSWERS.labels(answer.how).inc()
        return answer

    def renew(self, key: str, make: Callable[[], tuple[Any, float]]) -> Answer:
        """As `get`, but nothing that was made before counts."""
        _redis.ask(lambda client: client.delete(f"{self._prefix}:{key}"))
        return self.get(key, make)

    def _answer(self, key: str, make: Callable[[], tuple[Any, float]]) -> Answer:
        if not self._seconds or _redis.is_away():
            return Answer(make()[0], "uncached")
        kept = _read(key)
        if kept is not None:
            return self._given_out(key, kept, make)
        if self._may_make(key):
            return Answer(self._made(key, make), "made")
        kept = _wait_for(key)
        return Answer(kept.value, "waited", kept.age) if kept else Answer(make()[0], "uncached")

    def _given_out(self, key: str, kept: _Kept, make: Callable[[], tuple[Any, float]]) -> Answer:
        if time.time() < kept.fresh_until:
            return Answer(kept.value, "fresh", kept.age)
        if self._may_make(key):
            if not settings.RECALL_THREADS:
                return Answer(self._made(key, make), "made")
            _behind().submit(self._made_behind, key, make).add_done_callback(_tell_of_failure)
        return Answer(kept.value, "stale", kept.age)

    def _may_make(self, key: str) -> bool:
        """Whether nobody else is at it. Without Redis everybody may."""
        milliseconds = int(LOCK_SECONDS * 1000)
        return bool(
            _redis.ask(lambda client: client.set(f"{key}:lock", 1, nx=True, px=milliseconds))
        )

    def _made(self, key: str, make: Callable[[], tuple[Any, float]]) -> Any:
        is_kept = False
        try:
            value, share = make()
            now = time.time()
            lasts = self._seconds * share * random.uniform(1 - JITTER, 1 + JITTER)
            text = json.dumps(_Kept(value, now + lasts, now), separators=(",", ":"))
            _redis.ask(lambda client: _keep(client, key, text, milliseconds=int(2000 * lasts)))
            is_kept = True
        finally:
            if not is_kept:
                _redis.ask(lambda client: client.delete(f"{key}:lock"))
        return value

    def _made_behind(self, key: str, make: Callable[[], tuple[Any, float]]) -> None:
        try:
            self._made(key, make)
        finally:
            connections.close_all()


def _keep(client: redis.Redis, key: str, text: str, *, milliseconds: int) -> None:
    """And let the next one make it, in one round trip."""
    with client.pipeline(transaction=False) as pipe:
        pipe.set(key, text, px=milliseconds)
        pipe.delete(f"{key}:lock")
        pipe.execute()


def _read(key: str) -> _Kept | None:
    text = _redis.ask(lambda client: client.get(key))
    return None if text is None else _Kept(*json.loads(text))


def _wait_for(key: str) -> _Kept | None:
    """What another makes meanwhile; None when it takes too long, or has failed."""
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline and not _redis.is_away():
        time.sleep(POLL_SECONDS)
        kept = _read(key)
        if kept is not None:
            return kept
    return None


def _tell_of_failure(future: Future[None]) -> None:
    error = future.exception()
    if error is not None:
        log.error("strip_not_made_anew", exc_info=error)


class _Redis:
    """One client a process, which gives up quickly and then leaves Redis alone for a while."""

    def __init__(self) -> None:
        self._away_until = 0.0

    def is_away(self) -> bool:
        return time.monotonic() < self._away_until

    def ask(self, question: Callable[[redis.Redis], Any]) -> Any:
        """None when there is no answer, or Redis gives none."""
        if self.is_away():
            return None
        try:
            return question(quick_client_of(settings.REDIS_URL))
        except redis.RedisError as error:
            self._away_until = time.monotonic() + AWAY_SECONDS
            log.warning("strip_cache_away", reason=f"{type(error).__name__}: {error}")
            return None


_redis = _Redis()


@lru_cache(maxsize=1)
def _behind() -> ThreadPoolExecutor:
    """What makes stale answers anew: one at a time, beside the requests."""
    return ThreadPoolExecutor(1, thread_name_prefix="strip-cache")
