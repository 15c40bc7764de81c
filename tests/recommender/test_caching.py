"""Answers kept in Redis: made once, spread over time, and done without when Redis is away."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis
from django.conf import settings as django_settings

from recommender import caching
from recommender.caching import JITTER, SingleFlightCache


@pytest.fixture
def client():
    return redis.Redis.from_url(django_settings.REDIS_URL)


@pytest.fixture
def cache():
    return SingleFlightCache(f"test-{uuid.uuid4()}", 60)


@pytest.fixture(autouse=True)
def redis_is_there(monkeypatch):
    monkeypatch.setattr(caching, "_redis", caching._Redis())


class Maker:
    """Counts; each answer is its number."""

    def __init__(self, seconds: float = 0.0, share: float = 1.0) -> None:
        self.count = 0
        self.seconds = seconds
        self.share = share
        self._lock = threading.Lock()

    def __call__(self):
        with self._lock:
            self.count += 1
            count = self.count
        time.sleep(self.seconds)
        return [count], self.share


def test_an_answer_is_made_once_and_given_out_again(cache):
    make = Maker()
    first, second = cache.get("a", make), cache.get("a", make)
    assert (first.value, first.how) == ([1], "made")
    assert (second.value, second.how) == ([1], "fresh")
    assert cache.get("b", make).value == [2]


def test_threads_that_ask_together_make_it_once(cache):
    make = Maker(seconds=0.05)
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: cache.get("a", make), range(8)))
    assert make.count == 1
    assert [answer.value for answer in answers] == [[1]] * 8
    assert sorted(answer.how for answer in answers) == ["made"] + ["waited"] * 7


PROCESS = """
import sys, time
from recommender import caching
from recommender.caching import SingleFlightCache
prefix, start = sys.argv[1:]
caching.WAIT_SECONDS = 20
time.sleep(max(0, float(start) - time.time()))
def make():
    time.sleep(0.5)
    return "made", 1.0
print(SingleFlightCache(prefix, 60).get("a", make).how)
"""


def test_processes_that_ask_together_make_it_once():
    prefix, start = f"test-{uuid.uuid4()}", time.time() + 3
    asked = [
        subprocess.Popen(
            [sys.executable, "-c", PROCESS, prefix, str(start)],
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"DJANGO_SETTINGS_MODULE": "listing_assistant.settings"},
        )
        for _ in range(3)
    ]
    hows = [process.communicate(timeout=60)[0].strip() for process in asked]
    assert hows.count("made") == 1
    assert set(hows) <= {"made", "waited", "fresh"}


def test_a_stale_answer_is_given_out_while_it_is_made_anew(client, settings):
    settings.RECALL_THREADS = 1
    cache, make = SingleFlightCache(f"test-{uuid.uuid4()}", 0.2), Maker()
    cache.get("a", make)
    time.sleep(0.24)
    stale = cache.get("a", make)
    assert (stale.value, stale.how) == ([1], "stale")
    deadline = time.monotonic() + 10
    while make.count < 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert make.count == 2


def test_what_is_long_gone_is_made_anew():
    cache, make = SingleFlightCache(f"test-{uuid.uuid4()}", 0.05), Maker()
    cache.get("a", make)
    time.sleep(0.2)
    assert cache.get("a", make).how == "made"


def test_answers_made_together_do_not_expire_together(cache, client):
    for number in range(60):
        cache.get(str(number), Maker())
    keys = [f"{cache._prefix}:{number}" for number in range(60)]
    lasts = [client.pttl(key) / 1000 for key in keys]
    assert max(lasts) - min(lasts) > 60 * JITTER
    assert min(lasts) >= 2 * 60 * (1 - JITTER) - 5 and max(lasts) <= 2 * 60 * (1 + JITTER)


def test_an_answer_of_little_worth_is_kept_for_a_share_of_the_time(cache, client):
    cache.get("a", Maker(share=0.1))
    assert client.pttl(f"{cache._prefix}:a") <= 2000 * 60 * 0.1 * (1 + JITTER)


def test_renewing_makes_it_anew_for_everybody(cache):
    make = Maker()
    cache.get("a", make)
    assert cache.renew("a", make).value == [2]
    assert cache.get("a", make).value == [2]


def test_who_dies_while_making_holds_nobody_up(cache, client):
    client.set(f"{cache._prefix}:a:lock", 1, px=60_000)  # whoever took it will not come back
    make = Maker()
    answer = cache.get("a", make)
    assert (answer.value, answer.how) == ([1], "uncached")


def test_a_failure_is_not_kept_and_lets_the_next_one_try(cache):
    def fail():
        raise LookupError

    with pytest.raises(LookupError):
        cache.get("a", fail)
    assert cache.get("a", Maker()).how == "made"


def test_without_redis_everything_is_made(cache, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1"
    make = Maker()
    assert [cache.get("a", make).how for _ in range(2)] == ["uncached"] * 2
    assert make.count == 2


def test_a_cache_of_no_seconds_keeps_nothing():
    cache, make = SingleFlightCache(f"test-{uuid.uuid4()}", 0), Maker()
    assert [cache.get("a", make).value for _ in range(2)] == [[1], [2]]
