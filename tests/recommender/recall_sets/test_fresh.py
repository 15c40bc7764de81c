from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from listing_assistant.listings.models import State
from recommender import policy
from recommender.recall_sets.fresh import Fresh

NOON = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)


def ids(seed, *, at=NOON, limit=50):
    return [each.listing_id for each in Fresh(now=lambda: at).candidates(seed, limit=limit)]


@pytest.fixture
def seed(shop):
    shop.relate(shop.phones, shop.cases)
    return shop.seed(shop.phone())


def test_shows_new_things_of_related_categories_and_says_so(shop, seed):
    case = shop.case()
    shop.sell(shop.belts)
    shop.case(state=State.SOLD)
    (found,) = Fresh().candidates(seed, limit=9)
    assert (found.listing_id, found.support, found.reason) == (case.pk, 0, "new in Cases")


def test_takes_no_more_than_its_quota(shop, seed):
    for _ in range(policy.FRESH_QUOTA + 5):
        shop.case()
    assert len(ids(seed)) == policy.FRESH_QUOTA


def test_is_the_same_within_an_hour_and_another_in_the_next(shop, seed):
    for _ in range(20):
        shop.case()
    assert ids(seed) == ids(seed, at=NOON + timedelta(minutes=59))
    hours = {tuple(ids(seed, at=NOON + timedelta(hours=hour))) for hour in range(5)}
    assert len(hours) > 1


def test_in_time_everything_new_gets_its_turn(shop, seed):
    cases = {shop.case().pk for _ in range(12)}
    shown = {pk for hour in range(60) for pk in ids(seed, at=NOON + timedelta(hours=hour))}
    assert shown == cases


def test_looks_only_at_the_newest(shop, seed):
    old = shop.case(published_at=timezone.now() - timedelta(days=9))
    for _ in range(policy.FRESH_LOOKED_AT):
        shop.case()
    shown = {pk for hour in range(60) for pk in ids(seed, at=NOON + timedelta(hours=hour))}
    assert old.pk not in shown


def test_one_seller_does_not_crowd_out_another(shop, seed, bob):
    for _ in range(15):
        shop.case()
    small = shop.case(seller=bob)
    for hour in range(10):
        assert small.pk in ids(seed, at=NOON + timedelta(hours=hour), limit=2)
