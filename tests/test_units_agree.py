"""The forms' units and the models' units are two tables, since neither may import the other."""

from __future__ import annotations

import pytest

from listing_assistant.catalogue.units import UNITS, UnitError, canonical, convert, parse_quantity
from ml.taclr.surface import read
from ml.taclr.units import unit_named

# Counts of things, which a text gives as a bare number beside a noun.
COUNTS = {"pcs", "players", "people", "key", "gear", "page"}


def measured(name: str) -> bool:
    return canonical(parse_quantity(f"1 {name}")).unit not in COUNTS


@pytest.mark.parametrize("name", [name for name in UNITS if measured(name)])
def test_every_measured_unit_of_the_forms_is_known_to_the_models(name: str) -> None:
    assert unit_named(name) is not None


@pytest.mark.parametrize("name", [name for name in UNITS if measured(name)])
def test_both_tables_convert_alike(name: str) -> None:
    ours = unit_named(name)
    assert ours is not None
    for other in filter(measured, UNITS):
        theirs = unit_named(other)
        assert theirs is not None
        try:
            factor = float(convert(f"1000 {name}", other))
        except UnitError:
            assert ours[1] != theirs[1], other
            continue
        assert ours[1] == theirs[1], other
        # The forms round to six decimals.
        assert factor == pytest.approx(1000 * ours[2] / theirs[2], rel=1e-6, abs=1e-6), other


@pytest.mark.parametrize(
    "text", ["32gb", "10 in", '10"', "1,5 kg", "1500 g", "7 1/2 in", "8 fl oz"]
)
def test_both_read_a_measure_alike(text: str) -> None:
    ours = read(text).quantities[-1]
    theirs = canonical(parse_quantity(text))
    unit, base = unit_named(ours.unit or ""), unit_named(theirs.unit)
    assert unit is not None
    assert base is not None
    assert ours.value * unit[2] / base[2] == pytest.approx(float(theirs.value))
