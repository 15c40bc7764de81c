"""What may stand in a strip, in which order, and from which step of the ladder."""

from __future__ import annotations

from decimal import Decimal

import pytest

from listing_assistant.catalogue.models import Product
from listing_assistant.listings.models import Format, Listing, ListingAttribute, State
from recommender import policy
from recommender.aggregates import replace_rows
from recommender.models import AggregateKind, CategoryOverride
from recommender.products import product_keys_of
from recommender.strips.bundles import bundle_of
from recommender.strips.complementary import complementary_items, complementary_to_cart
from recommender.strips.proposals import Step

pytestmark = pytest.mark.django_db


@pytest.fixture
def phone(market, relate, bob) -> Listing:
    """Bob's, and related to cases and chargers, most of which are Alice's."""
    relate(market.phones, market.cases, market.chargers)
    return market.phone(seller=bob)


@pytest.fixture
def sellers(django_user_model):
    """A new one each time."""

    def make():
        number = django_user_model.objects.count()
        return django_user_model.objects.create_user(f"s{number}@example.org", "x")

    return make


def shown(strip) -> set[int]:
    return {item.listing_id for item in strip.items}


def bundle(phone, strip):
    return bundle_of(strip.seeds[phone.pk], strip.items)


# --- Filters ------------------------------------------------------------------------------------


def test_a_phone_gets_cases_that_fit_and_none_that_does_not(market, phone, make_popular):
    case, charger = market.case(), market.charger()
    make_popular(market.case("Pixel 8"), market.case("iPhone 15 Pro"), case, charger)
    strip = complementary_items(phone)
    assert shown(strip) == {case.pk, charger.pk}
    assert {item.listing_id for item in strip.items if item.fits} == {case.pk}


def test_a_case_that_does_not_say_what_it_fits_is_not_shown(market, phone, make_popular):
    make_popular(market.sell("Pretty case", market.cases))
    assert complementary_items(phone).items == []


@pytest.mark.parametrize("state", [state for state in State if state != State.LIVE])
def test_what_cannot_be_bought_is_not_shown(market, phone, make_popular, state):
    gone, other = market.case(state=state), market.case()
    make_popular(gone, other)
    assert shown(complementary_items(phone)) == {other.pk}


def test_nobody_is_shown_their_own_things(market, phone, make_popular, alice, charlie):
    own, other = market.case(), market.case(seller=charlie)
    make_popular(own, other)
    assert shown(complementary_items(phone, viewer_id=alice.pk)) == {other.pk}


def test_what_needs_repair_is_not_shown(market, phone, make_popular):
    make_popular(market.case(condition="parts"))
    assert complementary_items(phone).items == []


def test_one_item_of_a_product_is_shown(market, phone, make_popular, sellers):
    charger = market.chargers
    brand = market._attribute("Brand", charger)
    model = market._attribute("Type", charger)
    same = [
        market.sell("Charger", charger, seller=sellers(), stated={brand: "Anker", model: "Plug"})
        for _ in range(3)
    ]
    assert len(set(product_keys_of([each.pk for each in same]).values())) == 1
    make_popular(*same)
    assert len(shown(complementary_items(phone))) == 1


def test_no_seller_fills_a_strip(market, phone, make_popular, sellers):
    make_popular(*(market.charger() for _ in range(6)), market.charger(seller=sellers()))
    strip = complementary_items(phone)
    assert len(strip.items) == policy.MOST_OF_A_SELLER + 1


def test_categories_that_staff_keep_apart_do_not_meet(market, phone, make_popular):
    CategoryOverride.objects.create(
        category=market.phones, related=market.cases, decision=CategoryOverride.Decision.NEVER
    )
    case, charger = market.case(), market.charger()
    make_popular(case, charger)
    assert shown(complementary_items(phone)) == {charger.pk}


def test_another_of_the_same_product_is_no_complement(market, phone, make_popular):
    same = Product.objects.create(source="x", source_id="1", name="A phone in a charging case")
    Listing.objects.filter(pk=phone.pk).update(product=same)
    phone.refresh_from_db()
    other = market.charger()
    make_popular(market.charger(product=same), other)
    assert shown(complementary_items(phone)) == {other.pk}


def test_what_people_collect_goes_with_its_own_kind(market, relate, make_popular, bob):
    relate(market.shelves, market.shelves)
    seed, other = market.sell("Shelf", market.shelves, seller=bob), market.sell("S", market.shelves)
    make_popular(other, seed)
    assert shown(complementary_items(seed)) == {other.pk}


def test_a_strip_is_no_longer_than_asked_for(market, phone, make_popular, sellers):
    make_popular(*(market.charger(seller=sellers()) for _ in range(8)))
    assert len(complementary_items(phone, limit=5).items) == 5


# --- The ladder ---------------------------------------------------------------------------------


def test_an_item_says_which_sets_proposed_it_and_why(market, phone, make_popular):
    make_popular(case := market.case())
    [item] = [item for item in complementary_items(phone).items if item.listing_id == case.pk]
    assert item.step == Step.SETS
    reasons = {source.recall_set: source.reason for source in item.sources}
    assert reasons["compatibility"] == "fits iPhone 15"
    assert reasons["popular"] == "popular in Cases"


def test_without_related_categories_the_siblings_fill_in(market, bob, sellers):
    phone = market.phone(seller=bob)
    chargers = {market.charger(seller=sellers()).pk for _ in range(6)}
    strip = complementary_items(phone)
    assert len(strip.items) == policy.LEAST_SHOWN
    assert shown(strip) <= chargers
    assert {item.step for item in strip.items} == {Step.SIBLINGS}
    assert {item.recall_set for item in strip.items} == {"siblings"}


def test_the_department_fills_in_what_the_siblings_lack(market, bob, sellers):
    furniture = market._category("Furniture", market.home)
    Furniture = type(furniture)
    Furniture.objects.filter(pk=furniture.pk).update(is_leaf=False)
    benches = market._category("Benches", furniture)
    bench = market.sell("Bench", benches, seller=bob)
    shelves = {market.sell("Shelf", market.shelves, seller=sellers()).pk for _ in range(5)}
    strip = complementary_items(bench)
    assert shown(strip) <= shelves and len(strip.items) == policy.LEAST_SHOWN
    assert strip.step == Step.DEPARTMENT


def test_the_ladder_never_leaves_the_department(market, bob):
    market.charger()
    assert complementary_items(market.sell("Shelf", market.shelves, seller=bob)).items == []


def test_the_ladder_shows_nothing_that_does_not_fit(market, bob):
    phone = market.phone(seller=bob)
    for model in ("Pixel 8", "iPhone 15 Pro"):
        market.case(model)
    case = market.case()
    assert shown(complementary_items(phone)) == {case.pk}


def test_the_ladder_stops_when_there_is_enough(market, phone, make_popular, sellers):
    liked = [market.case(seller=sellers()) for _ in range(5)]
    make_popular(*liked)
    cable = market._category("Cables", market.department)
    market.sell("Cable", cable)
    strip = complementary_items(phone)
    assert shown(strip) == {each.pk for each in liked}
    assert strip.step == Step.SETS


# --- The cache ----------------------------------------------------------------------------------


@pytest.fixture
def cached(settings):
    settings.STRIP_CACHE_SECONDS = 60


def how(listing, **options) -> str:
    return complementary_items(listing, explain=True, **options).explanation.cache


def test_a_strip_is_made_once_for_everybody(market, phone, make_popular, cached, alice, charlie):
    make_popular(*(market.charger(seller=charlie) for _ in range(4)))
    assert [how(phone), how(phone), how(phone, viewer_id=alice.pk)] == ["made", "fresh", "fresh"]


def test_an_edit_of_the_seed_makes_it_anew(market, phone, make_popular, cached):
    make_popular(market.charger())
    how(phone)
    phone.version += 1
    assert how(phone) == "made"


def test_a_visit_that_searched_has_a_strip_of_its_own(market, phone, cached, monkeypatch):
    how(phone)
    monkeypatch.setattr(
        "recommender.strips.complementary.recent_queries", lambda key: ["case"] if key else []
    )
    assert how(phone, session_key="s1") == "made"
    assert how(phone) == "fresh"


def test_a_price_is_the_databases_and_not_the_caches(market, phone, make_popular, cached):
    make_popular(case := market.case(price=20))
    complementary_items(phone)
    Listing.objects.filter(pk=case.pk).update(price=25)
    assert [item.card.price for item in complementary_items(phone).items] == [Decimal(25)]


def test_what_is_sold_leaves_a_kept_strip_and_substitutes_move_up(
    market, phone, make_popular, cached, sellers
):
    items = [market.charger(seller=sellers()) for _ in range(6)]
    make_popular(*items)
    first = complementary_items(phone, limit=4)
    Listing.objects.filter(pk=first.items[0].listing_id).update(state=State.SOLD)
    second = complementary_items(phone, limit=4)
    assert len(second.items) == 4
    assert first.items[0].listing_id not in shown(second)


def test_a_kept_strip_that_has_grown_too_short_is_made_anew(
    market, phone, make_popular, cached, sellers
):
    items = [market.charger(seller=sellers()) for _ in range(5)]
    make_popular(*items)
    complementary_items(phone)
    Listing.objects.filter(pk__in=[each.pk for each in items]).update(state=State.SOLD)
    later = [market.charger(seller=sellers()) for _ in range(4)]
    make_popular(*later)
    assert shown(complementary_items(phone)) == {each.pk for each in later}


def test_what_was_edited_since_has_to_fit_again(market, phone, make_popular, cached):
    make_popular(case := market.case())
    assert shown(complementary_items(phone)) == {case.pk}
    ListingAttribute.objects.filter(listing=case).update(text="Pixel 8")
    Listing.objects.filter(pk=case.pk).update(version=2, title="Case")
    assert complementary_items(phone).items == []


def test_a_kept_strip_takes_two_queries_at_most(
    market, phone, make_popular, cached, django_assert_max_num_queries, sellers
):
    make_popular(*(market.charger(seller=sellers()) for _ in range(20)))
    complementary_items(phone)
    with django_assert_max_num_queries(2):
        assert len(complementary_items(phone).items) == policy.STRIP_SIZE


# --- Several seeds ------------------------------------------------------------------------------


def test_a_cart_gets_what_goes_with_each_of_its_things(market, phone, make_popular, relate, alice):
    replace_rows(
        kind=AggregateKind.RELATED_CATEGORY,
        rows=[
            (str(market.phones.pk), [(str(market.cases.pk), 0.5, 9)]),
            (str(market.shelves.pk), [(str(market.chargers.pk), 0.5, 9)]),
        ],
    )
    shelf, case, charger = market.sell("Shelf", market.shelves), market.case(), market.charger()
    make_popular(case, charger)
    strip = complementary_to_cart([phone, shelf])
    assert {item.listing_id: item.seed_id for item in strip.items} == {
        case.pk: phone.pk,
        charger.pk: shelf.pk,
    }


def test_what_fits_one_thing_of_a_cart_is_shown_and_what_fits_none_is_not(
    market, phone, make_popular, bob, relate
):
    other = market.phone("Pixel 8", seller=bob)
    fitting = [market.case(), market.case("Pixel 8")]
    make_popular(*fitting, market.case("iPhone 15 Pro"))
    strip = complementary_to_cart([phone, other])
    assert shown(strip) == {each.pk for each in fitting}


def test_nothing_in_the_cart_is_offered_again(market, phone, make_popular):
    case, charger = market.case(), market.charger()
    make_popular(case, charger)
    assert shown(complementary_to_cart([phone, case])) == {charger.pk}


def test_an_empty_cart_has_an_empty_strip():
    assert complementary_to_cart([]).items == []


# --- Bundles ------------------------------------------------------------------------------------


def test_a_bundle_costs_what_its_parts_cost(market, phone, make_popular):
    make_popular(market.case(price="14.95"), market.charger(price="25.50"))
    found = bundle(phone, complementary_items(phone))
    assert (found.total, found.currency) == (Decimal("540.45"), "USD")
    assert len(found.additions) == 2


def test_money_of_two_currencies_is_never_added_up(market, phone, make_popular):
    euro = market.charger(price="25.00", currency="EUR")
    make_popular(market.case(price="15.00"), euro)
    found = bundle(phone, complementary_items(phone))
    assert found.total == Decimal("515.00")
    assert [card.pk for card in found.apart] == [euro.pk]


def test_the_seeds_currency_comes_before_others(market, phone, make_popular, sellers):
    euro = market.charger(price=5, currency="EUR")
    dollar = market.charger(price=9, seller=sellers())
    make_popular(euro, dollar)
    found = bundle(phone, complementary_items(phone))
    assert [item.listing_id for item in found.additions] == [dollar.pk]


def test_an_auction_is_in_no_bundle_and_has_none(market, phone, make_popular):
    make_popular(market.case(format=Format.AUCTION))
    assert bundle(phone, complementary_items(phone)) is None
    make_popular(market.case())
    Listing.objects.filter(pk=phone.pk).update(format=Format.AUCTION)
    assert bundle(phone, complementary_items(phone)) is None


def test_nothing_dearer_than_the_thing_itself_is_added_to_it(market, make_popular, relate, bob):
    relate(market.cases, market.phones)
    case = market.case(seller=bob, price=20)
    make_popular(market.phone(price=500))
    strip = complementary_items(case)
    assert len(strip.items) == 1
    assert bundle_of(strip.seeds[case.pk], strip.items) is None


def test_a_sold_listing_has_complements_and_no_bundle(market, phone, make_popular):
    make_popular(case := market.case())
    Listing.objects.filter(pk=phone.pk).update(state=State.SOLD)
    strip = complementary_items(phone)
    assert shown(strip) == {case.pk}
    assert strip.seeds == {}
