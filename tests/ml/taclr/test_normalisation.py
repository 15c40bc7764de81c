"""Spellings, units, sizes and languages lead to the value as the list writes it."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.taclr.matching import Mention, mentions_in
from ml.taclr.taxonomy import AttributeSpec, ValueSpec
from ml.taclr.units import UNITS, parse_number

CASES = Path(__file__).parent / "normalisation" / "cases.tsv"


def cases() -> list[tuple[str, tuple[str, ...], str, str]]:
    with CASES.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))[1:]
    return [(name, tuple(values.split("|")), text, right) for name, values, text, right in rows]


def spec_of(attribute: str, values: tuple[str, ...]) -> AttributeSpec:
    return AttributeSpec("Things", attribute, tuple(ValueSpec(value) for value in values))


def stated(attribute: str, values: tuple[str, ...], text: str) -> set[str]:
    mentions: list[Mention] = mentions_in(spec_of(attribute, values), text, "")
    return {values[mention.value] for mention in mentions}


@pytest.mark.parametrize(
    ("attribute", "values", "text", "right"),
    [pytest.param(*case, id=f"{case[0]}: {case[2]}") for case in cases()],
)
def test_a_text_states_the_right_value_and_no_other(
    attribute: str, values: tuple[str, ...], text: str, right: str
) -> None:
    assert stated(attribute, values, text) == ({right} if right else set())


METRIC = {"mm": 0.001, "cm": 0.01, "m": 1.0, "mg": 0.001, "g": 1.0, "kg": 1000.0}
METRIC |= {"ml": 0.001, "cl": 0.01, "l": 1.0, "MB": 0.001, "GB": 1.0, "TB": 1000.0}
FAMILIES = [("mm", "cm", "m"), ("mg", "g", "kg"), ("ml", "cl", "l"), ("MB", "GB", "TB")]


@given(
    family=st.sampled_from(FAMILIES),
    amount=st.integers(1, 9999),
    places=st.tuples(st.integers(0, 2), st.integers(0, 2)),
    comma=st.booleans(),
    space=st.booleans(),
)
def test_a_measure_maps_back_from_any_unit_of_its_family(
    family: tuple[str, ...], amount: int, places: tuple[int, int], comma: bool, space: bool
) -> None:
    listed, written = family[places[0]], family[places[1]]
    figure = f"{amount * METRIC[listed] / METRIC[written]:.12f}".rstrip("0").rstrip(".")
    if comma and "." in figure and len(figure.split(".")[1]) != 3:
        figure = figure.replace(".", ",")
    value = f"{amount} {listed}"
    text = f"thing of {figure}{' ' if space else ''}{written} here"
    assert stated("Measure", (value, "7 dpi"), text) == {value}


@given(st.sampled_from(sorted(UNITS)), st.integers(2, 999))
def test_every_spelling_of_a_unit_states_the_same_measure(spelling: str, amount: int) -> None:
    canonical = UNITS[spelling][0]
    value = f"{amount} {canonical}"
    assert value in stated("Measure", (value,), f"about {amount} {spelling} of it")


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("1,200", 1200.0),
        ("1.200,5", 1200.5),
        ("1,5", 1.5),
        ("36.4", 36.4),
        ("1,200.75", 1200.75),
        ("005", 5.0),
        ("1.2.3", None),
        ("", None),
    ],
)
def test_numbers_are_read_as_both_sides_of_the_channel_write_them(
    written: str, number: float | None
) -> None:
    assert parse_number(written) == number
