from decimal import Decimal

from recommender.compatibility import verdicts
from recommender.models import AggregateKind
from recommender.recall_sets.compatibility import Compatibility


def ids(found):
    return [each.listing_id for each in found]


def test_finds_the_case_for_the_phone_and_no_other(shop):
    phone, fitting = shop.phone("iPhone 15"), shop.case("iPhone 15")
    shop.case("iPhone 15 Pro")
    shop.sell(shop.cases, "Case for iPhone 15")  # states nothing: the filter reads titles, not this
    shop.relate(shop.phones, shop.cases)
    (found,) = Compatibility().candidates(shop.seed(phone), limit=9)
    assert (found.listing_id, found.reason) == (fitting.pk, "fits iPhone 15")


def test_finds_the_phone_for_the_case(shop):
    case = shop.case(["iPhone 15", "Pixel 6"])
    phones = [shop.phone("iPhone 15"), shop.phone("Pixel 6")]
    shop.phone("Pixel 6a")
    shop.relate(shop.cases, shop.phones)
    found = Compatibility().candidates(shop.seed(case), limit=9)
    assert set(ids(found)) == {each.pk for each in phones}
    assert {each.reason for each in found} == {"fits iPhone 15", "fits Pixel 6"}


def test_finds_the_film_for_the_phone_of_a_case(shop):
    case = shop.case("iPhone 15")
    film = shop.sell(shop.films, "Film", {shop.fits_model: "iPhone 15"})
    shop.relate(shop.cases, shop.films)
    (found,) = Compatibility().candidates(shop.seed(case), limit=9)
    assert (found.listing_id, found.reason) == (film.pk, "for iPhone 15")


def test_reads_the_seeds_title_where_it_states_no_model(shop):
    case = shop.case("Galaxy S23")
    shop.relate(shop.phones, shop.cases)
    phone = shop.sell(shop.phones, "Samsung Galaxy S23 128 GB")
    assert ids(Compatibility().candidates(shop.seed(phone), limit=9)) == [case.pk]


def test_what_many_looked_at_comes_first_then_the_newest(shop):
    phone = shop.phone("iPhone 15")
    older, popular, newer = (shop.case("iPhone 15") for _ in range(3))
    key = f"{shop.cases.pk}|{shop.fits_model.pk}|iphone15"
    shop.write(AggregateKind.POPULAR, {key: [(str(popular.pk), 7.0, 31)]})
    shop.relate(shop.phones, shop.cases)
    found = Compatibility().candidates(shop.seed(phone), limit=9)
    assert ids(found) == [popular.pk, newer.pk, older.pk]
    assert found[0].support == 31


def test_an_accessory_dearer_than_the_thing_comes_last(shop):
    phone = shop.phone("iPhone 15", price=Decimal(100))
    cheap = shop.case("iPhone 15", price=Decimal(9))
    dear = shop.case("iPhone 15", price=Decimal(300))
    abroad = shop.case("iPhone 15", price=Decimal(9000), currency="JPY")
    shop.relate(shop.phones, shop.cases)
    found = Compatibility().candidates(shop.seed(phone), limit=9)
    assert ids(found) == [abroad.pk, cheap.pk, dear.pk]


def test_a_brand_alone_finds_only_what_a_brand_decides(shop):
    laptop = shop.sell(shop.laptops, "Laptop", {shop.size: "14 in", shop.laptop_maker: "Dell"})
    adapter = shop.sell(shop.adapters, "Adapter", {shop.fits_laptop_maker: "Dell"})
    shop.sell(shop.sleeves, "Sleeve", {shop.fits_laptop_maker: "Dell"})
    sleeve = shop.sell(shop.sleeves, "Sleeve", {shop.fits_size: "14 in"})
    shop.relate(shop.laptops, shop.adapters, shop.sleeves)
    found = Compatibility().candidates(shop.seed(laptop), limit=9)
    assert set(ids(found)) == {adapter.pk, sleeve.pk}


def test_the_filter_lets_pass_what_it_proposes(shop):
    phone = shop.phone("iPhone 15")
    for model in ("iPhone 15", "iPhone 15 Pro", ["iPhone 15", "Pixel 6"], "Pixel 6a"):
        shop.case(model)
    shop.relate(shop.phones, shop.cases)
    seed = shop.seed(phone)
    found = ids(Compatibility().candidates(seed, limit=9))
    assert len(found) == 2
    assert all(each.may_be_shown for each in verdicts(seed, found).values())


def test_has_nothing_to_say_of_what_fits_nothing(shop):
    shop.relate(shop.belts, shop.cases)
    assert Compatibility().candidates(shop.seed(shop.sell(shop.belts)), limit=9) == []
