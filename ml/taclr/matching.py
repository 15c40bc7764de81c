"""Where a text states a value: spans of allowed values, in any of their spellings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from ml.taclr.surface import (
    NUMBER_WORDS,
    UNITS,
    Quantity,
    Text,
    compact,
    figure,
    parse_number,
    read,
)
from ml.taclr.taxonomy import AttributeSpec

FieldName = Literal["title", "description"]

# How the text's spelling leads to the value, surest first. Everything from "unitless" on is a
# reading that needs the attribute's context to be believed.
FORMS = (
    "exact", "synonym", "compact", "abbreviation", "converted", "worded", "unitless", "code part",
)  # fmt: skip
BARCODE_LENGTHS = (12, 13)
TARGET_UNITS = ("centimeter", "gram", "kilogram", "meter", "millimeter", "milliliter", "liter")
_MARKED = re.compile(r"[A-Za-z0-9]+")


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the seller's own text."""

    field: FieldName
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Mention:
    """Candidate value number `value` is stated by tokens `first..last` of `field`."""

    value: int
    field: FieldName
    first: int
    last: int
    form: str
    conversion: str = ""


@dataclass(frozen=True)
class ValueIndex:
    """The values of one attribute, keyed by what a text would have to say."""

    spec: AttributeSpec
    surfaces: dict[str, tuple[tuple[int, str], ...]]  # spaceless form -> (value, form)
    numbers: dict[str, int]  # bare figures
    measures: tuple[tuple[int, float, str], ...]  # (value, figure, unit)
    decimals: tuple[int, ...]  # how finely bare figures are written, e.g. (0, 1)

    def mentions(self, text: Text, field: FieldName) -> list[Mention]:
        """All statements of a listed value in `text`, longest first at each place."""
        found = list(self._spelled(text, field))
        if self.numbers:
            found += self._figures(text, field)
        if self.measures:
            found += self._measured(text, field)
        best: dict[tuple[int, int, int], Mention] = {}
        for mention in found:
            key = (mention.value, mention.first, mention.last)
            held = best.get(key)
            if held is None or FORMS.index(mention.form) < FORMS.index(held.form):
                best[key] = mention
        return list(best.values())

    def _spelled(self, text: Text, field: FieldName) -> Iterator[Mention]:
        for surface in text.ngrams.keys() & self.surfaces.keys():
            for value, form in self.surfaces[surface]:
                for first, last in text.ngrams[surface]:
                    if is_whole(text, first, last, self.spec.values[value].value):
                        yield Mention(value, field, first, last, form)

    def _figures(self, text: Text, field: FieldName) -> Iterator[Mention]:
        for quantity in text.quantities:
            for written, form, conversion in self.readings(quantity):
                value = self.numbers.get(written)
                if value is not None:
                    yield Mention(value, field, quantity.first, quantity.last, form, conversion)
        for place, token in enumerate(text.tokens):
            worded = NUMBER_WORDS.get(token.raw)
            if worded is not None and str(worded) in self.numbers:
                yield Mention(self.numbers[str(worded)], field, place, place, "worded")
            elif token.raw.isdigit() and len(token.raw) in BARCODE_LENGTHS:
                # The maker's part of a product barcode: digits 2 to 6.
                value = self.numbers.get(token.raw[-12:][1:6])
                if value is not None:
                    yield Mention(value, field, place, place, "code part", "barcode")

    def readings(self, quantity: Quantity) -> Iterator[tuple[str, str, str]]:
        """(figure, form, conversion) under every unit that the list might be written in."""
        form = "compact" if quantity.unit else "exact"
        yield figure(quantity.value), form, ""
        for places in self.decimals:
            if places and round(quantity.value, places) == quantity.value:
                yield f"{quantity.value:.{places}f}", form, ""
        unit = quantity.unit or "inch"
        _, dimension, factor = UNITS[unit]
        form = "converted" if quantity.unit else "unitless"
        for target in self.spec.units or TARGET_UNITS:
            goal = UNITS.get(target)
            if goal is None or goal[1] != dimension or goal[0] == quantity.unit:
                continue
            converted = quantity.value * factor / goal[2]
            for places in self.decimals or (0,):
                yield f"{converted:.{places}f}", form, f"{quantity.unit or 'bare'}>{goal[0]}"

    def _measured(self, text: Text, field: FieldName) -> Iterator[Mention]:
        for quantity in text.quantities:
            if quantity.unit is None:
                continue
            _, dimension, factor = UNITS[quantity.unit]
            for value, amount, unit in self.measures:
                _, goal, goal_factor = UNITS[unit]
                if goal == dimension and _close(quantity.value * factor, amount * goal_factor):
                    same = unit == quantity.unit
                    form = "compact" if same else "converted"
                    yield Mention(value, field, quantity.first, quantity.last, form)


@lru_cache(maxsize=4096)
def index_of(spec: AttributeSpec) -> ValueIndex:
    """Build the index of an attribute; kept, since the next item of the category needs it too."""
    surfaces: dict[str, list[tuple[int, str]]] = {}
    numbers: dict[str, int] = {}
    measures: list[tuple[int, float, str]] = []
    for number, value in enumerate(spec.values):
        if parse_number(value.value) is not None:
            numbers.setdefault(value.value, number)
        else:
            measures += _measure(number, value.value)
        for surface, form in _surfaces(value.value, value.synonyms):
            if (number, form) not in surfaces.setdefault(surface, []):
                surfaces[surface].append((number, form))
    decimals = {len(number.partition(".")[2]) for number in numbers}
    return ValueIndex(
        spec,
        {surface: tuple(found) for surface, found in surfaces.items() if surface},
        numbers,
        tuple(measures),
        tuple(sorted(decimals)),
    )


def mentions_in(spec: AttributeSpec, title: str, description: str) -> list[Mention]:
    """Every place where the title or the description states a listed value of the attribute."""
    index = index_of(spec)
    found = index.mentions(read(title), "title")
    return found + index.mentions(read(description), "description")


def span_of(text: Text, field: FieldName, first: int, last: int) -> Span:
    start, end = text.tokens[first].start, text.tokens[last].end
    return Span(field, start, end, text.original[start:end])


def is_whole(text: Text, first: int, last: int, value: str) -> bool:
    """Whether tokens `first..last` stand on their own: XS is not in 5xs, nor S in "Levi's S5"."""
    start, end = text.tokens[first].start, text.tokens[last].end
    stated = text.original[start:end]
    if len(value) == 1 and value.isalpha() and stated != value:
        return False
    before = text.original[start - 1 : start]
    after = text.original[end : end + 1]
    if stated[0].isalpha() and before.isdigit():
        return False
    return not (stated[-1].isalpha() and after.isdigit() and len(stated) < 4)


def _surfaces(value: str, synonyms: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    raw = "".join(token.raw for token in read(value).tokens)
    yield raw, "exact"
    yield compact(value), "compact"
    for synonym in synonyms:
        yield "".join(token.raw for token in read(synonym).tokens), "synonym"
        yield compact(synonym), "synonym"
    for short in _abbreviations(value):
        yield short, "abbreviation"


def _abbreviations(value: str) -> Iterator[str]:
    """hp for Hewlett-Packard, hpproliant with a word more, ddr4, g6 and gen6 for Generation 6."""
    words = [word.lower() for word in _MARKED.findall(re.sub(r"\(.*?\)", " ", value))]
    if not 2 <= len(words) <= 6:
        return
    for initials in range(2, len(words) + 1):
        head = "".join(word if word.isdigit() else word[0] for word in words[:initials])
        short = head + "".join(words[initials:])
        if len(short) > 1 and not short.isdigit():
            yield short
    if any(word.isdigit() for word in words):
        yield "".join(word if word.isdigit() else word[:3] for word in words)
    yield from (inner.lower() for inner in re.findall(r"\(([A-Z0-9]{2,6})\)", value))


def _measure(number: int, value: str) -> list[tuple[int, float, str]]:
    quantities = read(value).quantities
    if len(quantities) == 1 and quantities[0].unit is not None:
        return [(number, quantities[0].value, quantities[0].unit)]
    return []


def _close(left: float, right: float) -> bool:
    return abs(left - right) <= 0.005 * max(left, right)
