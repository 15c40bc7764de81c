from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listing_assistant.catalogue.units import (
    UNITS,
    Quantity,
    UnitError,
    convert,
    normalise,
    parse_quantity,
    plain,
)


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("32 GB", "32", "GB"),
        ("32gb", "32", "GB"),
        ("10 in", "10", "in"),
        ('10"', "10", "in"),
        ("10 Inches", "10", "in"),
        ("15.6-inch", "15.6", "in"),
        ("1,5 kg", "1.5", "kg"),
        ("0,125 l", "0.125", "l"),
        ("1,000 g", "1000", "g"),
        ("12 500 mAh", "12500", "mAh"),
        ("1.000,5 g", "1000.5", "g"),
        ("1/2 in", "0.5", "in"),
        ("10 1/2 in", "10.5", "in"),
        ("6.8 fl oz", "6.8", "fl oz"),
    ],
)
def test_a_measure_is_read_as_people_write_it(text: str, value: str, unit: str) -> None:
    assert parse_quantity(text) == Quantity(Decimal(value), unit)


@pytest.mark.parametrize(
    ("text", "same"),
    [("10 in", "25.4 cm"), ("1 TB", "1000gb"), ("2 lb", "907.18474 g"), ("1 yr", "12 months")],
)
def test_equal_measures_have_one_canonical_form(text: str, same: str) -> None:
    assert normalise(text) == normalise(same)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "empty"),
        ("cm", "no_number"),
        ("25", "no_unit"),
        ("25 bananas", "unknown_unit"),
        ("5-6 cm", "no_number"),
        ("10 x 20 cm", "no_number"),
        ("-5 cm", "no_number"),
        ("1/0 in", "no_number"),
        ("about 5 cm", "no_number"),
    ],
)
def test_what_is_not_one_measure_is_refused(text: str, code: str) -> None:
    with pytest.raises(UnitError) as refused:
        parse_quantity(text)
    assert refused.value.code == code


def test_a_bare_number_takes_the_attributes_unit() -> None:
    assert convert("25", "cm") == Decimal(25)
    assert convert("10 in", "cm") == Decimal("25.4")


def test_a_weight_is_not_a_length() -> None:
    with pytest.raises(UnitError) as refused:
        convert("3 kg", "cm")
    assert refused.value.code == "other_quantity"


@given(
    value=st.decimals(min_value="0.01", max_value="99999", places=2),
    unit=st.sampled_from(UNITS),
    space=st.sampled_from(["", " ", "  "]),
)
def test_what_is_written_is_read_back(value: Decimal, unit: str, space: str) -> None:
    assert parse_quantity(f"{plain(value)}{space}{unit}") == Quantity(value, unit)


@given(
    value=st.decimals(min_value="0.01", max_value="99999", places=2),
    unit=st.sampled_from(UNITS),
)
def test_normalising_twice_changes_nothing(value: Decimal, unit: str) -> None:
    once = normalise(f"{value} {unit}")
    assert normalise(str(once)) == once


@given(st.text(max_size=30))
def test_any_text_gives_a_measure_or_a_unit_error(text: str) -> None:
    try:
        assert parse_quantity(text).value >= 0
    except UnitError as refused:
        assert refused.code
