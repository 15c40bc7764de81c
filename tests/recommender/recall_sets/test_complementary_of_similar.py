from dataclasses import replace

import numpy as np
import pytest

from recommender import policy, services
from recommender.models import AggregateKind
from recommender.products import product_keys_of
from recommender.recall_sets.complementary_of_similar import ComplementaryOfSimilar
from tests.recommender.conftest import encoded, on_circle


@pytest.fixture
def twins(shop, release):
    """A golden phone, a silver one that is almost the same, and one that is quite another."""
    phones = []
    for degrees, colour in ((0, "Gold"), (10, "Silver"), (80, "Green")):
        phone = shop.sell(
            shop.phones, f"{colour} phone", {shop.model: "iPhone 15", shop.maker: colour}
        )
        stored = encoded(phone, on_circle(degrees), release)
        assert services.store_embedding(encoded={phone.pk: stored}) == 1
        phones.append(phone)
    shop.relate(shop.phones, shop.cases)
    return phones


def test_borrows_what_was_bought_with_its_twin(shop, twins):
    gold, silver, green = twins
    case, other = shop.case(), shop.case()
    keys = product_keys_of([each.pk for each in twins])
    rows = {keys[silver.pk]: [("p1", 0.5, 14)], keys[green.pk]: [("p2", 0.5, 9)]}
    shop.write(AggregateKind.RELATED_PRODUCT, rows)
    items = {"p1": [(str(case.pk), 1.0, 1)], "p2": [(str(other.pk), 1.0, 1)]}
    shop.write(AggregateKind.PRODUCT_ITEMS, items)
    found = ComplementaryOfSimilar().candidates(shop.seed(gold), limit=9)
    assert [each.listing_id for each in found] == [case.pk, other.pk]
    cosines = np.cos(np.radians([10, 80]))
    assert [each.score for each in found] == pytest.approx(0.5 * cosines, abs=2e-3)
    assert found[0].reason == "bought together 14 times with one like it"


def test_borrows_what_was_viewed_with_its_twin(shop, twins):
    gold, silver, _ = twins
    case = shop.case()
    shop.write(AggregateKind.CO_VIEW_ITEM, {str(silver.pk): [(str(case.pk), 0.4, 6)]})
    (found,) = ComplementaryOfSimilar().candidates(shop.seed(gold), limit=9)
    assert (found.listing_id, found.support) == (case.pk, 6)
    assert found.reason == "viewed together in 6 visits with one like it"


def test_a_seed_with_enough_of_its_own_borrows_nothing(shop, twins):
    gold, silver, _ = twins
    shop.write(AggregateKind.CO_VIEW_ITEM, {str(silver.pk): [(str(shop.case().pk), 0.4, 6)]})
    seed = shop.seed(gold)
    enough = [(f"p{n}", 0.5, 9) for n in range(policy.ENOUGH_RELATED_PRODUCTS)]
    shop.write(AggregateKind.RELATED_PRODUCT, {seed.product_key: enough[1:]})
    assert len(ComplementaryOfSimilar().candidates(seed, limit=9)) == 1
    shop.write(AggregateKind.RELATED_PRODUCT, {seed.product_key: enough})
    assert ComplementaryOfSimilar().candidates(seed, limit=9) == []


def test_a_thing_without_a_vector_has_no_twin(shop, twins):
    _, silver, _ = twins
    shop.write(AggregateKind.CO_VIEW_ITEM, {str(silver.pk): [(str(shop.case().pk), 0.4, 6)]})
    seed = replace(shop.seed(shop.phone()), product_key="")
    assert ComplementaryOfSimilar().candidates(seed, limit=9) == []
