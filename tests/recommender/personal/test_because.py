"""Strips beside what was watched or opened last, and the words that go with each."""

from __future__ import annotations

import pytest

from listing_assistant.listings.models import State, Watch
from recommender.similar.context import Asker
from recommender.similar.hidden import hide_item
from recommender.similar.personal import because_strips

from .conftest import titles

pytestmark = pytest.mark.django_db


@pytest.fixture
def market(sold_by_others):
    return [sold_by_others(degrees) for degrees in range(0, 360, 20)]


def told(strips) -> list[tuple[str, bool]]:
    return [(each.listing.title, each.was_watched) for each in strips]


def test_what_was_watched_last_comes_first_and_two_strips_are_enough(market, bob):
    for listing in market[:3]:
        Watch.objects.create(user=bob, listing=listing)
    strips = because_strips(Asker(bob.pk), limit=4)
    assert told(strips) == [("Mug at 40°", True), ("Mug at 20°", True)]
    assert "Mug at 60°" in titles(strips[0].strip)


def test_no_strip_shows_what_another_shows_or_what_they_are_about(market, bob):
    for listing in market[:2]:
        Watch.objects.create(user=bob, listing=listing)
    first, second = (titles(each.strip) for each in because_strips(Asker(bob.pk), limit=6))
    assert len(first) == len(second) == 6
    assert not set(first) & set(second)
    assert not {"Mug at 0°", "Mug at 20°"} & {*first, *second}


def test_who_is_not_signed_in_looked_and_did_not_watch(visit, market):
    strips = because_strips(visit(market[5]), limit=4)
    assert told(strips) == [("Mug at 100°", False)]


def test_a_thing_that_was_sold_still_says_what_is_wanted(market, bob):
    Watch.objects.create(user=bob, listing=market[0])
    market[0].state = State.SOLD
    market[0].save()
    assert told(because_strips(Asker(bob.pk), limit=4)) == [("Mug at 0°", True)]


@pytest.mark.parametrize("state", [State.HELD, State.REMOVED])
def test_a_thing_that_nobody_may_see_starts_nothing(market, bob, state):
    Watch.objects.create(user=bob, listing=market[0])
    market[0].state = state
    market[0].save()
    assert because_strips(Asker(bob.pk)) == []


def test_what_is_hidden_starts_nothing(market, bob):
    Watch.objects.create(user=bob, listing=market[0])
    hide_item(market[0], user_id=bob.pk, session_key="")
    assert because_strips(Asker(bob.pk)) == []


def test_nothing_for_who_did_nothing(market):
    assert because_strips(Asker(session_key="new")) == []
