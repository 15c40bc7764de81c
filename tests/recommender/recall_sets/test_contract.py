"""What every recall set owes, whatever it is made of: each of the registry runs all of these."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from listing_assistant.accounts.models import User
from listing_assistant.listings.models import Listing, State
from recommender import policy
from recommender.models import AggregateKind, AggregateRow
from recommender.recall_sets.base import Candidate, RecallError, RecallSet, Seed
from recommender.recall_sets.registry import recall_sets
from tests.fixtures.fitting import Shop

SETS = recall_sets()
GONE = 999_999_999
# Those that find something in the market below; the others need vectors or trained models.
READ_TABLES = {
    *("related_products", "co_views", "compatibility", "related_queries"),
    *("popular_aspect", "popular", "fresh"),
}


@pytest.fixture(params=SETS, ids=lambda each: each.name)
def recall_set(request) -> RecallSet:
    return Asked(request.param)


@dataclass(frozen=True)
class Asked:
    """A set whose model was not trained here says so, and its test is skipped; the others may
    not."""

    recall_set: RecallSet

    @property
    def name(self) -> str:
        return self.recall_set.name

    def candidates(self, seed: Seed, *, limit: int) -> list[Candidate]:
        try:
            return self.recall_set.candidates(seed, limit=limit)
        except RecallError as error:
            assert self.name not in READ_TABLES
            pytest.skip(f"cannot answer here: {error}")


@pytest.fixture(scope="module")
def shop(django_db_setup, django_db_blocker) -> Iterator[Shop]:
    """Made once, as it is read by many: each test's own changes are rolled back to it."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield Shop(User.objects.create_user("seller@example.org", None, display_name="Seller"))
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def market(shop) -> Seed:
    """A phone, related to cases and films. Every offline table names the seed itself, things of
    other categories, sold things, deleted things and some things twice."""
    phone = shop.phone("iPhone 15")
    cases = [shop.case("iPhone 15", title=f"Case {n}") for n in range(8)]
    films = [shop.sell(shop.films, "Film", {shop.fits_model: "iPhone 15"}) for _ in range(4)]
    sold = shop.case("iPhone 15", state=State.SOLD, ended_at=timezone.now())
    belt = shop.sell(shop.belts, "Belt", {shop.colour: "Black"})
    shop.relate(shop.phones, shop.cases, shop.films)
    ids = [phone.pk, belt.pk, sold.pk, GONE, *(each.pk for each in [*cases, *films]), cases[0].pk]
    items = [(str(pk), 1 / (place + 1), 20 - place) for place, pk in enumerate(ids)]
    products = [("p1", 0.9, 14), ("p2", 0.5, 6), ("p1", 0.4, 5)]
    aspect = f"|{shop.fits_model.pk}|iphone15"
    about_cases = [str(shop.cases.pk), f"{shop.cases.pk}{aspect}", f"{shop.films.pk}{aspect}"]
    about_cases.append(f"{shop.cases.pk}|{shop.colour.pk}|black")
    shop.write(AggregateKind.RELATED_PRODUCT, {"seed": products})
    shop.write(AggregateKind.CO_VIEW_PRODUCT, {"seed": products})
    shop.write(AggregateKind.CO_VIEW_ITEM, {str(phone.pk): items})
    shop.write(AggregateKind.PRODUCT_ITEMS, {"p1": items[2:8], "p2": items[:7]})
    shop.write(AggregateKind.RELATED_QUERY, {"iphone": [("case", 0.8, 9), ("iphone", 0.7, 9)]})
    shop.write(AggregateKind.QUERY_ITEMS, {"case": items, "iphone": items})
    shop.write(AggregateKind.POPULAR, dict.fromkeys(about_cases, items))
    aspects = [(str(shop.colour.pk), 0.3, 40)]
    shop.write(AggregateKind.IMPORTANT_ASPECT, {str(shop.cases.pk): aspects})
    known = shop.seed(phone)
    colour = (shop.colour.pk, "black")
    return replace(
        known,
        product_key="seed",
        queries=("iphone",),
        attributes=(*known.attributes, colour),
        said=(*known.said, "Black"),
    )


@pytest.fixture
def seed(market, db) -> Seed:
    return market


def test_names_are_unique_and_have_a_worth():
    names = [each.name for each in SETS]
    assert len(set(names)) == len(names)
    assert set(names) <= set(policy.SET_WORTH)


def test_stands_in_the_order_in_which_sets_are_trusted():
    order = list(policy.SET_WORTH)
    places = [order.index(each.name) for each in SETS]
    assert places == sorted(places)


def test_finds_something_where_there_is_something(recall_set, seed):
    found = recall_set.candidates(seed, limit=50)
    assert found or recall_set.name not in READ_TABLES


def test_gives_related_categories_alone_and_never_the_seed(recall_set, seed, shop):
    ids = [each.listing_id for each in recall_set.candidates(seed, limit=50)]
    categories = Listing.objects.filter(pk__in=ids).values_list("category_id", flat=True)
    assert set(categories) <= {shop.cases.pk, shop.films.pk}
    assert seed.listing_id not in ids
    assert GONE not in ids


def test_leaves_the_seed_out_of_its_own_category_too(recall_set, seed, shop):
    shop.relate(shop.phones, shop.cases, shop.phones)
    again = replace(seed, related=shop.seed(shop.phone("Pixel 6")).related)
    assert seed.listing_id not in [
        each.listing_id for each in recall_set.candidates(again, limit=50)
    ]


def test_gives_nothing_twice_and_the_best_first(recall_set, seed):
    found = recall_set.candidates(seed, limit=50)
    assert len({each.listing_id for each in found}) == len(found)
    scores = [each.score for each in found]
    assert scores == sorted(scores, reverse=True)


@pytest.mark.parametrize("limit", [0, 1, 3])
def test_keeps_to_the_limit_without_changing_what_is_first(recall_set, seed, limit):
    found = recall_set.candidates(seed, limit=limit)
    assert found == recall_set.candidates(seed, limit=50)[:limit]


def test_says_the_same_when_asked_again(recall_set, seed):
    assert recall_set.candidates(seed, limit=9) == recall_set.candidates(seed, limit=9)


def test_gives_a_reason_for_everything(recall_set, seed):
    assert all(each.reason for each in recall_set.candidates(seed, limit=50))


def test_has_nothing_to_say_of_a_thing_without_a_category(recall_set, seed):
    bare = Seed(seed.listing_id, seed.seller_id, None, "")
    assert recall_set.candidates(bare, limit=9) == []


def test_has_nothing_to_say_without_related_categories(recall_set, seed):
    assert recall_set.candidates(replace(seed, related=()), limit=9) == []


def test_survives_an_empty_marketplace(recall_set, seed):
    AggregateRow.objects.all().delete()
    Listing.objects.exclude(pk=seed.listing_id).delete()
    assert recall_set.candidates(seed, limit=9) == []


def test_asks_no_more_queries_for_many_than_for_few(
    recall_set, seed, shop, django_assert_max_num_queries
):
    for number in range(30):
        shop.case("iPhone 15", published_at=timezone.now() - timedelta(minutes=number))
    recall_set.candidates(seed, limit=60)
    with django_assert_max_num_queries(5):
        recall_set.candidates(seed, limit=60)
