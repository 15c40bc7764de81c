"""Rows and counters: each event once, whoever brings it and however often."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from listing_assistant.listings.models import Watch
from recommender import policy
from recommender.events.counters import Attention, attention_to, forget_past_viewers
from recommender.events.storing import store_events
from recommender.models import BehaviourEvent, Impression, RecentViewer
from recommender.services import record_event

pytestmark = pytest.mark.django_db


def test_a_click_keeps_everything_that_was_told(event_of, make_listing, bob):
    listing = make_listing()
    event = event_of(listing, user_id=bob.pk, data={"strip": "similar", "position": 2})
    assert store_events([event]).new == [event]
    row = BehaviourEvent.objects.get()
    assert str(row.event_id) == event.event_id
    assert (row.kind, row.listing, row.user, row.session_key) == (
        *("click", listing, bob, "visit-one"),
    )
    assert (row.happened_at, row.received_at) == (event.happened_at, event.received_at)
    assert (row.data, row.source, row.flags) == (event.data, "app", "")


def test_an_impression_is_one_row_with_the_recall_set_of_each_place(event_of, make_listing):
    seed, first, second = (make_listing() for _ in range(3))
    cards = (
        {"position": 1, "recall_set": "co_views", "arm": "a"},
        {"position": 2, "recall_set": "popular", "arm": "a"},
        {"position": 3, "recall_set": "fresh", "arm": "b"},
    )
    named = (str(first.public_id), str(uuid.uuid4()), str(second.public_id))
    data = {"strip": "complementary"}
    shown = event_of(
        kind="impression", seed=str(seed.public_id), shown=named, places=cards, data=data
    )
    store_events([shown])
    row = Impression.objects.get()
    assert (row.strip, row.seed, row.listings) == ("complementary", seed, [first.pk, second.pk])
    assert row.places == [
        {"position": 1, "recall_set": "co_views", "arm": "a"},
        {"position": 3, "recall_set": "fresh", "arm": "b"},
    ]
    assert not BehaviourEvent.objects.exists()


def test_a_search_keeps_its_results_as_listings(event_of, make_listing):
    found = make_listing()
    named = (str(found.public_id),)
    store_events([event_of(kind="search", data={"query": "mug", "results": 1}, shown=named)])
    assert BehaviourEvent.objects.get().data == {
        "query": "mug", "results": 1, "listings": [found.pk],
    }  # fmt: skip


def test_an_event_is_stored_once_in_a_batch_over_batches_and_at_another_time(
    event_of, make_listing
):
    event = event_of(make_listing())
    yesterday = replace(event, happened_at=event.happened_at - timedelta(days=1))
    stored = store_events([event, event, yesterday])
    assert (len(stored.new), stored.repeated) == (1, 2)
    for again in (event, yesterday):
        assert store_events([again]).repeated == 1
    assert BehaviourEvent.objects.count() == 1


def test_the_sites_own_report_and_an_apps_share_one_memory(event_of, make_listing):
    listing, event_id = make_listing(), uuid.uuid4()
    assert record_event(kind="click", listing=listing, user=None, event_id=event_id)
    assert store_events([event_of(listing, event_id=str(event_id))]).repeated == 1


def test_what_names_a_listing_or_person_that_is_not_there_is_gone(event_of, make_listing):
    unknown = event_of(listing=None, user_id=987_654)
    nowhere = replace(event_of(make_listing()), listing=str(uuid.uuid4()))
    stored = store_events([unknown, nowhere, event_of(make_listing())])
    assert len(stored.new) == 1
    assert [reason.split(":")[0] for _, reason in stored.gone] == [
        "no such person",
        "no such listing",
    ]


def test_what_was_gone_is_stored_when_its_listing_is_there(event_of, make_listing):
    public_id = uuid.uuid4()
    event = replace(event_of(make_listing()), listing=str(public_id))
    assert store_events([event]).gone
    make_listing(public_id=public_id)
    assert len(store_events([event]).new) == 1


def test_a_seller_on_their_own_things_is_kept_and_not_counted(event_of, make_listing, alice, bob):
    own = make_listing(seller=alice)
    store_events([event_of(own, user_id=alice.pk), event_of(own, user_id=bob.pk)])
    assert set(BehaviourEvent.objects.values_list("user_id", "flags")) == {
        (alice.pk, "self"),
        (bob.pk, ""),
    }
    assert [event.user for event in BehaviourEvent.objects.counted()] == [bob]
    assert attention_to([own.pk]) == {own.pk: Attention(viewers=1)}


def test_viewers_are_people_within_the_hour_and_not_clicks(event_of, make_listing, bob):
    listing, other = make_listing(), make_listing()
    old = timezone.now() - policy.VIEWED_WITHIN - timedelta(seconds=1)
    store_events(
        [
            *(event_of(listing) for _ in range(5)),
            *(event_of(listing, user_id=bob.pk, session_key=key) for key in ("s1", "s2")),
            event_of(listing, session_key="long-ago", happened_at=old),
            event_of(listing, session_key="robot", flags=("bot",)),
            event_of(listing, session_key="buyer", kind="cart"),
        ]
    )
    Watch.objects.create(user=bob, listing=listing)
    assert attention_to([listing.pk, other.pk]) == {
        listing.pk: Attention(viewers=2, watchers=1),
        other.pk: Attention(),
    }


def test_an_old_look_never_hides_a_later_one(event_of, make_listing):
    listing, now = make_listing(), timezone.now()
    store_events([event_of(listing, happened_at=now)])
    store_events([event_of(listing, happened_at=now - timedelta(minutes=50))])
    assert RecentViewer.objects.get().seen_at == now


def test_viewers_are_forgotten_after_their_hour(event_of, make_listing):
    listing = make_listing()
    store_events([event_of(listing), event_of(listing, session_key="early")])
    RecentViewer.objects.filter(person="searly").update(
        seen_at=timezone.now() - policy.VIEWED_WITHIN
    )
    assert forget_past_viewers() == 1
    assert RecentViewer.objects.get().person == "svisit-one"
