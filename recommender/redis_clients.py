"""Clients of Redis, one a process for each way of waiting."""

from __future__ import annotations

from functools import lru_cache

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

# For work that has to arrive: a server that was restarted is tried again, once and at once.
PATIENT_SECONDS = 5.0
# For what a page can do without: waiting would cost it more than that is worth.
QUICK_SECONDS = 0.1


@lru_cache(maxsize=4)
def client_of(url: str) -> redis.Redis:
    return _client(url, PATIENT_SECONDS, retries=1)


@lru_cache(maxsize=4)
def quick_client_of(url: str) -> redis.Redis:
    return _client(url, QUICK_SECONDS, retries=0)


def _client(url: str, seconds: float, *, retries: int) -> redis.Redis:
    return redis.Redis.from_url(
        url,
        socket_timeout=seconds,
        socket_connect_timeout=seconds,
        # Without the pauses between tries that the library makes by default.
        retry=Retry(NoBackoff(), retries),
    )
