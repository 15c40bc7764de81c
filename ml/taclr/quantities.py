"""Figures in a text: with unit, fraction, range, and in runs such as `20 x 16 x 24 in`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ml.taclr.units import CASED_UNITS, UNITS, parse_number

if TYPE_CHECKING:
    from ml.taclr.surface import Text

KILO_COUNT = "kilo-count"
PUREST = 24  # karat
_RANGE_GAPS = ("-", " - ", "~")
_RANGE_WORDS = ("to", "bis")
_HALVES = ("2", "3", "4", "8", "16", "32", "64")
_COMPOUNDS = {("foot", "inch"), ("pound", "ounce")}
_AFTER_WATT = re.compile(r"[dhl]|deep|high|long")


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with the unit written after it, if any; `tokens` is its token range.

    `inherited`: the unit stands only behind a later figure of the same run.
    """

    value: float
    unit: str | None
    first: int
    last: int
    start: int
    end: int
    inherited: bool = False


@dataclass(frozen=True, slots=True)
class Range:
    """`38-40` or `10 to 12 cm`: two figures in one unit, or in none."""

    low: float
    high: float
    unit: str | None
    first: int
    last: int


Chains = Mapping[int, tuple[int, int]]


def quantities_of(text: Text) -> tuple[Quantity, ...]:
    """The figures of a text from left to right; a run's unit holds for all its figures."""
    found = list(_compounded(text, list(_written(text))))
    return tuple(_with_inherited_units(found, chains_of(text, found)))


def chains_of(text: Text, quantities: list[Quantity] | tuple[Quantity, ...]) -> Chains:
    """First token of every figure in a run such as `20 x 16 x 24 in` -> (position, length)."""
    runs: list[list[int]] = [[]]
    end = -1
    for quantity in quantities:
        between = [token.raw for token in text.tokens[end + 1 : quantity.first]]
        # One letter may stand between figure and x, as in `20"W x 16"D`.
        if not (1 <= len(between) <= 2 and between[-1] in ("x", "by")):
            runs.append([])
        runs[-1].append(quantity.first)
        end = quantity.last
    return {
        first: (place, len(run)) for run in runs for place, first in enumerate(run) if len(run) > 1
    }


def ranges_of(text: Text) -> Iterator[Range]:
    """Two figures with a dash or `to` between, the smaller first."""
    for left, right in zip(text.quantities, text.quantities[1:], strict=False):
        between = [token.raw for token in text.tokens[left.last + 1 : right.first]]
        joined = not between and text.gap(left.last) in _RANGE_GAPS
        joined = joined or (len(between) == 1 and between[0] in _RANGE_WORDS)
        units = {unit for unit in (left.unit, right.unit) if unit}
        if joined and left.value < right.value and len(units) <= 1:
            unit = next(iter(units), None)
            yield Range(left.value, right.value, unit, left.first, right.last)


def _written(text: Text) -> Iterator[Quantity]:
    index = 0
    while index < len(text.tokens):
        token = text.tokens[index]
        number = parse_number(token.raw) if token.is_number else None
        if number is None:
            index += 1
            continue
        first, last = index, index
        number, last = _with_fraction(text, number, last)
        unit, last = _unit_after(text, last)
        if unit == KILO_COUNT:
            number, unit = number * 1000, None
        elif unit == "karat" and number > PUREST:
            unit = None  # `100 ct` are a hundred pieces
        start, end = text.tokens[first].start, text.tokens[last].end
        yield Quantity(number, unit, first, last, start, end)
        index = last + 1


def _compounded(text: Text, found: list[Quantity]) -> Iterator[Quantity]:
    """`5'11"` is one length and `2 lb 3 oz` one weight, in the smaller unit."""
    index = 0
    while index < len(found):
        left = found[index]
        right = found[index + 1] if index + 1 < len(found) else None
        if right and right.first == left.last + 1 and (left.unit, right.unit) in _COMPOUNDS:
            whole, part = UNITS[left.unit or ""][2], UNITS[right.unit or ""][2]
            close = len(text.gap(left.last)) <= 1
            if close and right.value * part < whole:
                value = round(left.value * whole / part, 6) + right.value
                yield replace(left, value=value, unit=right.unit, last=right.last, end=right.end)
                index += 2
                continue
        yield left
        index += 1


def _with_inherited_units(found: list[Quantity], chains: Chains) -> Iterator[Quantity]:
    unit: str | None = None
    backwards: list[Quantity] = []
    for quantity in reversed(found):
        place, length = chains.get(quantity.first, (0, 1))
        if place == length - 1:
            unit = quantity.unit
        if quantity.unit is None and unit is not None and place < length - 1:
            # The 3 of `3 x 50 ml` counts bottles.
            if UNITS[unit][1] == "length":
                quantity = replace(quantity, unit=unit, inherited=True)
        else:
            unit = quantity.unit or unit
        backwards.append(quantity)
    yield from reversed(backwards)


def _with_fraction(text: Text, whole: float, last: int) -> tuple[float, int]:
    """Add `-3/4` or ` 3/4` behind a whole number; `3/4` alone is a number too."""
    tokens = text.tokens
    if last + 2 < len(tokens) and text.gap(last) in ("-", " ", "- ", " - "):
        top, bottom = tokens[last + 1].raw, tokens[last + 2].raw
        if _is_fraction(text, last + 1, top, bottom) or (
            len(bottom) <= 2 and _is_ratio(text, last + 1, top, bottom) and whole.is_integer()
        ):
            return whole + int(top) / int(bottom), last + 2
    if last + 1 < len(tokens):
        top, bottom = tokens[last].raw, tokens[last + 1].raw
        if _is_fraction(text, last, top, bottom):
            return int(top) / int(bottom), last + 1
    return whole, last


def _is_ratio(text: Text, left: int, top: str, bottom: str) -> bool:
    if not (top.isdigit() and bottom.isdigit() and text.gap(left) == "/"):
        return False
    return int(top) < int(bottom)


def _is_fraction(text: Text, left: int, top: str, bottom: str) -> bool:
    return bottom in _HALVES and _is_ratio(text, left, top, bottom)


def _unit_after(text: Text, last: int) -> tuple[str | None, int]:
    if last + 1 >= len(text.tokens) or len(text.gap(last).strip(" -.")) > 0:
        return None, last
    place = last + 1
    following = text.tokens[place]
    if following.raw == "k" and text.gap(last) == "":
        return KILO_COUNT, place
    if place + 1 < len(text.tokens) and len(text.gap(place).strip(" .")) == 0:
        pair = UNITS.get(f"{following.canonical} {text.tokens[place + 1].canonical}")
        if pair is not None:
            return pair[0], place + 1
    known = UNITS.get(following.canonical) or UNITS.get(following.raw)
    known = known or _cased_unit(text, place)
    if known is None or _means_something_else(text, place):
        return None, last
    return known[0], place


def _cased_unit(text: Text, place: int) -> tuple[str, str, float] | None:
    token = text.tokens[place]
    name = CASED_UNITS.get(text.original[token.start : token.end])
    # `32 To 64` in a title is a range.
    return UNITS[name] if name and not _raw(text, place + 1)[:1].isdigit() else None


def _means_something_else(text: Text, place: int) -> bool:
    """The L of `W32 L34`, the `in` of `2 in 1` and the w of `35w x 22d` are no units."""
    unit, following = text.tokens[place].raw, _raw(text, place + 1)
    if len(unit) == 1 and unit.isalpha() and following[:1].isdigit() and text.gap(place) == "":
        return True
    if unit == "in" and following == "1":
        return True
    if unit == "w":
        return bool(following in ("x", "by") and _AFTER_WATT.fullmatch(_side_after(text, place)))
    return False


def _side_after(text: Text, place: int) -> str:
    """The letter behind the figure that follows `w x`: d in `35w x 22-1/2"d`."""
    after = place + 2
    while after < len(text.tokens) and text.tokens[after].raw[0] in "0123456789\"'":
        after += 1
    return _raw(text, after)


def _raw(text: Text, place: int) -> str:
    return text.tokens[place].raw if place < len(text.tokens) else ""
