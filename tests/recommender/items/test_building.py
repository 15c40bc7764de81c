"""When the item table is built: a new day, new vectors, enough changes; by one at a time."""

from __future__ import annotations

import json
import time
from datetime import UTC, date, timedelta
from io import StringIO

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from recommender import services
from recommender.items import table as tables
from recommender.items.building import build_due, build_table, is_due
from recommender.items.profiles import viewer_of
from recommender.items.table import current_table
from recommender.models import EmbeddingRelease, ViewerProfile
from recommender.published import MANIFEST
from recommender.tasks import build_items
from tests.recommender.conftest import encoded, on_circle

pytestmark = pytest.mark.django_db


def rewrite(**told) -> None:
    """As if the table in service had been built differently."""
    path = tables.root() / MANIFEST
    path.write_text(json.dumps(json.loads(path.read_text()) | told))


def days_ago(days: int) -> str:
    return (timezone.now().astimezone(UTC).date() - timedelta(days=days)).isoformat()


def test_it_is_due_until_it_was_built(make_item):
    make_item(0)
    assert is_due()
    build_items()
    assert len(current_table()) == 1 and not is_due()


def test_yesterdays_serves_says_its_day_and_is_due(make_item, bob):
    mug = make_item(0)
    at = timezone.now() - timedelta(days=3)
    services.record_event(kind="click", listing=mug, user=bob, happened_at=at)
    build_table()
    rewrite(day=days_ago(1))
    ViewerProfile.objects.update(day=days_ago(1))
    assert current_table().day == days_ago(1)
    assert viewer_of(bob.pk, None).categories
    assert is_due() and build_due()
    assert current_table().day == days_ago(0)
    assert viewer_of(bob.pk, None).categories


def test_tastes_of_the_day_before_are_kept_for_one_day(make_item, bob):
    mug = make_item(0)
    at = timezone.now() - timedelta(days=3)
    services.record_event(kind="click", listing=mug, user=bob, happened_at=at)
    build_table()
    rewrite(day=days_ago(1))
    ViewerProfile.objects.update(day=days_ago(1))
    ViewerProfile.objects.create(user=bob, day=days_ago(2))
    build_table()
    days = ViewerProfile.objects.order_by("day").values_list("day", flat=True)
    assert list(days) == [date.fromisoformat(days_ago(n)) for n in (1, 0)]


def test_it_is_due_when_enough_changed_but_not_at_once(make_item):
    make_item(0)
    build_table()
    rewrite(seconds=60)
    make_item(10)
    assert not is_due()
    rewrite(seconds=60, built_at=time.time() - 60 * 19)
    assert not is_due()
    rewrite(seconds=60, built_at=time.time() - 60 * 21)
    assert is_due()


def test_a_vector_that_came_later_makes_it_due(make_item, release):
    mug = make_item(0)
    build_table()
    hour_ago = timezone.now() - timedelta(hours=1)
    rewrite(built_at=(timezone.now() + timedelta(hours=1)).timestamp())
    assert not is_due()
    services.store_embedding(encoded={mug.pk: encoded(mug, on_circle(50), release)})
    mug.__class__.objects.update(updated_at=hour_ago - timedelta(hours=1))
    rewrite(built_at=hour_ago.timestamp())
    assert is_due()


def test_it_is_due_when_another_release_of_vectors_serves(make_item):
    make_item(0)
    build_table()
    EmbeddingRelease.objects.update(release="next")
    assert is_due()
    build_table()
    assert current_table().release == "next" and not current_table().items.joint.any()


def test_a_broken_table_is_due(make_item):
    make_item(0)
    manifest = build_table()
    (tables.root() / manifest.folder / "ids.npy").unlink()
    rewrite(built_at=manifest.built_at)  # another file: whoever looks opens it anew
    assert is_due()


@pytest.mark.django_db(transaction=True)
def test_two_do_not_build_at_once(make_item):
    make_item(0)
    with psycopg.connect(**connection.get_connection_params() | {"autocommit": True}) as other:
        other.execute("SELECT pg_advisory_lock(hashtextextended('recommender items', 0))")
        assert build_table() is None and not build_due()
        with pytest.raises(CommandError, match="Another process"):
            call_command("build_items")
        other.execute("SELECT pg_advisory_unlock_all()")
    assert build_table().count == 1


def test_the_command_says_what_it_did(make_item):
    make_item(0)
    out = StringIO()
    call_command("build_items", stdout=out, stderr=StringIO())
    assert out.getvalue() == f"1 listings as of {days_ago(0)}\n"
