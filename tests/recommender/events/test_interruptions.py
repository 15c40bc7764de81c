"""Real consumers killed, Redis killed, the database away: nothing lost, nothing counted twice."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from django.db import connection, transaction

from recommender.events.counters import attention_to
from recommender.events.event import encode
from recommender.events.stream import StreamError, event_stream
from recommender.models import BehaviourEvent, RecentViewer, StoredEventId
from recommender.redis_clients import client_of
from tests.recommender.conftest import eventually
from tests.workers import own_database

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.worker]

Process = subprocess.Popen[bytes]
SECONDS = 60.0


@pytest.fixture
def start(tmp_path, settings, own_stream) -> Iterator[Callable[[], Process]]:
    """Start a consumer of the test's stream on the test's database; all are gone after the test."""
    started: list[Process] = []
    command = [sys.executable, "-m", "django", "consume_events", "--idle-seconds", "1"]

    def one() -> Process:
        name = f"consumer-{len(started)}"
        with (tmp_path / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(
                [*command, "--name", name],
                env=own_database() | {"EVENT_STREAM": settings.EVENT_STREAM},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        started.append(process)
        return process

    yield one
    for process in started:
        kill(process)


def kill(process: Process) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGKILL)
        process.wait()


@pytest.fixture
def send(event_of, make_listing) -> Callable[[int], list[str]]:
    """Put so many clicks of as many people on the stream; their ids."""
    listing = make_listing()

    def some(count: int) -> list[str]:
        number = RecentViewer.objects.count()
        events = [event_of(listing, session_key=f"visit-{number + n}") for n in range(count)]
        event_stream().append([encode(event) for event in events])
        return [event.event_id for event in events]

    return some


def stored() -> list[str]:
    return sorted(str(each) for each in BehaviourEvent.objects.values_list("event_id", flat=True))


def all_stored(ids: list[str]) -> bool:
    return eventually(
        lambda: BehaviourEvent.objects.count() >= len(ids) and not event_stream().length(),
        seconds=SECONDS,
    )


@contextlib.contextmanager
def held_up(event_id: str) -> Iterator[None]:
    """Whoever stores this event waits inside its transaction until the block ends."""
    with transaction.atomic():
        StoredEventId.objects.create(event_id=event_id, stored_at="2026-01-01T00:00Z")
        yield
        transaction.set_rollback(True)


def someone_waits() -> bool:
    with connection.cursor() as cursor:
        # Within a transaction PostgreSQL would show the same picture again.
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return bool(cursor.fetchone()[0])


def test_a_consumer_killed_within_its_transaction_leaves_all_to_the_next(start, send):
    ids = send(50)
    first = start()
    with held_up(ids[25]):
        assert eventually(someone_waits, seconds=SECONDS)
        kill(first)
    assert stored() == []
    start()  # of another name: it has to take over what the dead one was given
    assert all_stored(ids)
    assert stored() == sorted(ids)


def test_a_consumer_killed_between_commit_and_acknowledgement_stores_nothing_twice(
    start, send, tmp_path, settings
):
    with own_redis(tmp_path, settings) as redis_process:
        ids = send(50)
        first = start()
        with held_up(ids[25]):
            assert eventually(someone_waits, seconds=SECONDS)
            redis_process.send_signal(signal.SIGSTOP)
        assert eventually(lambda: len(stored()) == 50, seconds=SECONDS)
        kill(first)
        redis_process.send_signal(signal.SIGCONT)
        assert event_stream().length() == 50
        more = send(10)
        start()
        assert all_stored(ids + more)
        assert stored() == sorted(ids + more)
        listing_id = BehaviourEvent.objects.first().listing_id
        assert attention_to([listing_id])[listing_id].viewers == 60


def test_events_that_redis_took_survive_its_being_killed(start, send, tmp_path, settings):
    with own_redis(tmp_path, settings) as redis_process:
        ids = send(300)
        redis_process.send_signal(signal.SIGKILL)
        redis_process.wait()
        with pytest.raises(StreamError):
            send(1)
        start()  # it waits for Redis, too
        time.sleep(1)
        with own_redis(tmp_path, settings):
            assert all_stored(ids)
            assert stored() == sorted(ids)


def test_a_consumer_outlives_the_death_of_its_redis(start, send, tmp_path, settings):
    with own_redis(tmp_path, settings) as redis_process:
        ids = send(20)
        consumer = start()
        assert all_stored(ids)
        redis_process.kill()
        redis_process.wait()
        with own_redis(tmp_path, settings):
            ids += send(20)
            assert all_stored(ids)
            assert stored() == sorted(ids)
            assert consumer.poll() is None


def test_while_the_database_is_away_events_wait(start, send):
    ids = send(20)
    consumer = start()
    assert all_stored(ids)
    with no_database_for_others():
        ids += send(30)
        time.sleep(3)
        assert event_stream().length() == 30
    assert all_stored(ids)
    assert stored() == sorted(ids)
    assert consumer.poll() is None


def test_two_consumers_share_a_stream_and_store_each_event_once(start, send):
    ids = send(500)
    start(), start()
    ids += send(500)
    assert all_stored(ids)
    assert stored() == sorted(ids)


def test_a_consumer_that_is_stopped_finishes_what_it_has(start, send):
    consumer = start()
    ids = send(20)
    assert all_stored(ids)
    consumer.terminate()
    assert consumer.wait(20) == 0


@contextlib.contextmanager
def own_redis(tmp_path: Path, settings) -> Iterator[subprocess.Popen[bytes]]:
    """A Redis that may be killed, started as `make run` starts it; its data stay in tmp_path."""
    from listing_assistant.embedded import EmbeddedServers, stop

    servers = EmbeddedServers(tmp_path)
    before = settings.REDIS_URL
    process = servers.start_redis()
    settings.REDIS_URL = servers.redis_url
    try:
        yield process
    finally:
        settings.REDIS_URL = before
        client_of.cache_clear()
        if process.poll() is None:
            stop([process])


@contextlib.contextmanager
def no_database_for_others() -> Iterator[None]:
    """Nobody but this test reaches the test's database; those who did are cut off."""
    name, own = connection.settings_dict["NAME"], connection.connection.info.backend_pid
    url = own_database()["DATABASE_URL"].replace(f"/{name}?", "/postgres?")
    with psycopg.connect(url, autocommit=True) as postgres:
        postgres.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        try:
            postgres.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = %s AND pid <> %s",
                [name, own],
            )
            yield
        finally:
            postgres.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
