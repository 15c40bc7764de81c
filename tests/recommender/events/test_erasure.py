"""A person's behaviour is erased wherever it is, and does not come back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from recommender.events import export
from recommender.events.erasure import erase_behaviour
from recommender.events.event import encode
from recommender.events.sessions import recent_items
from recommender.events.storing import store_events
from recommender.models import BehaviourEvent, Impression, RecentViewer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_stream")]


@pytest.fixture(autouse=True)
def folder(settings, tmp_path) -> Path:
    settings.EVENTS_DIR = tmp_path / "events"
    return settings.EVENTS_DIR


@pytest.fixture
def bobs(event_of, make_listing, bob):
    """Bob's click, one of his visit before he signed in, his impression; and Charlie's click."""

    def make(charlie):
        listing = make_listing()
        shown = {"kind": "impression", "listing": None, "data": {"strip": "similar"}}
        return [
            event_of(listing, user_id=bob.pk, session_key="bobs"),
            event_of(listing, session_key="bobs"),
            event_of(user_id=bob.pk, session_key="bobs", **shown),
            event_of(listing, user_id=charlie.pk, session_key="charlies"),
        ]

    return make


def export_today(root: Path) -> list[str]:
    day = timezone.now().date()
    list(export.export_days(root, since=day - timedelta(days=1), until=day))
    return people_in(root)


def people_in(root: Path) -> list[str]:
    files = sorted(root.glob("day=*/*.parquet"))
    return [name for file in files for name in pq.ParquetFile(file).read()["person"].to_pylist()]


def test_it_goes_everywhere_and_others_stay(bobs, bob, charlie, stream, consume, folder, capsys):
    stream.append([encode(event) for event in bobs(charlie)])
    consume()
    assert len(export_today(folder)) == 3
    call_command("erase_behaviour", user="Bob@example.org")
    assert "2 events, 1 impressions" in capsys.readouterr().out
    assert [event.user for event in BehaviourEvent.objects.all()] == [charlie]
    assert not Impression.objects.exists()
    assert RecentViewer.objects.get().person == f"u{charlie.pk}"
    assert recent_items("bobs") == [] != recent_items("charlies")
    assert people_in(folder) == [f"u{charlie.pk}"]
    assert export_today(folder) == [f"u{charlie.pk}"]


def test_days_that_only_the_export_still_has_are_erased_too(bobs, bob, charlie, folder):
    store_events(bobs(charlie))
    export_today(folder)
    BehaviourEvent.objects.filter(user=charlie).delete()
    assert erase_behaviour(user_id=bob.pk).exported == 2
    assert people_in(folder) == [f"u{charlie.pk}"]


def test_what_is_still_on_the_stream_is_not_stored(bobs, bob, charlie, stream, consume):
    events = bobs(charlie)
    store_events(events[:1])  # so that the visit is known to be Bob's
    stream.append([encode(event) for event in events[1:]])
    erase_behaviour(user_id=bob.pk)
    consume()
    assert [event.user for event in BehaviourEvent.objects.all()] == [charlie]
    assert stream.client.xlen(stream.dead) == 0
    assert recent_items("bobs") == [] != recent_items("charlies")


def test_what_another_person_did_in_the_same_browser_stays(bobs, bob, charlie, stream, consume):
    mine, *_, theirs = bobs(charlie)
    store_events([mine])
    shared = replace(theirs, session_key="bobs")
    stream.append([encode(shared)])
    erase_behaviour(user_id=bob.pk)
    consume()
    assert [event.user for event in BehaviourEvent.objects.all()] == [charlie]


def test_what_is_sent_again_later_is_not_stored_and_what_is_new_is(bobs, bob, charlie):
    old, *_ = events = bobs(charlie)
    store_events(events)
    erase_behaviour(user_id=bob.pk)
    now = timezone.now() + timedelta(seconds=1)
    again = replace(old, received_at=now, event_id="00000000-0000-4000-8000-000000000001")
    fresh = replace(again, happened_at=now, event_id="00000000-0000-4000-8000-000000000002")
    assert [reason for _, reason in store_events([again]).gone] == ["erased"]
    assert store_events([fresh]).new == [fresh]


def test_what_was_set_aside_goes(bobs, bob, charlie, stream, consume):
    nowhere = "00000000-0000-4000-8000-000000000000"
    stream.append([encode(replace(event, listing=nowhere)) for event in bobs(charlie)])
    consume()
    assert stream.client.xlen(stream.dead) == 4
    assert erase_behaviour(user_id=bob.pk).set_aside == 2
    assert stream.client.xlen(stream.dead) == 2  # a visit that nobody knew for Bob's, and Charlie's


def test_an_unknown_address_is_named(db):
    with pytest.raises(CommandError, match=r"x@example\.org"):
        call_command("erase_behaviour", user="x@example.org")
