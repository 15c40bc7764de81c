"""What several recall sets of a strip look for is read once for all of them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from listing_assistant.listings.models import State
from recommender.aggregates import StoredAggregates, replace_rows
from recommender.models import AggregateKind
from recommender.recall_sets.catalogue import LiveCatalogue
from recommender.recall_sets.registry import recall_sets
from recommender.seeds import seed_of
from recommender.strips.complementary import complementary_items
from recommender.strips.reading import SharedReading

# With the similar items' vectors; a market as small as this needs the lower steps, too.
MOST_QUERIES = 19


@pytest.fixture
def seed(market, relate):
    """A phone that every table says something of."""
    phone = market.phone(product=None)
    cases = [market.case() for _ in range(6)]
    chargers = [market.charger() for _ in range(6)]
    sold = market.case(state=State.SOLD)
    relate(market.phones, market.cases, market.chargers)

    def entries(listings):
        return [(str(each.pk), 9.0 - place, 9) for place, each in enumerate(listings)]

    replace_rows(
        kind=AggregateKind.POPULAR,
        rows=[
            (str(market.cases.pk), entries([sold, *cases])),
            (str(market.chargers.pk), entries(chargers)),
            (f"{market.cases.pk}|{market.fits.pk}|iphone15", entries(cases[2:])),
        ],
    )
    replace_rows(
        kind=AggregateKind.CO_VIEW_ITEM, rows=[(str(phone.pk), entries([*chargers, sold]))]
    )
    return seed_of(phone)


def found(seed, sets):
    return {each.name: each.candidates(seed, limit=20) for each in sets if each.name in TABLES}


TABLES = {"related_products", "co_views", "compatibility", "popular_aspect", "popular", "fresh"}


def test_the_sets_find_what_they_find_alone(seed):
    shared = SharedReading(seed)
    alone = found(seed, recall_sets(StoredAggregates(), LiveCatalogue()))
    assert found(seed, recall_sets(shared, shared)) == alone
    assert alone["popular"] and alone["co_views"] and alone["compatibility"]


def test_rows_and_listings_are_read_once_for_all_sets(seed):
    replace_rows(kind=AggregateKind.RELATED_PRODUCT, rows=[("seed", [("p1", 0.5, 3)])])
    replace_rows(kind=AggregateKind.CO_VIEW_PRODUCT, rows=[("seed", [("p2", 0.5, 3)])])
    seed = replace(seed, product_key="seed")
    shared = SharedReading(seed)
    with CaptureQueriesContext(connection) as captured:
        found(seed, recall_sets(shared, shared))
    statements = [each["sql"] for each in captured.captured_queries]
    assert sum("recommender_aggregaterow" in each for each in statements) == 2
    assert sum("WHERE listings_listing.id = ANY" in each for each in statements) == 1


def test_what_nobody_foresaw_is_read_when_it_is_asked_for(seed, market):
    shared = SharedReading(seed)
    shelf = market.sell("Shelf", market.shelves)
    shared.listed([])
    assert shared.listed([shelf.pk])[shelf.pk].category == "Shelves"
    replace_rows(kind=AggregateKind.RELATED_QUERY, rows=[("lamp", [("bulb", 0.5, 3)])])
    assert shared.rows(AggregateKind.RELATED_QUERY, ["lamp"]) == {"lamp": [("bulb", 0.5, 3)]}


def test_a_cold_strip_takes_few_queries(seed, market, django_assert_max_num_queries, settings):
    settings.REMEMBERED_SECONDS = 60
    listing = market.phone()
    complementary_items(listing)
    with django_assert_max_num_queries(MOST_QUERIES):
        assert complementary_items(listing).items


@pytest.mark.django_db(transaction=True)
def test_threads_share_one_reading(seed):
    shared = SharedReading(seed)
    sets = [each for each in recall_sets(shared, shared) if each.name in TABLES]

    def ask(recall_set):
        try:
            return recall_set.candidates(seed, limit=20)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        answers = dict(zip([each.name for each in sets], pool.map(ask, sets), strict=True))
    assert answers == found(seed, recall_sets(StoredAggregates(), LiveCatalogue()))
