"""Days as Parquet: what the offline aggregation is promised."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pyarrow.parquet as pq
import pytest
from django.core.management import call_command

from recommender.models import BehaviourEvent

pytestmark = pytest.mark.django_db

FIRST, SECOND = date(2026, 3, 1), date(2026, 3, 2)


@pytest.fixture
def write(tmp_path, capsys):
    """Export everything; returns what the command said."""

    def run(**options) -> str:
        call_command("export_events", out=tmp_path, **options)
        return capsys.readouterr().out

    return run


def add(day: date, **fields) -> BehaviourEvent:
    at = datetime(day.year, day.month, day.day, 23, 59, tzinfo=UTC)
    return BehaviourEvent.objects.create(
        **({"kind": "search", "happened_at": at, "session_key": "s1"} | fields)
    )


def read(folder, day: date):
    (file,) = (folder / f"day={day}").glob("*.parquet")
    return pq.ParquetFile(file).read().to_pylist()


def test_every_column_is_as_promised(write, tmp_path, make_listing, bob):
    listing, data = make_listing(), {"query": "  Oak  TABLE ", "strip": "similar"}
    event = add(FIRST, kind="click", listing=listing, user=bob, data=data, flags="bot self")
    anonymous = add(FIRST)
    write()
    first, second = read(tmp_path, FIRST)
    assert first == {
        "event_id": str(event.event_id),
        "kind": "click",
        "listing_id": listing.pk,
        "person": f"u{bob.pk}",
        "session": "s1",
        "happened_at": event.happened_at,
        "day": FIRST,
        "query": "oak table",
        "is_counted": False,
        "user_id": bob.pk,
        "data": json.dumps(data),
        "flags": "bot self",
    }
    assert (second["event_id"], second["person"]) == (str(anonymous.event_id), "ss1")
    assert (second["listing_id"], second["user_id"], second["query"]) == (None, None, "")
    assert second["is_counted"]


def test_only_days_that_changed_are_written_again(write, tmp_path):
    add(FIRST), add(SECOND)
    assert "2 days written" in write()
    times = {path: path.stat().st_mtime_ns for path in tmp_path.glob("*/*.parquet")}
    assert "0 days written" in write()
    add(SECOND)
    assert "1 days written" in write()
    changed = [p for p, t in times.items() if p.stat().st_mtime_ns != t]
    assert [path.parent.name for path in changed] == [f"day={SECOND}"]
    assert len(read(tmp_path, SECOND)) == 2


def test_a_day_that_was_judged_anew_is_written_again(write, tmp_path):
    event = add(FIRST)
    write()
    BehaviourEvent.objects.filter(pk=event.pk).update(flags="bot")
    assert "1 days written" in write()
    assert not read(tmp_path, FIRST)[0]["is_counted"]


def test_a_day_without_events_any_more_has_no_file(write, tmp_path):
    gone = add(FIRST)
    add(SECOND)
    write()
    gone.delete()
    write(since=FIRST, until=SECOND)
    assert [path.name for path in tmp_path.iterdir()] == [f"day={SECOND}"]


def test_only_the_days_asked_for_are_written(write, tmp_path):
    add(FIRST), add(SECOND)
    write(since=SECOND)
    assert [path.name for path in tmp_path.iterdir()] == [f"day={SECOND}"]


def test_without_events_there_is_nothing_to_write(write, tmp_path):
    assert "no events" in write()
    assert list(tmp_path.iterdir()) == []
