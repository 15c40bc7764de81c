from recommender.models import AggregateKind
from recommender.recall_sets.base import Seed
from recommender.recall_sets.related_products import RelatedProducts
from recommender.seeds import seed_of


def write(shop, **products):
    """The seed's product "p0" goes with these; each names its items, most viewed first."""
    related = [(key, score, support) for key, (score, support, _) in products.items()]
    items = {
        key: [(str(each.pk), 9.0, 3) for each in listings]
        for key, (*_, listings) in products.items()
    }
    shop.write(AggregateKind.RELATED_PRODUCT, {"p0": related})
    shop.write(AggregateKind.PRODUCT_ITEMS, items)


def seed(shop) -> Seed:
    shop.relate(shop.phones, shop.cases)
    known = shop.seed(shop.phone())
    return Seed(**{**vars(known), "product_key": "p0"})


def test_shows_the_items_of_products_bought_together(shop):
    green, black = shop.case(), shop.case()
    write(shop, p1=(0.2, 5, [black]), p2=(0.6, 14, [green]))
    found = RelatedProducts().candidates(seed(shop), limit=9)
    assert [each.listing_id for each in found] == [green.pk, black.pk]
    assert found[0].support == 14
    assert [each.reason for each in found] == [
        "bought together 14 times",
        "bought together 5 times",
    ]


def test_says_once_in_the_singular(shop):
    write(shop, p1=(0.2, 1, [shop.case()]))
    assert RelatedProducts().candidates(seed(shop), limit=1)[0].reason == "bought together 1 time"


def test_a_second_item_of_a_product_comes_after_the_first_of_another(shop):
    a1, a2, b1 = shop.case(), shop.case(), shop.case()
    write(shop, p1=(0.5, 9, [a1, a2]), p2=(0.4, 9, [b1]))
    found = RelatedProducts().candidates(seed(shop), limit=9)
    assert [each.listing_id for each in found] == [a1.pk, b1.pk, a2.pk]


def test_takes_three_items_of_a_product_at_most(shop):
    write(shop, p1=(0.5, 9, [shop.case() for _ in range(5)]))
    assert len(RelatedProducts().candidates(seed(shop), limit=9)) == 3


def test_a_thing_that_is_no_product_has_no_related_ones(shop):
    write(shop, p1=(0.5, 9, [shop.case()]))
    shop.relate(shop.phones, shop.cases)
    assert RelatedProducts().candidates(shop.seed(shop.phone()), limit=9) == []


def test_the_products_key_comes_from_what_the_listing_states(shop):
    """Two sellers' black cases for one phone are one product, and what was bought with one of
    them goes with the other."""
    charger = shop.sell(shop.adapters, "Charger")
    stated = {shop.fits_model: "iPhone 15", shop.fits_maker: "Apple"}
    one, other = (shop.sell(shop.cases, title, stated) for title in ("Case", "Hülle"))
    key = seed_of(one).product_key
    assert key == seed_of(other).product_key != ""
    shop.relate(shop.cases, shop.adapters)
    shop.write(AggregateKind.RELATED_PRODUCT, {key: [("p9", 0.5, 2)]})
    shop.write(AggregateKind.PRODUCT_ITEMS, {"p9": [(str(charger.pk), 1.0, 1)]})
    found = RelatedProducts().candidates(shop.seed(other), limit=9)
    assert [each.listing_id for each in found] == [charger.pk]
