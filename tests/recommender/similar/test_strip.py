"""A strip of similar items as it is shown: in which order, of what, and what is told of it."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from listing_assistant.listings.models import Listing, State
from recommender import policy
from recommender.events import sessions
from recommender.events.event import Event
from recommender.items.building import build_table
from recommender.items.table import current_table
from recommender.ranking import inference
from recommender.recall_sets.base import RecallError
from recommender.recall_sets.similar.co_viewed import CoViewed
from recommender.similar.context import device_of
from recommender.similar.served import read_served
from recommender.similar.strip import SimilarStrip, similar_strip
from recommender.strips.recalling import Outcome

pytestmark = pytest.mark.django_db


def ids(strip: SimilarStrip) -> list[int]:
    return [slot.listing_id for slot in strip.slots]


def open_in_visit(*listings: Listing) -> str:
    """The key of a visit that opened these, the last one last."""
    key, now = uuid.uuid4().hex, timezone.now()
    sessions.remember(
        Event(
            event_id=str(uuid.uuid4()), kind="click", session_key=key, received_at=now,
            listing=str(listing.public_id),
            happened_at=now - timedelta(minutes=len(listings) - n),
        )
        for n, listing in enumerate(listings)
    )  # fmt: skip
    return key


def test_the_ranker_orders_what_recall_found(seed, make_beside, ranker_folder):
    cheap, dear, middle = (make_beside(n + 1, price=p) for n, p in enumerate([0.5, 4, 1.5]))
    strip = similar_strip(seed, explain=True)
    assert ids(strip) == [dear.pk, middle.pk, cheap.pk]
    assert strip.explanation.ranker == inference.load()
    assert not strip.explanation.fallback


def test_places_count_from_one_and_say_who_proposed_them(seed, make_beside):
    near, far = make_beside(5), make_beside(60)
    strip = similar_strip(seed)
    assert [(slot.position, slot.listing_id) for slot in strip.slots] == [(1, near.pk), (2, far.pk)]
    assert strip.slots[0].recall_set == "joint"
    assert set(strip.slots[0].sources) == {"joint", "text", "fresh"}


def test_every_promoted_listing_carries_the_badge_and_no_other(seed, make_beside):
    promoted, organic = make_beside(5, ad_rate=3), make_beside(6)
    build_table()
    told = {slot.listing_id: slot.is_sponsored for slot in similar_strip(seed).slots}
    assert told == {promoted.pk: True, organic.pk: False}


def test_what_an_ad_rate_moved_carries_the_badge_although_it_was_taken_back(seed, make_beside):
    promoted = make_beside(5, ad_rate=3)
    build_table()
    Listing.objects.filter(pk=promoted.pk).update(ad_rate=0)
    assert similar_strip(seed).slots[0].is_sponsored


def test_a_listing_promoted_a_moment_ago_carries_the_badge(seed, make_beside):
    item = make_beside(5)
    build_table()
    Listing.objects.filter(pk=item.pk).update(ad_rate=3)
    assert similar_strip(seed).slots[0].is_sponsored


def test_a_strip_is_filled_from_further_down_where_the_best_are_sold(
    seed, make_beside, monkeypatch
):
    monkeypatch.setattr(policy, "RERANKED", 4)
    items = [make_beside(n + 1) for n in range(12)]
    build_table()
    gone = [each.pk for each in items[:9]]
    Listing.objects.filter(pk__in=gone).update(state=State.SOLD)
    assert sorted(ids(similar_strip(seed, limit=3))) == [each.pk for each in items[9:]]


def test_how_it_was_made_is_signed_for_the_log(seed, make_beside, ranker_folder, own_stream):
    opened, newest = make_beside(5), make_beside(9)
    build_table()
    session = open_in_visit(opened, newest, seed)
    strip = similar_strip(seed, session_key=session, country="DE", device="phone")
    told = read_served(strip.served)
    assert told["table"] == current_table().day
    assert told["ranker"] == inference.load()
    assert (told["country"], told["device"]) == ("DE", "phone")
    assert told["propensities"] == pytest.approx([slot.propensity for slot in strip.slots])
    assert abs(told["at"] - timezone.now().timestamp()) < 60


def test_a_visit_is_known_by_what_it_opened_and_not_by_the_seed(seed, make_beside, own_stream):
    opened, newest = make_beside(5), make_beside(9)
    session = open_in_visit(opened, newest, seed)
    told = read_served(similar_strip(seed, session_key=session).served)
    assert told["recent"] == [newest.pk, opened.pk]


def test_no_more_of_a_visit_counts_than_the_policy_says(seed, make_beside, own_stream):
    session = open_in_visit(*(make_beside(n) for n in range(policy.RECENT_LOOKED_AT + 3)))
    told = read_served(similar_strip(seed, session_key=session).served)
    assert len(told["recent"]) == policy.RECENT_LOOKED_AT


def test_a_longer_list_leaves_something_to_chance_and_says_how_much(seed, make_beside):
    for n in range(20):
        make_beside(n + 1)
    slots = similar_strip(seed).slots
    assert slots[0].propensity == 1
    assert all(0 < slot.propensity < 1 for slot in slots[1:])


def test_an_explanation_tells_of_sets_stages_and_each_slot(seed, make_beside):
    items = [make_beside(n + 1) for n in range(3)]
    explanation = similar_strip(seed, explain=True).explanation
    outcomes = {run.name: run.outcome for run in explanation.runs}
    assert outcomes["joint"] == outcomes["fresh"] == Outcome.DONE
    assert outcomes["same_product"] == Outcome.EMPTY
    assert list(explanation.stages) == ["find", "setting", "rank", "cards", "rerank"]
    assert explanation.candidates == 3
    assert set(explanation.slots) == {each.pk for each in items}


def test_nothing_is_explained_unasked(seed, make_beside):
    make_beside(1)
    assert similar_strip(seed).explanation is None


def test_a_recall_set_that_cannot_answer_costs_no_strip(seed, make_beside, monkeypatch):
    near = make_beside(5)

    def fail(self, seed, *, limit):
        raise RecallError("no answer")

    monkeypatch.setattr(CoViewed, "candidates", fail)
    strip = similar_strip(seed, explain=True)
    assert ids(strip) == [near.pk]
    failed = [run.name for run in strip.explanation.runs if run.outcome == Outcome.FAILED]
    assert failed == ["co_viewed"]


def test_candidates_are_kept_for_a_while_and_the_rest_is_as_of_now(
    seed, make_beside, settings, own_stream
):
    settings.STRIP_CACHE_SECONDS = 60
    first, second = make_beside(5), make_beside(6)
    assert similar_strip(seed, explain=True).explanation.cache == "made"
    Listing.objects.filter(pk=first.pk).update(state=State.SOLD)
    again = similar_strip(seed, explain=True)
    assert again.explanation.cache == "fresh"
    assert ids(again) == [second.pk]


def test_an_edited_seed_has_candidates_of_its_own(seed, make_beside, settings, own_stream):
    settings.STRIP_CACHE_SECONDS = 60
    make_beside(5)
    similar_strip(seed)
    seed.version += 1
    assert similar_strip(seed, explain=True).explanation.cache != "fresh"


def test_a_strip_by_the_item_table_takes_few_queries(seed, make_beside, ranker_folder, bob):
    for n in range(20):
        make_beside(n + 1)
    build_table()
    similar_strip(seed, viewer_id=bob.pk)
    with CaptureQueriesContext(connection) as queries:
        similar_strip(seed, viewer_id=bob.pk)
    asked = [each["sql"] for each in queries]
    # What a process asks once in a moment, and here each time: the indexes' news, the release in
    # service, the experiments.
    remembered = ("MAX(", "modelrelease", "recipedefault", "categor", "listingattribute")
    others = [sql for sql in asked if not any(word in sql for word in remembered)]
    assert len(others) <= 4, others


@pytest.mark.parametrize(
    ("agent", "device"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "desktop"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Mobile/15E148", "phone"),
        ("Mozilla/5.0 (Linux; Android 15; Pixel 9) Mobile Safari/537.36", "phone"),
        ("Mozilla/5.0 (compatible; Googlebot/2.1)", ""),
        ("curl/8.5", ""),
        ("", ""),
    ],
)
def test_devices_are_told_by_what_browsers_say(agent, device):
    assert device_of(agent) == device
