"""What counts as a claim, of which kind, and when two claims are the same."""

from __future__ import annotations

import pytest

from ml.description.checking.quantities import quantity_key, single_quantities
from ml.description.checking.tokens import fold, words_of
from ml.description.facts import Fact, Facts
from ml.description.grounding import check

NOTHING = Facts("")


def kinds(text: str, code: str = "en") -> dict[str, str]:
    return {claim.text: claim.kind for claim in check(text, NOTHING, code)}


@pytest.mark.parametrize(
    ("text", "claims"),
    [
        ("It is 20 cm wide.", {"20 cm": "number", "wide": "detail"}),
        ("In navy blue wool.", {"navy": "colour", "blue": "colour", "wool": "material"}),
        ("Made of faux leather.", {"faux leather": "material"}),
        ("Size XL.", {"XL": "size"}),
        ("It is like new.", {"like new": "condition"}),
        ("New Balance shoes.", {"New Balance": "name", "shoes": "detail"}),
        ("A must-have.", {"must-have": "praise"}),
        ("With a certificate.", {"certificate": "guarantee"}),
        ("No scratches or stains.", {"No scratches or stains": "absence"}),
        ("It doesn't smell.", {"doesn't smell": "absence"}),
        ("Stain-free.", {"Stain-free": "absence"}),
        ("By Zorvex.", {"Zorvex": "name"}),
        ("It has a hidden pocket.", {"hidden": "detail", "pocket": "detail"}),
        ("It has two pockets.", {"two": "number", "pockets": "detail"}),
        ("It fits an O'Neill.", {"O": "name", "Neill": "name"}),
        ("It is Levi's.", {"Levi": "name"}),
        ("Please feel free to ask.", {}),
    ],
)
def test_claims_have_kinds(text: str, claims: dict[str, str]) -> None:
    assert kinds(text) == claims


def test_an_article_is_no_size() -> None:
    assert kinds("L'article est en taille L.", "fr") == {"L": "size"}
    assert check("L'article.", NOTHING, "fr") == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("20 cm", "20cm"), ("20 cm", "20,0 centimetres"), ('8"', "8 inches"), ("1,000 g", "1000 g"),
        ("20 x 30 cm", "20×30cm"), ("8 in x 10 in", '8 x 10"'), ("8-10 years", "8 – 10 years"),
        ("½", "1/2"), ("EU 38", "38 EU"), ("20 €", "€20"), ("32GB", "32 GB"), ("5'10\"", "5' 10\""),
        ("1½ in", "1 ½ inch"), ("100%", "100 %"), ("2 Jahre", "2 years"),
    ],
)  # fmt: skip
def test_two_ways_of_writing_a_quantity_are_the_same(one: str, other: str) -> None:
    assert quantity_key(one) == quantity_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("20 cm", "20 mm"), ("20 cm", "20"), ("20", "20.5"), ("8 in", "20.32 cm"), ("1/2", "1-2"),
        ("20 x 30 cm", "30 x 20 cm"), ("38 EU", "38 UK"), ("1.5 kg", "15 kg"), ("5'10\"", "5.10"),
        ("1,000 g", "1,0 g"), ("$20", "€20"),
    ],
)  # fmt: skip
def test_another_figure_or_unit_is_another_quantity(one: str, other: str) -> None:
    assert quantity_key(one) != quantity_key(other)


def test_the_sides_of_a_measure_stand_alone_and_the_ends_of_a_range_do_not() -> None:
    assert single_quantities(quantity_key("20 x 30 cm")) == ["20 cm", "30 cm"]
    assert single_quantities(quantity_key("8-10 years")) == []


@pytest.mark.parametrize(
    ("text", "quantities"),
    [
        ("Size 8 in blue", ["8"]),
        ("The 2nd of the 1990s", ["2nd", "1990s"]),
        ("iPhone12 and A4", ["iPhone12", "A4"]),
        ("20, 30 cm", ["20", "30 cm"]),
        ("model WH-1000XM4", ["1000XM4"]),
    ],
)
def test_figures_are_read_with_their_own_unit_only(text: str, quantities: list[str]) -> None:
    found = [claim.text for claim in check(text, NOTHING) if claim.kind == "number"]
    assert found == quantities


@pytest.mark.parametrize(
    "word", ["\uff53ilk", "s\u0456lk", "si\u200blk", "SILK", "si\u00adlk", "s\u1d35lk"]
)
def test_what_reads_the_same_folds_to_the_same(word: str) -> None:
    assert fold(word) == "silk"


def test_words_of_another_script_stay() -> None:
    assert words_of("Красное платье") == ["красное", "платье"]


def test_a_brand_with_a_claim_word_is_a_name_only_where_it_is_written_as_one() -> None:
    facts = Facts("Orange phone cover", attributes=(Fact("Brand", "New Look"),))
    assert {claim.text: claim.source for claim in check("A New Look cover.", facts)} == {
        "New Look": "Brand",
        "cover": "title",
    }
    assert [claim.source for claim in check("It is new.", facts)] == [None]
