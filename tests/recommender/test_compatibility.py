"""The truth table of compatibility.py, and a naive judge who imagines what could be true."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listing_assistant.catalogue.selectors import ValueFinder
from listing_assistant.catalogue.starter import parse_files, read_files
from recommender.compatibility import Verdict, judge, verdicts
from recommender.fitment import Claim, Dimension, Fitment
from recommender.implied import IMPLICATIONS
from recommender.title_reading import TitleReader
from tests.fixtures.fitting import MANY

FITS, UNRELATED, UNKNOWN, CLASHES = Verdict


def verdict(shop, seed, candidate) -> Verdict:
    """The same whichever of the two is the seed."""
    there = verdicts(shop.seed(seed), [candidate.pk])[candidate.pk]
    back = verdicts(shop.seed(candidate), [seed.pk])[seed.pk]
    assert there == back
    return there


# --- Host and accessory -------------------------------------------------------------------------


def test_a_case_for_the_phone_fits_and_one_for_another_clashes(shop):
    phone = shop.phone("iPhone 15")
    assert verdict(shop, phone, shop.case("iPhone 15")) == FITS
    assert verdict(shop, phone, shop.case("Galaxy S23")) == CLASHES


def test_a_longer_model_is_another_model(shop):
    assert verdict(shop, shop.phone("iPhone 15"), shop.case("iPhone 15 Pro")) == CLASHES
    assert verdict(shop, shop.phone("Galaxy S23 Ultra"), shop.case("Galaxy S23")) == CLASHES


def test_of_several_models_one_is_enough(shop):
    assert verdict(shop, shop.phone("Pixel 6"), shop.case(["iPhone 15", "Pixel 6"])) == FITS
    assert verdict(shop, shop.phone("Pixel 6a"), shop.case(["iPhone 15", "Pixel 6"])) == CLASHES


@pytest.mark.parametrize("spelt", ["iphone 15", "IPHONE  15", "iPhone15", "iPhone-15"])
def test_spelling_does_not_matter(shop, spelt):
    assert verdict(shop, shop.phone("iPhone 15"), shop.case(spelt)) == FITS


def test_measures_agree_in_any_unit(shop):
    laptop = shop.sell(shop.laptops, "Laptop", {shop.size: "13.3 in"})
    sleeve = shop.sell(shop.sleeves, "Sleeve", {shop.fits_size: "13.3 inch"})
    assert verdict(shop, laptop, sleeve) == FITS


def test_what_a_title_says_counts_where_the_attribute_is_silent(shop):
    phone = shop.sell(shop.phones, "Apple iPhone 15, 128 GB, black")
    assert verdict(shop, phone, shop.sell(shop.cases, "Case for iPhone 15")) == FITS
    assert verdict(shop, phone, shop.sell(shop.cases, "Case for iPhone 15 Pro")) == CLASHES
    assert verdict(shop, phone, shop.sell(shop.cases, "Case")) == UNKNOWN


def test_the_attribute_goes_before_the_title(shop):
    case = shop.sell(shop.cases, "Case for iPhone 15", {shop.fits_model: "Pixel 6"})
    assert verdict(shop, shop.phone("iPhone 15"), case) == CLASHES


def test_a_title_with_two_models_says_what_a_case_fits_but_not_what_a_phone_is(shop):
    title = "iPhone 15 / Pixel 6"
    assert verdict(shop, shop.phone("Pixel 6"), shop.sell(shop.cases, title)) == FITS
    assert verdict(shop, shop.sell(shop.phones, title), shop.case("Pixel 6")) == UNKNOWN


def test_nobody_knows_without_the_model_of_either(shop):
    silent = shop.sell(shop.phones, "Phone")
    assert verdict(shop, silent, shop.case("iPhone 15")) == UNKNOWN
    assert verdict(shop, silent, shop.sell(shop.cases, "Case")) == UNKNOWN


@pytest.mark.parametrize("said", ["Universal", "universal", "All phones"])
def test_what_fits_all_fits_a_thing_that_nobody_knows(shop, said):
    stand = shop.sell(shop.stands, "Stand", {shop.fits_model: said})
    assert verdict(shop, shop.phone("iPhone 15"), stand) == FITS
    assert verdict(shop, shop.sell(shop.phones, "Phone"), stand) == FITS


def test_a_title_may_say_that_a_thing_fits_all_unless_it_names_a_model(shop):
    phone = shop.phone("iPhone 15")
    assert verdict(shop, phone, shop.sell(shop.stands, "Universal phone stand")) == FITS
    stand = shop.sell(shop.stands, "Universal stand for Pixel 6")
    assert verdict(shop, phone, stand) == CLASHES


# --- Two accessories, two hosts -----------------------------------------------------------------


def test_two_accessories_go_into_one_basket_for_one_phone(shop):
    case = shop.case("iPhone 15")
    film = shop.sell(shop.films, "Film", {shop.fits_model: ["iPhone 15", "iPhone 15 Pro"]})
    assert verdict(shop, case, film) == FITS
    assert verdict(shop, case, shop.sell(shop.films, "Film for Pixel 6")) == CLASHES
    assert verdict(shop, case, shop.sell(shop.films, "Film")) == UNKNOWN


def test_two_phones_have_nothing_to_fit(shop):
    assert verdict(shop, shop.phone("iPhone 15"), shop.phone("Pixel 6")) == UNRELATED


def test_what_no_pair_speaks_of_goes_with_everything(shop):
    belt = shop.sell(shop.belts, "Belt for iPhone 15 fans")
    assert verdict(shop, shop.phone("Pixel 6"), belt) == UNRELATED
    assert verdict(shop, shop.case("Pixel 6"), belt) == UNRELATED
    sleeve = shop.sell(shop.sleeves, "Sleeve", {shop.fits_size: "14 in"})
    assert verdict(shop, shop.phone("Pixel 6"), sleeve) == UNRELATED


# --- Brands -------------------------------------------------------------------------------------


def test_a_brand_forbids_what_the_model_would_allow(shop):
    phone = shop.sell(shop.phones, "Phone", {shop.model: "iPhone 15", shop.maker: "Apple"})
    case = shop.sell(shop.cases, "Case", {shop.fits_model: "iPhone 15", shop.fits_maker: "Samsung"})
    assert verdict(shop, phone, case) == CLASHES


def test_a_brand_is_not_enough_where_a_model_is_to_be_known(shop):
    phone = shop.sell(shop.phones, "Phone", {shop.model: "iPhone 15", shop.maker: "Apple"})
    assert verdict(shop, phone, shop.sell(shop.cases, "Case", {shop.fits_maker: "Apple"})) == (
        UNKNOWN
    )


def test_a_brand_that_nobody_states_is_not_missed(shop):
    laptop = shop.sell(shop.laptops, "Laptop", {shop.size: "14 in", shop.laptop_maker: "Dell"})
    sleeve = shop.sell(shop.sleeves, "Sleeve", {shop.fits_size: "14 in"})
    assert verdict(shop, laptop, sleeve) == FITS


def test_a_brand_decides_where_there_is_nothing_finer(shop):
    laptop = shop.sell(shop.laptops, "Laptop", {shop.laptop_maker: "Dell"})
    assert verdict(shop, laptop, shop.sell(shop.adapters, "Adapter for Dell")) == FITS
    assert verdict(shop, laptop, shop.sell(shop.adapters, "Adapter for HP")) == CLASHES
    assert verdict(shop, laptop, shop.sell(shop.adapters, "Dell adapter")) == UNKNOWN


def test_an_accessory_made_by_a_brand_does_not_fit_by_being_of_it(shop):
    """Ink has a brand, too, and so had a printer: the cartridge's is that of its maker."""
    printers, ink = shop.category("Printers"), shop.category("Ink")
    brand = shop.attribute("Brand", [printers, ink], ["HP", "Canon"])
    fits = shop.attribute("Compatible Brand", [ink], ["HP", "Canon"])
    shop.fits(fits, brand)
    printer = shop.sell(printers, "Printer", {brand: "HP"})
    assert verdict(shop, printer, shop.sell(ink, "Ink", {brand: "HP", fits: "Canon"})) == CLASHES
    assert verdict(shop, printer, shop.sell(ink, "Ink", {brand: "HP"})) == UNKNOWN


# --- What everybody knows -----------------------------------------------------------------------


@pytest.fixture
def cables(shop):
    """What makes a cable for each plug, of phones that may state their port."""
    category, ports = shop.category("Cables"), ("Lightning", "USB-C", "Qi wireless")
    connector = shop.attribute("Connector", [category], ports, MANY)
    shop.port = shop.attribute("Charging Port", [shop.phones], ports, MANY)
    shop.fits(connector, shop.port)
    return lambda plug: shop.sell(category, "Cable", {connector: plug})


def test_a_phone_has_the_port_of_its_model(shop, cables):
    phone = shop.phone("iPhone 15")
    assert verdict(shop, phone, cables("USB-C")) == FITS
    assert verdict(shop, phone, cables(["Qi wireless"])) == FITS
    assert verdict(shop, phone, cables("Lightning")) == CLASHES
    named = shop.sell(shop.phones, "Google Pixel 6a, black")
    assert verdict(shop, named, cables("USB-C")) == FITS
    assert verdict(shop, named, cables("Qi wireless")) == CLASHES


def test_what_a_phone_states_goes_before_what_its_model_has(shop, cables):
    rebuilt = shop.sell(shop.phones, "Phone", {shop.model: "iPhone 15", shop.port: "Lightning"})
    assert verdict(shop, rebuilt, cables("Lightning")) == FITS
    assert verdict(shop, rebuilt, cables("USB-C")) == CLASHES


def test_nobody_knows_the_port_of_an_unknown_phone(shop, cables):
    assert verdict(shop, shop.sell(shop.phones, "Phone"), cables("USB-C")) == UNKNOWN


def test_a_case_has_no_port(shop, cables):
    assert verdict(shop, shop.case("iPhone 15"), cables("Lightning")) == UNRELATED


def test_what_is_implied_are_values_of_the_starter_taxonomy():
    attributes = {each.source_id: each for each in parse_files(read_files()).attributes}
    models, ports = (
        {value.name for value in attributes[name].values}
        for name in ("phone-model", "charging-port")
    )
    (implication,) = IMPLICATIONS
    assert set(implication.values) <= ports
    assert {model for known in implication.values.values() for model in known} <= models


# --- The vocabulary -----------------------------------------------------------------------------


def test_an_edit_of_the_vocabulary_counts_at_once(shop):
    pouches = shop.category("Pouches")
    phone, pouch = shop.phone("iPhone 15"), shop.sell(pouches, "Pouch for Pixel 6")
    assert verdict(shop, phone, pouch) == UNRELATED
    fits = shop.attribute("Made For", [pouches], ["iPhone 15", "Pixel 6"])
    shop.fits(fits, shop.model)
    assert verdict(shop, phone, pouch) == CLASHES


def test_a_category_has_its_parents_attributes(shop):
    shop.belts.parent = shop.cases
    shop.belts.save()
    holster = shop.sell(shop.belts, "Belt holster", {shop.fits_model: "Pixel 6"})
    assert verdict(shop, shop.phone("iPhone 15"), holster) == CLASHES


def test_asks_as_many_queries_for_many_as_for_one(shop, django_assert_num_queries):
    seed = shop.seed(shop.phone("iPhone 15"))
    cases = [shop.case("iPhone 15").pk for _ in range(30)]
    verdicts(seed, cases)
    with django_assert_num_queries(2):
        assert set(verdicts(seed, cases).values()) == {FITS}


def test_what_is_deleted_has_no_verdict(shop):
    seed, case = shop.seed(shop.phone()), shop.case()
    gone = case.pk
    case.delete()
    assert verdicts(seed, [gone]) == {}


# --- A naive judge ------------------------------------------------------------------------------

MODEL, BRAND = 1, 2
STATED = ("a", "b")
WORLD = (*STATED, "c")  # there is always a value that nobody states


def dimension(pk: int) -> Dimension:
    return Dimension(pk, pk == BRAND, frozenset(), ValueFinder([]), TitleReader([]), {}, {})


FITMENT = Fitment({pk: dimension(pk) for pk in (MODEL, BRAND)}, {})

hosts = st.builds(Claim, st.just(False), st.frozensets(st.sampled_from(STATED), max_size=1))
accessories = st.builds(Claim, st.just(True), st.frozensets(st.sampled_from(STATED)), st.booleans())
things = st.dictionaries(st.sampled_from((MODEL, BRAND)), hosts | accessories)


def imagined(claim: Claim) -> list[set[str]]:
    """All that could be true of a thing."""
    if claim.is_universal:
        return [set(WORLD)]
    return [set(claim.values)] if claim.values else [{value} for value in WORLD]


def naive(one: dict[int, Claim], other: dict[int, Claim]) -> Verdict:
    met = {}
    for pk in (MODEL, BRAND):
        if pk in one and pk in other and (one[pk].is_accessory or other[pk].is_accessory):
            cases = product(imagined(one[pk]), imagined(other[pk]))
            agree = {bool(left & right) for left, right in cases}
            met[pk] = UNKNOWN if len(agree) == 2 else FITS if True in agree else CLASHES
    if not met:
        return UNRELATED
    if CLASHES in met.values():
        return CLASHES
    return met[min(met)]


@given(things, things)
def test_judges_as_one_who_imagines_everything_that_could_be_true(one, other):
    assert judge(one, other, FITMENT) == naive(one, other) == judge(other, one, FITMENT)
