"""Suggested titles: keywords first, calm, short, and only from what is known."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.description.facts import Fact, Facts
from ml.description.title import MOST_CHARACTERS, suggest_title

DRESS = (Fact("Brand", "Zara"), Fact("Colour", "Red"), Fact("Material", "Cotton"))


def suggested(title: str, *attributes: Fact, category: str = "") -> str:
    found = suggest_title(Facts(title, category, attributes=attributes))
    return found.text if found else ""


def test_the_brand_comes_first_and_missing_keywords_are_added() -> None:
    found = suggest_title(Facts("dress", attributes=(*DRESS, Fact("Size", "M"))))
    assert found is not None
    assert found.text == "Zara dress Red Cotton Size M"
    assert found.sources == ("Brand", "Colour", "Material", "Size")
    assert found.changes == ("keywords",)


def test_shouting_is_calmed_with_the_spelling_of_the_facts() -> None:
    camera = (Fact("Brand", "Sony"), Fact("Model", "DSC-RX100"))
    assert suggested("SONY CAMERA GREAT PHOTOS", *camera) == "Sony DSC-RX100 Camera Great Photos"


def test_one_brand_in_capitals_is_no_shouting() -> None:
    assert suggested("IKEA bookcase white", Fact("Brand", "IKEA")) == ""


def test_short_capitals_stay_for_they_may_be_a_name() -> None:
    assert suggested("SEALED ORIGINAL DVD") == "Sealed Original DVD"


@pytest.mark.parametrize("noise", ["L@@K!!!", "*** WOW ***", "free shipping", "must see", "🔥🔥"])
def test_noise_goes(noise: str) -> None:
    found = suggest_title(Facts(f"Oak table {noise}"))
    assert found is None or found.text == "Oak table"


def test_a_title_that_is_good_already_is_left_alone() -> None:
    assert suggested("Zara red cotton dress", *DRESS, category="Women > Dresses") == ""


def test_what_it_fits_is_said_with_for() -> None:
    assert suggested("Case", Fact("Compatible Model", "iPhone 15")) == "Case for iPhone 15"


def test_a_name_that_starts_small_keeps_its_letter() -> None:
    assert suggested("iPhone 15 case black must see") == "iPhone 15 case black"


def test_the_kind_is_added_from_the_category_where_the_title_lacks_it() -> None:
    assert suggested("Billy 80 cm", category="Home > Bookcases") == "Billy 80 cm bookcase"


def test_a_long_title_is_cut_between_words_and_not_after_a_joining_one() -> None:
    text = suggested(
        "Canon EOS 5D Mark III 22.3 MP Full Frame Digital SLR Camera Body with 2 Batteries",
        Fact("Colour", "Black"),
    )
    assert text == "Canon EOS 5D Mark III 22.3 MP Full Frame Digital SLR Camera Body"


@pytest.mark.parametrize("title", ["", "   ", "!!!", "🔥"])
def test_nothing_known_suggests_nothing(title: str) -> None:
    assert suggest_title(Facts(title)) is None


def test_markup_and_addresses_do_not_get_in() -> None:
    assert suggested("<b>Lamp</b> http://spam.example brass") == "Lamp brass"


WORDS = st.lists(st.text("abcdeABCDE19-ß赤", min_size=1, max_size=12), max_size=20).map(" ".join)


@given(title=WORDS, brand=WORDS, colour=WORDS, size=WORDS)
def test_it_is_short_and_says_nothing_new(title: str, brand: str, colour: str, size: str) -> None:
    facts = (Fact("Brand", brand), Fact("Colour", colour), Fact("Size", size))
    found = suggest_title(Facts(title, attributes=facts))
    if found is not None:
        assert 0 < len(found.text) <= MOST_CHARACTERS
        known = re.findall(r"\w+", f"{title} {brand} {colour} {size} size".casefold())
        assert set(re.findall(r"\w+", found.text.casefold())) <= set(known)


def test_a_word_that_is_also_a_name_is_no_noise() -> None:
    assert suggested("Hot Wheels car L@@K") == "Hot Wheels car"


def test_nothing_is_said_twice_and_no_joining_word_is_left_alone() -> None:
    bag = (Fact("Department", "Unisex"), Fact("Colour", "Purple"))
    assert suggested("UNISEX PURPLE BACKPACK", *bag) == "Unisex Purple Backpack"
    assert suggested("Shoes for women", Fact("Department", "Women")) == ""
