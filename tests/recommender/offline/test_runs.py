"""A run from the log in the database to the tables: incremental, whole, one at a time."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.utils import timezone

from listing_assistant.accounts.models import User
from listing_assistant.catalogue.models import Attribute, Category, Taxonomy
from listing_assistant.listings.models import Listing
from recommender import tasks
from recommender.aggregates import StoredAggregates, replace_rows
from recommender.models import AggregateKind, AggregateRow, AggregationRun, BehaviourEvent
from recommender.offline import claims, run
from recommender.offline.claims import claim, is_due
from recommender.offline.engine import DEAD_SECONDS, EngineConfig, EngineError, open_engine
from recommender.offline.run import aggregate
from tests.workers import own_database

TODAY = date(2026, 3, 10)
ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def own_folders(settings, tmp_path: Path) -> None:
    settings.EVENTS_DIR = tmp_path / "events"
    settings.OFFLINE_DIR = tmp_path / "offline"
    settings.OFFLINE_THREADS = 1


@pytest.fixture(autouse=True)
def few_tables(monkeypatch) -> None:
    """Which tables there are is test_windows.py's concern, and each takes its time to plan."""
    few = [each for each in run.AGGREGATIONS if each.kind in ("related_category", "popular")]
    monkeypatch.setattr(run, "AGGREGATIONS", few)


class Market:
    """Two categories with one listing each, and six people who buy."""

    def __init__(self, seller: User) -> None:
        taxonomy = Taxonomy.objects.create(name="shop", source_version="1", checksum="x")
        self.phone, self.case = (
            Listing.objects.create(
                seller=seller,
                title=name,
                price=5,
                state="live",
                category=self._leaf(taxonomy, name),
            )
            for name in ("phone", "case")
        )
        self.people = [
            User.objects.create_user(f"p{number}@example.org", "x", display_name=f"P{number}")
            for number in range(6)
        ]

    def _leaf(self, taxonomy: Taxonomy, name: str) -> Category:
        return Category.objects.create(
            taxonomy=taxonomy, source_id=name, name=name, slug=name, path=name
        )

    def note(
        self, kind: str, listing: Listing, person: int, day: date = TODAY, **fields: Any
    ) -> None:
        BehaviourEvent.objects.create(
            kind=kind,
            listing=listing,
            user=self.people[person],
            happened_at=datetime.combine(day, clock(12), tzinfo=UTC),
            **fields,
        )

    def buy_both(self, people: int, day: date = TODAY) -> None:
        for person in range(people):
            self.note("purchase", self.phone, person, day)
            self.note("purchase", self.case, person, day)

    def bought_in_both(self) -> int:
        """How many people the stored table knows of who bought a phone and a case."""
        key = str(self.phone.category_id)
        entries = StoredAggregates().rows(AggregateKind.RELATED_CATEGORY, [key]).get(key, ())
        return next((n for pk, _, n in entries if pk == str(self.case.category_id)), 0)


@pytest.fixture
def market(db, alice) -> Market:
    return Market(alice)


def tables() -> dict[tuple[str, str], Any]:
    return {
        (kind, key): entries
        for kind, key, entries in AggregateRow.objects.values_list("kind", "key", "entries")
    }


def test_a_run_fills_the_tables_and_says_what_it_did(market: Market):
    market.buy_both(6, TODAY - timedelta(days=1))
    told: list[float] = []
    made = aggregate(until=TODAY, progress=lambda share, what: told.append(share))
    assert made is not None and made.state == "done" and made.progress == 1.0
    assert market.bought_in_both() == 6
    assert told == sorted(told)
    steps = {step["name"]: step["rows"] for step in made.steps}
    assert steps["export"] == 12 and steps["related_category"] == 2
    assert made.days_read == [TODAY - timedelta(days=1)]


def test_what_does_not_count_and_what_was_sent_back_is_left_out(market: Market):
    market.buy_both(6)
    market.note("purchase", market.case, 0, flags="")
    BehaviourEvent.objects.filter(user=market.people[5]).update(flags="bot")
    aggregate(until=TODAY)
    assert market.bought_in_both() == 5
    market.note("refund", market.phone, 0, TODAY + timedelta(days=1))
    aggregate(until=TODAY + timedelta(days=1))
    assert market.bought_in_both() == 0, "four are too few to be told of"


def test_a_day_is_read_again_only_when_its_events_changed(market: Market):
    earlier = TODAY - timedelta(days=5)
    market.buy_both(5)
    market.note("purchase", market.phone, 5, earlier)
    first = aggregate(until=TODAY)
    assert first is not None and first.days_read == [earlier, TODAY]
    second = aggregate(until=TODAY)
    assert second is not None and second.days_read == []
    market.note("purchase", market.case, 5, earlier)
    late = aggregate(until=TODAY)
    assert late is not None and late.days_read == [earlier]
    assert market.bought_in_both() == 6
    BehaviourEvent.objects.filter(user=market.people[5]).delete()
    aggregate(until=TODAY)
    assert market.bought_in_both() == 5, "erased behaviour is gone from the tables too"


def test_a_detail_too_long_for_a_key_stops_no_run(market: Market):
    taxonomy = market.phone.category.taxonomy
    colour = Attribute.objects.create(taxonomy=taxonomy, source_id="colour", name="Colour")
    for listing, text in ((market.phone, "+" * 160), (market.case, "Teal")):
        listing.attribute_rows.create(attribute=colour, text=text)
        market.note("click", listing, 0)
    made = aggregate(until=TODAY)
    assert made is not None and made.state == "done"
    keys = {key for kind, key in tables() if "|" in key}
    assert keys == {f"{market.case.category_id}|{colour.pk}|teal"}


def test_running_day_by_day_gives_what_running_once_gives(market: Market, settings, tmp_path):
    for back in (9, 4, 0):
        day = TODAY - timedelta(days=back)
        market.buy_both(6 - back % 3, day)
        market.note("click", market.phone, back % 6, day, session_key=f"s{back}")
        market.note("click", market.case, back % 6, day, session_key=f"s{back}")
        aggregate(until=day)
    by_day = tables()
    settings.OFFLINE_DIR, settings.EVENTS_DIR = tmp_path / "anew", tmp_path / "anew-events"
    AggregateRow.objects.all().delete()
    aggregate(until=TODAY)
    assert by_day == tables() != {}


def test_days_outside_those_asked_for_are_as_if_nothing_had_happened(market: Market):
    market.buy_both(6, TODAY - timedelta(days=8))
    aggregate(since=TODAY - timedelta(days=3), until=TODAY)
    assert market.bought_in_both() == 0
    aggregate(since=TODAY - timedelta(days=8), until=TODAY)
    assert market.bought_in_both() == 6


def test_one_run_at_a_time_and_a_silent_one_is_taken_over(market: Market):
    market.buy_both(6)
    dead = claim(engine="duckdb", first_day=TODAY, last_day=TODAY)
    assert dead is not None
    assert aggregate(until=TODAY) is None
    long_ago = timezone.now() - timedelta(seconds=claims.SILENCE_SECONDS + 1)
    AggregationRun.objects.filter(pk=dead.run.pk).update(alive_at=long_ago)
    assert aggregate(until=TODAY) is not None
    dead.run.refresh_from_db()
    assert (dead.run.state, dead.run.error) == ("failed", claims.GONE)
    with pytest.raises(claims.RunLost):
        dead.progress(0.9)


def test_a_failed_run_keeps_its_reason_and_the_old_tables(market: Market, settings):
    replace_rows(kind=AggregateKind.POPULAR, rows=[("1", [("2", 3.0, 4)])])
    market.buy_both(6)
    aggregate(until=TODAY)
    before = tables()
    (settings.EVENTS_DIR / f"day={TODAY}" / "more.parquet").write_text("no Parquet at all")
    with pytest.raises(Exception, match=r"more\.parquet"):
        aggregate(until=TODAY)
    failed = AggregationRun.objects.first()
    assert failed is not None and failed.state == "failed" and "more.parquet" in failed.error
    assert tables() == before


def test_the_first_run_follows_the_first_events_and_the_next_an_hour_later(market: Market):
    assert not is_due(), "nothing happened yet"
    market.buy_both(6, timezone.now().date())
    assert is_due()
    tasks.aggregate_events()
    assert market.bought_in_both() == 6
    assert not is_due()
    AggregationRun.objects.update(started_at=timezone.now() - timedelta(hours=2))
    assert is_due()


def test_the_command_names_what_is_wrong(market: Market):
    with pytest.raises(CommandError, match="2026-03-01"):
        call_command("aggregate", "--since", "yesterday")
    with pytest.raises(CommandError, match="earlier first"):
        call_command("aggregate", "--since", "2026-03-02", "--until", "2026-03-01")


def test_what_a_killed_run_left_behind_goes_and_what_is_in_use_stays(tmp_path: Path):
    dead, alive = tmp_path / "offline-dead", tmp_path / "offline-alive"
    for folder in (dead, alive):
        folder.mkdir()
    long_ago = time.time() - DEAD_SECONDS - 1
    os.utime(dead, (long_ago, long_ago))
    with open_engine(EngineConfig(temp=tmp_path)):
        assert alive.exists() and not dead.exists()


def test_an_engine_that_is_not_there_names_the_extra_and_is_written_down(market, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)
    with pytest.raises(CommandError, match=r"listing-assistant\[spark\]"):
        call_command("aggregate", "--engine", "pyspark")
    assert AggregationRun.objects.get().state == "failed"
    with (
        pytest.raises(EngineError, match="one of duckdb, pyspark"),
        open_engine(EngineConfig(name="scalding")),
    ):
        pass


@pytest.mark.worker
@pytest.mark.django_db(transaction=True)
def test_a_run_killed_while_it_writes_leaves_every_table_whole(alice, settings):
    market = Market(alice)
    market.buy_both(6)
    old = [(str(market.phone.category_id), [(str(market.case.category_id), 0.5, 99)])]
    replace_rows(kind=AggregateKind.RELATED_CATEGORY, rows=old)
    with transaction.atomic():
        with connection.cursor() as cursor:
            # It comes as far as this table and waits.
            cursor.execute("LOCK TABLE recommender_aggregaterow IN EXCLUSIVE MODE")
        killed = subprocess.Popen(
            [sys.executable, "manage.py", "aggregate", "--until", str(TODAY)],
            cwd=ROOT,
            env=own_database()
            | {"EVENTS_DIR": str(settings.EVENTS_DIR), "OFFLINE_DIR": str(settings.OFFLINE_DIR)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        _wait_for_step("window")
        killed.kill()
        killed.wait()
    assert market.bought_in_both() == 99
    assert aggregate(until=TODAY) is None, "nobody knows yet that it is dead"
    silent = timezone.now() - timedelta(seconds=claims.SILENCE_SECONDS + 1)
    AggregationRun.objects.update(alive_at=silent)
    again = aggregate(until=TODAY)
    assert again is not None and again.state == "done"
    assert again.days_read == [], "the days that it had read are not read again"
    assert market.bought_in_both() == 6
    assert AggregationRun.objects.get(pk=again.pk - 1).error == claims.GONE


def _wait_for_step(name: str) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        found = AggregationRun.objects.values_list("steps", flat=True).first() or []
        if any(step["name"] == name for step in found):
            return
        time.sleep(0.1)
    raise AssertionError(f"The run did not come to the step {name}")
