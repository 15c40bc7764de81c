"""Days of the logs: made ahead, moved out of the default partition, dropped when old."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from recommender import policy
from recommender.events import partitions, upkeep
from recommender.models import BehaviourEvent, Erasure, Impression, StoredEventId

pytestmark = pytest.mark.django_db

TODAY = date(2026, 3, 10)
EVENTS, IMPRESSIONS = partitions.LOGS


@pytest.fixture(autouse=True)
def own_folder(settings, tmp_path):
    settings.EVENTS_DIR = tmp_path / "events"


def at(day: date, hour: int = 12) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


def happened(*days: date) -> None:
    BehaviourEvent.objects.bulk_create(
        BehaviourEvent(kind="search", happened_at=at(day), session_key=str(day)) for day in days
    )


def rows_in(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
        return int(cursor.fetchone()[0])


def test_a_week_ahead_has_its_partitions():
    upkeep.keep_up(today=TODAY)
    week = {TODAY + timedelta(days=n) for n in range(-1, 8)}
    assert week <= set(partitions.days_of(EVENTS))
    assert week <= set(partitions.days_of(IMPRESSIONS))
    happened(TODAY)
    assert rows_in(f"{EVENTS}_20260310") == 1


def test_keeping_up_twice_makes_nothing_twice():
    oldest = TODAY - timedelta(days=90)
    assert partitions.make_days(today=TODAY, oldest=oldest) == 18
    assert partitions.make_days(today=TODAY, oldest=oldest) == 0


def test_rows_of_a_day_without_a_partition_are_kept_and_moved_into_their_own():
    past = [TODAY - timedelta(days=n) for n in (30, 30, 31)]
    happened(*past)
    before = set(BehaviourEvent.objects.values_list("pk", "event_id", "happened_at"))
    assert rows_in(f"{EVENTS}_default") == 3
    upkeep.keep_up(today=TODAY)
    assert rows_in(f"{EVENTS}_default") == 0
    assert rows_in(f"{EVENTS}_{past[0]:%Y%m%d}") == 2
    assert set(BehaviourEvent.objects.values_list("pk", "event_id", "happened_at")) == before


def test_midnight_belongs_to_the_day_that_begins():
    upkeep.keep_up(today=TODAY)
    BehaviourEvent.objects.create(kind="search", happened_at=at(TODAY, 0))
    last = at(TODAY, 0) - timedelta(microseconds=1)
    BehaviourEvent.objects.create(kind="search", happened_at=last)
    assert rows_in(f"{EVENTS}_20260310") == rows_in(f"{EVENTS}_20260309") == 1


def test_what_is_older_than_the_retention_goes_and_nothing_else(settings):
    settings.EVENT_RETENTION_DAYS = 20
    kept, past = TODAY - timedelta(days=20), TODAY - timedelta(days=21)
    happened(kept, past)
    Impression.objects.create(strip="similar", listings=[], shown_at=at(past))
    partitions.make_days(today=TODAY, oldest=past)
    happened(TODAY - timedelta(days=300))  # in the default partition
    for day in (kept, past):
        folder = settings.EVENTS_DIR / f"day={day}"
        folder.mkdir(parents=True)
    upkeep.keep_up(today=TODAY)
    assert [event.happened_at for event in BehaviourEvent.objects.all()] == [at(kept)]
    assert not Impression.objects.exists()
    assert past not in partitions.days_of(EVENTS)
    assert [path.name for path in settings.EVENTS_DIR.iterdir()] == [f"day={kept}"]


def test_ids_and_erasures_are_forgotten_when_their_events_are_too_old_to_come():
    end = timezone.now() - policy.STORED_IDS_KEPT
    for stored_at in (end - timedelta(minutes=1), end + timedelta(minutes=1)):
        StoredEventId.objects.create(event_id=uuid.uuid4(), stored_at=stored_at)
        Erasure.objects.create(user_id=1, erased_at=stored_at)
    upkeep.keep_up()
    assert StoredEventId.objects.get().stored_at > end
    assert Erasure.objects.get().erased_at > end
