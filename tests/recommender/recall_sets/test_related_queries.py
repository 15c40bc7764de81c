from dataclasses import replace

import pytest

from recommender.models import AggregateKind
from recommender.recall_sets.related_queries import RelatedQueries


@pytest.fixture
def cases(shop):
    """Two cases that people choose after "iphone 15 case", and a film after "iphone 15 film"."""
    first, second, film = shop.case(), shop.case(), shop.sell(shop.films)
    shop.relate(shop.phones, shop.cases, shop.films)
    related = [("iphone 15 case", 0.8, 12), ("iphone 15 film", 0.2, 3)]
    shop.write(AggregateKind.RELATED_QUERY, {"iphone 15": related})
    chosen = {
        "iphone 15 case": [(str(first.pk), 100.0, 40), (str(second.pk), 50.0, 20)],
        "iphone 15 film": [(str(film.pk), 2.0, 2)],
    }
    shop.write(AggregateKind.QUERY_ITEMS, chosen)
    return first, second, film


def searched(shop, *queries):
    return replace(shop.seed(shop.phone()), queries=queries)


def test_shows_what_is_chosen_after_the_searches_that_go_with_this_one(shop, cases):
    found = RelatedQueries().candidates(searched(shop, "iphone 15"), limit=9)
    assert [each.listing_id for each in found] == [each.pk for each in cases]
    assert [each.score for each in found] == pytest.approx([0.8, 0.4, 0.2])
    assert found[0].reason == "popular for “iphone 15 case”, searched with “iphone 15”"


def test_has_nothing_to_say_without_a_search(shop, cases):
    assert RelatedQueries().candidates(searched(shop), limit=9) == []


def test_an_older_search_is_worth_less(shop, cases):
    found = RelatedQueries().candidates(searched(shop, "mug", "iphone 15"), limit=1)
    assert found[0].score == pytest.approx(0.4)


def test_forgets_searches_long_past(shop, cases):
    seed = searched(shop, "mug", "plate", "bowl", "iphone 15")
    assert RelatedQueries().candidates(seed, limit=9) == []


def test_does_not_repeat_what_the_visit_searched_for_itself(shop, cases):
    seed = searched(shop, "iphone 15 case", "iphone 15")
    found = RelatedQueries().candidates(seed, limit=9)
    assert [each.listing_id for each in found] == [cases[2].pk]
