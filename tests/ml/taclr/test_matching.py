"""Where a text states a value: spans on the right characters, in every spelling."""

from __future__ import annotations

import pytest

from ml.taclr.matching import mentions_in, span_of
from ml.taclr.surface import read
from ml.taclr.taxonomy import AttributeSpec, ValueSpec


def attribute(name: str, *values: str | ValueSpec, kind: str = "choice") -> AttributeSpec:
    specs = tuple(v if isinstance(v, ValueSpec) else ValueSpec(v) for v in values)
    return AttributeSpec("Things", name, specs, kind)  # type: ignore[arg-type]


def stated(spec: AttributeSpec, title: str, description: str = "") -> set[tuple[str, str]]:
    """(value, the words that state it) for every mention."""
    found = set()
    for mention in mentions_in(spec, title, description):
        text = read(title if mention.field == "title" else description)
        span = span_of(text, mention.field, mention.first, mention.last)
        found.add((spec.values[mention.value].value, span.text))
    return found


def test_a_span_holds_exactly_the_characters_that_state_the_value() -> None:
    spec = attribute("Colour", "Red", "Navy Blue")
    title = "Ünïque  navy-blue dress, new"
    (mention,) = mentions_in(spec, title, "")
    span = span_of(read(title), "title", mention.first, mention.last)
    assert title[span.start : span.end] == span.text == "navy-blue"


@pytest.mark.parametrize(
    ("value", "title", "words"),
    [
        ("32 GB", "Pendrive 32gb silver", "32gb"),
        ("32 Gigabytes", "Pendrive 32-GB", "32-GB"),
        ("432322B21", "HP 432322-B21 disk", "432322-B21"),
        ("Hewlett-Packard", "HP disk", "HP"),
        ("Generation 6", "server G6 rack", "G6"),
        ("Gray", "Grey scarf", "Grey"),
        ("Dress", "Two dresses", "dresses"),
        ("61.0", 'Shelf 24" wide', '24"'),
        ("10000", "10K disk", "10K"),
        ("50.2", 'Rack 19-3/4" long', '19-3/4"'),
        ("4", "Quad core", "Quad"),
        ("56252", "UPC 056252123456", "056252123456"),
        ("赤", "赤いワンピース", "赤"),
    ],
)
def test_a_value_is_found_in_the_sellers_spelling(value: str, title: str, words: str) -> None:
    assert (value, words) in stated(attribute("Any", value), title)


@pytest.mark.parametrize(
    ("value", "title"),
    [
        ("S", "men's shirt"),
        ("S", "iPhone 5s"),
        ("Red", "Shredded paper"),
        ("Red", "Bored game"),
        ("Ring", "Earring"),
        ("12", "Box of 120"),
    ],
)
def test_a_value_inside_another_word_is_not_stated(value: str, title: str) -> None:
    assert stated(attribute("Any", value), title) == set()


def test_a_synonym_leads_to_the_taxonomys_own_value() -> None:
    spec = attribute("Type", ValueSpec("Trainers", ("sneakers", "running shoes")))
    assert stated(spec, "White running shoe") == {("Trainers", "running shoe")}


def test_both_fields_are_read_and_told_apart() -> None:
    spec = attribute("Colour", "Red", "Blue")
    fields = {m.field: m.value for m in mentions_in(spec, "Red hat", "also in blue")}
    assert fields == {"title": 0, "description": 1}


def test_a_measure_with_a_unit_is_found_in_another_unit() -> None:
    assert ("30 cm", "300mm") in stated(attribute("Length", "30 cm"), "Ruler 300mm")


def test_figures_in_a_run_know_their_place() -> None:
    text = read('Table 20" x 30" x 16 in, 4 legs')
    places = [text.chains.get(quantity.first) for quantity in text.quantities]
    assert places == [(0, 3), (1, 3), (2, 3), None]


@pytest.mark.parametrize(
    ("values", "title", "found"),
    [
        ("Cotton|Polyester|Wool", "Shirt cotton / polyester", {"Cotton", "Polyester"}),
        ("Cotton|Polyester|Wool", "60% cotton, 40% polyester", {"Cotton", "Polyester"}),
        ("Men|Women|Kids", "Cap for Men, Women", {"Men", "Women"}),
        ("Black|White|Red", "black & white rug", {"Black", "White"}),
        ("Black|White|Red", "black&amp;white rug", {"Black", "White"}),
        ("Black|White|Red", "black-and-white rug", {"Black", "White"}),
        ("Black|Red|Blue", "schwarz/rot", {"Black", "Red"}),
        ("Bluetooth|WiFi|USB", "Wi-Fi + Bluetooth + USB", {"Bluetooth", "WiFi", "USB"}),
    ],
)
def test_values_joined_in_one_phrase_are_each_stated(
    values: str, title: str, found: set[str]
) -> None:
    spec = attribute("Any", *values.split("|"), kind="multi")
    assert {value for value, _ in stated(spec, title)} == found


def test_a_slip_between_two_values_states_neither() -> None:
    assert stated(attribute("Maker", "Bernardo", "Bernarda"), "Bernardx vase") == set()
    assert stated(attribute("Maker", "Marlton", "Marlson"), "Marl on lamp") == set()
    spec = attribute("Maker", "Kensington", "Kensingtan")
    assert {value for value, _ in stated(spec, "Kensingtan lock")} == {"Kensingtan"}


def test_a_word_of_another_value_is_no_slip() -> None:
    spec = attribute("Finish", "Brushed Steel", "Crushed Velvet", "Stainless")
    assert {value for value, _ in stated(spec, "Stainles bowl")} == {"Stainless"}
    assert stated(attribute("Finish", "Polished", "Polish Red"), "polish") <= {
        ("Polish Red", "polish"),
        ("Polished", "polish"),
    }


def test_a_code_of_many_digits_measures_nothing() -> None:
    spec = attribute("Width", "31.4", "30.0", kind="number")
    assert stated(spec, "UPC 036000291452") == set()


def test_the_sides_of_a_run_share_the_unit_behind_it() -> None:
    text = read("Table 120 x 60 x 75 cm")
    assert [(q.value, q.unit, q.inherited) for q in text.quantities] == [
        (120.0, "centimeter", True),
        (60.0, "centimeter", True),
        (75.0, "centimeter", False),
    ]


def test_a_count_before_a_bottle_has_no_unit() -> None:
    assert [q.unit for q in read("shampoo 2 x 50 ml").quantities] == [None, "milliliter"]


@pytest.mark.parametrize(
    ("written", "value", "unit"),
    [
        ("5'11\"", 71.0, "inch"),
        ("5 ft 11 in", 71.0, "inch"),
        ("2 lb 3 oz", 35.0, "ounce"),
        ('19-3/4"', 19.75, "inch"),
        ("11-3/5 in", 11.6, "inch"),
        ("10K", 10000.0, None),
        ("50 percent", 50.0, "percent"),
        ("100 ct", 100.0, None),
        ("18 ct", 18.0, "karat"),
        ("2 in 1", 2.0, None),
        ("W32 L34", 32.0, None),
        ("32 To 64", 32.0, None),
    ],
)
def test_a_figure_and_its_unit_are_read_as_people_write_them(
    written: str, value: float, unit: str | None
) -> None:
    first = read(written).quantities[0]
    assert (first.value, first.unit) == (value, unit)
