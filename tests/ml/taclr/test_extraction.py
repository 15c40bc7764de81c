"""Values that no list holds: sides of things, labelled words, spans of titles, and their bounds."""

from __future__ import annotations

import pytest

from ml.taclr.extraction import LABELLED, MAX_STATEMENTS, SPAN, Statement, statements_in
from ml.taclr.labels import side_of
from ml.taclr.matching import span_of
from ml.taclr.surface import read
from ml.taclr.taxonomy import AttributeSpec, Kind, ValueSpec


def spec(attribute: str, *known: str, kind: Kind = "text", unit: str = "") -> AttributeSpec:
    units = (unit,) if unit else ()
    return AttributeSpec("Things", attribute, tuple(map(ValueSpec, known)), kind, units)


def found(asked: AttributeSpec, text: str) -> list[Statement]:
    return statements_in(asked, read(text), "title", stretches=True)


def labelled(asked: AttributeSpec, text: str) -> list[str]:
    return [each.value for each in found(asked, text) if each.conversion == LABELLED]


@pytest.mark.parametrize(
    ("text", "sides"),
    [
        ("Box W 60 cm, H: 30cm, D 20 cm", ["width", "height", "depth"]),
        ('Chest 24"W x 36"D x 37"H', ["width", "depth", "height"]),
        ("File 35w x 22d x 29 1/2h", ["width", "depth", "height"]),
        ("Table 120 x 60 x 75 cm (LxWxH)", ["length", "width", "height"]),
        ("Table (W x D x H) 120 x 60 x 75 cm", ["width", "depth", "height"]),
        ("Shelf 80 cm wide, 200 cm high, 30 cm deep", ["width", "height", "depth"]),
        ("Rug 200 cm long", ["length"]),
        ("Bulb 60W", [None]),
        ("Table 20 x 30 cm", [None, None]),
    ],
)
def test_figures_know_which_side_they_measure(text: str, sides: list[str | None]) -> None:
    read_text = read(text)
    assert [side_of(read_text, quantity) for quantity in read_text.quantities] == sides


@pytest.mark.parametrize(
    ("attribute", "unit", "text", "values"),
    [
        ("Width", "cm", "Box W 60 cm, H: 30cm", ["60 cm"]),
        ("Height", "cm", "Box W 60 cm, H: 30cm", ["30 cm"]),
        ("Width", "cm", 'Chest 24"W x 36"D x 37"H', ["60.96 cm"]),
        ("Depth", "cm", "20 x 16 x 24 in (WxDxH)", ["40.64 cm"]),
        ("Weight", "kg", "Bike, weight: 1,5 kg, carries 120 kg", ["1.5 kg"]),
        ("Weight", "g", "Gewicht: 2 kg", ["2000 g"]),
        ("Weight", "kg", "weight 12", ["12 kg"]),
        ("Capacity", "GB", "Storage: 1 To, RAM 16 GB", ["1000 GB"]),
        ("Battery capacity", "mAh", "battery capacity 3Ah, charger 2 A", ["3000 mAh"]),
        ("Diameter", "cm", "pan 28 cm diameter, 10 cm high", ["28 cm"]),
        ("Width", "cm", "Table 20 x 30 cm", []),
    ],
)
def test_a_figure_beside_its_attributes_name_is_labelled(
    attribute: str, unit: str, text: str, values: list[str]
) -> None:
    assert labelled(spec(attribute, kind="number", unit=unit), text) == values


@pytest.mark.parametrize(
    ("attribute", "text", "values"),
    [
        ("Brand", "Brand: Acme, size 3", ["Acme"]),
        ("Brand", "Marke: Öko Test. Neu.", ["Öko Test"]),
        ("Brand", "brand = Acme Tools Colour: red", ["Acme Tools"]),
        ("Material", "Fabric: 100% cotton | wash cold", ["100% cotton"]),
        ("Material", "Matière : laine - neuf", ["laine"]),
        ("Colour", "COLOR: White; UPC: 1", ["White"]),
        ("Brand", "a brand new thing", []),
        ("Brand", "Brand:", []),
    ],
)
def test_words_behind_a_label_end_where_the_next_thing_begins(
    attribute: str, text: str, values: list[str]
) -> None:
    assert labelled(spec(attribute), text) == values


def spans(asked: AttributeSpec, title: str) -> list[str]:
    return [each.value for each in found(asked, title) if each.conversion == SPAN]


def test_a_title_offers_runs_of_words_that_no_mark_divides() -> None:
    offered = spans(spec("Brand"), "ALL BLUE Spoon, for Trout (new)")
    assert {"ALL BLUE", "ALL", "Spoon", "ALL BLUE Spoon", "Trout"} <= set(offered)
    assert not any("," in value or "(" in value for value in offered)
    assert "Spoon for" not in offered
    assert "for Trout" not in offered


def test_the_likeliest_stretch_comes_first() -> None:
    assert spans(spec("Brand"), "Seapesca minnow lure for winter fishing")[0] == "Seapesca"


def test_known_values_say_how_a_value_looks() -> None:
    lengths = spec("Length", "55mm", "70mm", "40mm", "12cm", "9cm")
    offered = spans(lengths, "Soft Lure 65mm 3.5g Bait")
    assert "65mm" in offered
    assert "Lure" not in offered
    makers = spec("Brand", "ACME", "BOSCH", "NIKON", "SONY", "LG")
    assert "MELITTA" in spans(makers, "Melitta coffee pods")


def test_a_span_points_at_the_sellers_own_characters() -> None:
    title = "🎣 M&amp;M Lure <b>YA24a</b>, new"
    text = read(title)
    by_value = {each.value: each for each in found(spec("Model"), title)}
    assert span_of(text, "title", by_value["YA24a"].first, by_value["YA24a"].last).text == "YA24a"
    assert "M&M" in by_value
    assert "b" not in by_value
    assert "amp" not in by_value


def test_an_attribute_that_training_never_saw_is_offered_its_labels_alone() -> None:
    stated = statements_in(spec("Brand"), read("Seapesca lure, Brand: Zeta"), "title")
    assert [each.value for each in stated] == ["Zeta"]


def test_a_closed_list_takes_nothing_from_outside() -> None:
    for kind in ("choice", "multi"):
        assert found(spec("Brand", "Acme", kind=kind), "Brand: Zeta") == []


def test_a_description_offers_no_spans_but_its_labels() -> None:
    text = read("A very fine thing. Brand: Zeta.")
    assert [each.value for each in statements_in(spec("Brand"), text, "description")] == ["Zeta"]


def test_statements_are_bounded_however_long_the_text() -> None:
    title = " ".join(f"word{number} AB-{number}X" for number in range(400))
    for kind in ("text", "identifier", "number"):
        assert len(found(spec("Part Number", kind=kind), title)) <= MAX_STATEMENTS
