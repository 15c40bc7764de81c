from dataclasses import replace

from recommender.models import AggregateKind
from recommender.recall_sets.co_views import CoViews


def test_shows_what_the_same_visits_opened(shop):
    phone, near, far = shop.phone(), shop.case(), shop.case()
    shop.relate(shop.phones, shop.cases)
    rows = {str(phone.pk): [(str(near.pk), 0.4, 9), (str(far.pk), 0.1, 1)]}
    shop.write(AggregateKind.CO_VIEW_ITEM, rows)
    found = CoViews().candidates(shop.seed(phone), limit=9)
    assert [each.listing_id for each in found] == [near.pk, far.pk]
    assert [each.reason for each in found] == [
        "viewed together in 9 visits",
        "viewed together in 1 visit",
    ]


def test_a_thing_that_nobody_saw_has_the_co_views_of_its_product(shop):
    phone, case = shop.phone(), shop.case()
    shop.relate(shop.phones, shop.cases)
    shop.write(AggregateKind.CO_VIEW_PRODUCT, {"p0": [("p1", 0.3, 7)]})
    shop.write(AggregateKind.PRODUCT_ITEMS, {"p1": [(str(case.pk), 5.0, 2)]})
    seed = replace(shop.seed(phone), product_key="p0")
    (found,) = CoViews().candidates(seed, limit=9)
    assert (found.listing_id, found.score, found.support) == (case.pk, 0.3, 7)
    assert found.reason == "its kind viewed together in 7 visits"


def test_of_item_and_product_the_better_one_counts(shop):
    phone, case = shop.phone(), shop.case()
    shop.relate(shop.phones, shop.cases)
    shop.write(AggregateKind.CO_VIEW_ITEM, {str(phone.pk): [(str(case.pk), 0.2, 4)]})
    shop.write(AggregateKind.CO_VIEW_PRODUCT, {"p0": [("p1", 0.6, 30)]})
    shop.write(AggregateKind.PRODUCT_ITEMS, {"p1": [(str(case.pk), 5.0, 2)]})
    seed = replace(shop.seed(phone), product_key="p0")
    (found,) = CoViews().candidates(seed, limit=9)
    assert (found.score, found.support) == (0.6, 30)
