"""What was done with a listing belongs to the strip in which it was clicked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from listing_assistant.listings.models import Listing
from recommender import policy
from recommender.models import BehaviourEvent, Impression
from recommender.ranking.seen import strips_between

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)
DAY = NOON.date()


@pytest.fixture
def wares(make_listing) -> list[Listing]:
    return [make_listing(f"Mug {number}") for number in range(5)]


@pytest.fixture
def saw(wares, bob):
    """Bob saw the first four beside the last, so many minutes after noon."""

    def see(minutes: float = 0, **fields) -> Impression:
        defaults = {
            "strip": "similar", "seed": wares[4], "listings": [ware.pk for ware in wares[:4]],
            "user": bob, "session_key": "visit", "shown_at": NOON + timedelta(minutes=minutes),
        }  # fmt: skip
        return Impression.objects.create(**(defaults | fields))

    return see


@pytest.fixture
def did(wares, bob):
    def do(kind: str, number: int, minutes: float, **fields) -> BehaviourEvent:
        defaults = {"user": bob, "session_key": "visit", "listing": wares[number]}
        at = NOON + timedelta(minutes=minutes)
        return BehaviourEvent.objects.create(kind=kind, happened_at=at, **(defaults | fields))

    return do


def acts(number: int = 0) -> list[set[str]]:
    return list(strips_between(DAY, DAY)[number].acts)


def test_acts_after_a_click_in_the_strip_are_its_own(saw, did):
    saw()
    did("click", 1, 1)
    for minutes, kind in enumerate(("watch", "cart", "purchase"), start=2):
        did(kind, 1, minutes)
    assert acts() == [set(), {"click", "watch", "cart", "purchase"}, set(), set()]


def test_what_was_not_clicked_in_a_strip_is_not_its_own(saw, did, wares):
    saw()
    did("watch", 0, 1)
    did("click", 1, 2, data={"strip": "complementary", "seed": str(wares[4].public_id)})
    did("purchase", 1, 3)
    did("click", 2, 2, data={"strip": "similar", "seed": str(wares[0].public_id)})
    did("click", 3, 2, session_key="another visit")
    assert acts() == [set()] * 4


def test_a_click_that_names_the_strip_counts_in_another_visit_too(saw, did, wares):
    saw()
    told = {"strip": "similar", "seed": str(wares[4].public_id), "position": 1}
    did("click", 0, 5, data=told, session_key="another visit")
    assert acts()[0] == {"click"}


def test_of_two_strips_the_one_clicked_last_has_what_follows(saw, did):
    saw(0)
    saw(30)
    did("click", 0, 10)
    did("watch", 0, 11)
    did("click", 0, 40)
    did("purchase", 0, 41)
    assert acts(0)[0] == {"click", "watch"}
    assert acts(1)[0] == {"click", "purchase"}


def test_what_comes_before_the_strip_or_too_long_after_it_is_not_its_own(saw, did):
    saw(0)
    did("click", 0, -5)
    did("click", 1, 5)
    did("purchase", 1, policy.AFTER_A_STRIP.total_seconds() / 60 + 1)
    did("click", 2, 5)
    did("purchase", 2, policy.AFTER_A_STRIP.total_seconds() / 60 - 1)
    assert acts() == [set(), {"click"}, {"click", "purchase"}, set()]


def test_a_purchase_that_was_taken_back_was_none(saw, did):
    saw()
    did("click", 0, 1)
    did("purchase", 0, 2)
    did("refund", 0, 60 * 20)
    assert acts()[0] == {"click"}


def test_it_was_none_however_late_and_whatever_was_clicked_meanwhile(saw, did):
    saw(0)
    saw(30)
    did("click", 0, 1)
    did("purchase", 0, 2)
    did("click", 0, 40)
    did("watch", 0, 41)
    did("refund", 0, 60 * 24 * 9)
    assert acts(0)[0] == {"click"}
    assert acts(1)[0] == {"click", "watch"}


def test_another_persons_acts_robots_and_bids_do_not_count(saw, did, charlie):
    saw()
    did("click", 0, 1, user=charlie, session_key="theirs")
    did("click", 1, 1, flags="bot")
    did("click", 2, 1)
    did("bid", 2, 2)
    assert acts() == [set(), set(), {"click"}, set()]


def test_visitors_without_an_account_are_their_visit(saw, did):
    saw(user=None, session_key="nobody")
    did("click", 3, 1, user=None, session_key="nobody")
    did("click", 2, 1, user=None, session_key="somebody else")
    assert acts() == [set(), set(), set(), {"click"}]


def test_robots_searches_and_other_days_are_no_strips(saw):
    saw(flags="bot")
    saw(strip="search", seed=None)
    saw(strip="complementary")
    saw(minutes=60 * 24)
    assert strips_between(DAY, DAY) == []
    assert len(strips_between(DAY, DAY + timedelta(days=1))) == 1


def test_of_too_many_strips_the_newest_are_read(saw, monkeypatch):
    monkeypatch.setattr(policy, "MOST_STRIPS_LEARNT", 2)
    for minutes in (1, 2, 3):
        saw(minutes)
    assert [each.shown_at.minute for each in strips_between(DAY, DAY)] == [2, 3]


def test_positions_are_those_that_were_told(saw):
    saw(listings=[7, 8], places=[{"position": 5}, {"position": 6}])
    saw(1, listings=[7, 8], places=[])
    assert [each.positions for each in strips_between(DAY, DAY)] == [(5, 6), (1, 2)]
