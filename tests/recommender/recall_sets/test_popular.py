import pytest

from recommender.models import AggregateKind
from recommender.recall_sets.popular import Popular
from recommender.recall_sets.popular_aspect import PopularAspect


def test_shows_what_is_popular_in_the_nearest_category_first(shop):
    case, belt = shop.case(), shop.sell(shop.belts)
    rows = {
        str(shop.cases.pk): [(str(case.pk), 3.0, 2)],
        str(shop.belts.pk): [(str(belt.pk), 900.0, 80)],
    }
    shop.write(AggregateKind.POPULAR, rows)
    shop.relate(shop.phones, shop.cases, shop.belts)
    seed = shop.seed(shop.phone())
    near = [
        type(each)(each.category_id, 0.9 if each.category_id == shop.cases.pk else 0.2)
        for each in seed.related
    ]
    seed = type(seed)(**{**vars(seed), "related": tuple(near)})
    found = Popular().candidates(seed, limit=9)
    assert [(each.listing_id, each.score) for each in found] == [(case.pk, 0.9), (belt.pk, 0.2)]
    assert [each.reason for each in found] == ["popular in Cases", "popular in Belts"]


@pytest.fixture
def belts(shop):
    """A black belt and a brown one, both looked at; colour is what buyers of belts hold on to."""
    black, brown = (shop.sell(shop.belts, c, {shop.colour: c}) for c in ("Black", "Brown"))
    key = f"{shop.belts.pk}|{shop.colour.pk}"
    rows = {
        str(shop.belts.pk): [(str(brown.pk), 9.0, 9), (str(black.pk), 4.0, 4)],
        f"{key}|black": [(str(black.pk), 4.0, 4)],
        f"{key}|brown": [(str(brown.pk), 9.0, 9)],
    }
    shop.write(AggregateKind.POPULAR, rows)
    shop.relate(shop.phones, shop.belts)
    return black, brown


def test_an_important_aspect_is_kept_from_the_seed_to_the_candidate(shop, belts):
    aspects = {str(shop.belts.pk): [(str(shop.colour.pk), 0.4, 60)]}
    shop.write(AggregateKind.IMPORTANT_ASPECT, aspects)
    phone = shop.sell(shop.phones, "Phone", {shop.colour: "Black"})
    (found,) = PopularAspect().candidates(shop.seed(phone), limit=9)
    assert (found.listing_id, found.support) == (belts[0].pk, 4)
    assert found.reason == "popular for Black in Belts"


def test_an_aspect_that_does_not_matter_there_finds_nothing(shop, belts):
    aspects = {str(shop.belts.pk): [(str(shop.model.pk), 0.4, 60)]}
    shop.write(AggregateKind.IMPORTANT_ASPECT, aspects)
    phone = shop.sell(shop.phones, "Phone", {shop.colour: "Black"})
    assert PopularAspect().candidates(shop.seed(phone), limit=9) == []


def test_a_seed_that_does_not_state_the_aspect_finds_nothing(shop, belts):
    aspects = {str(shop.belts.pk): [(str(shop.colour.pk), 0.4, 60)]}
    shop.write(AggregateKind.IMPORTANT_ASPECT, aspects)
    assert PopularAspect().candidates(shop.seed(shop.phone()), limit=9) == []
