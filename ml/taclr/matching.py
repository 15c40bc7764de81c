"""Where a text states a value: spans of allowed values, in any of their spellings."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from ml.taclr.nearness import is_slip, near_key
from ml.taclr.sizes import (
    ShoeSize,
    asks_size,
    converted,
    is_for_women,
    shoe_size_of,
    shoe_sizes_in,
    spellings_of_size,
)
from ml.taclr.surface import Quantity, Range, Text, read
from ml.taclr.taxonomy import AttributeSpec
from ml.taclr.units import NUMBER_WORDS, UNITS, figure, parse_number, unit_named
from ml.taclr.variants import PART, variants_of

FieldName = Literal["title", "description"]

# How the text's spelling leads to the value, surest first. Everything from "unitless" on is a
# reading that needs the attribute's context to be believed.
FORMS = (
    "exact", "synonym", "compact", "abbreviation", "converted", "worded", "unitless", "code part",
)  # fmt: skip
BARCODE_LENGTHS = (12, 13)
_PLAIN_FORMS = ("exact", "synonym", "compact")
TARGET_UNITS = ("centimeter", "gram", "kilogram", "meter", "millimeter", "milliliter", "liter")
LONGEST_FIGURE = 5  # digits before the point; a longer one is a code and measures nothing
TOLERANCE = 0.005  # of a converted measure: people round
MOST_NEAR = 1000  # values; among more, slips of one lead to another
NEAR_SPELLING = "near spelling"


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the seller's own text."""

    field: FieldName
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Mention:
    """Candidate value number `value` is stated by tokens `first..last` of `field`.

    `conversion` says what had to be done to the words: "inch>centimeter", "shade", "part" ...
    """

    value: int
    field: FieldName
    first: int
    last: int
    form: str
    conversion: str = ""


@dataclass(frozen=True)
class Measures:
    """Values of one dimension in its base unit, smallest first."""

    amounts: tuple[float, ...]
    values: tuple[tuple[int, str], ...]  # (value, unit) of each amount

    def around(self, amount: float) -> tuple[tuple[int, str], ...]:
        low = bisect_left(self.amounts, amount * (1 - TOLERANCE))
        return self.values[low : bisect_right(self.amounts, amount * (1 + TOLERANCE))]


@dataclass(frozen=True)
class ValueIndex:
    """The values of one attribute, keyed by what a text would have to say."""

    spec: AttributeSpec
    # Spaceless form -> (value, form, conversion)
    surfaces: Mapping[str, tuple[tuple[int, str, str], ...]]
    numbers: Mapping[str, int]  # bare figures
    measures: Mapping[str, Measures]  # by dimension
    ranges: tuple[tuple[int, Range], ...]
    shoes: tuple[tuple[int, ShoeSize], ...]
    near: Mapping[str, tuple[tuple[int, str], ...]]  # near key -> (value, its spelling)
    words: frozenset[str]  # of all values
    decimals: tuple[int, ...]  # how finely bare figures are written, e.g. (0, 1)

    def mentions(self, text: Text, field: FieldName) -> list[Mention]:
        """All statements of a listed value in `text`, one per value and place."""
        found = list(self._spelled(text, field))
        if self.numbers:
            found += self._figures(text, field)
        if self.measures:
            found += self._measured(text, field)
        if self.ranges:
            found += self._ranged(text, field)
        if self.shoes:
            found += self._shod(text, field)
        if self.near and not found:
            found += self._nearly_spelled(text, field)
        best: dict[tuple[int, int, int], Mention] = {}
        for mention in found:
            key = (mention.value, mention.first, mention.last)
            held = best.get(key)
            if held is None or FORMS.index(mention.form) < FORMS.index(held.form):
                best[key] = mention
        sized = asks_size(self.spec.attribute)
        return [mention for mention in best.values() if not _is_within(mention, best, sized)]

    def _spelled(self, text: Text, field: FieldName) -> Iterator[Mention]:
        for surface, first, last in text.find(self.surfaces):
            for value, form, conversion in self.surfaces[surface]:
                if is_whole(text, first, last, self.spec.values[value].value):
                    yield Mention(value, field, first, last, form, conversion)

    def _nearly_spelled(self, text: Text, field: FieldName) -> Iterator[Mention]:
        """A slip in a long word that is no word of another value; two readings cancel out."""
        for key in text.near.keys() & self.near.keys():
            for first, last, written in text.near[key]:
                meant = {v for v, word in self.near[key] if is_slip(written, word)}
                if len(meant) == 1 and written not in self.words:
                    yield Mention(meant.pop(), field, first, last, "abbreviation", NEAR_SPELLING)

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

    def readings(self, quantity: Quantity) -> tuple[tuple[str, str, str], ...]:
        """(figure, form, conversion) under every unit that the list might be written in."""
        return _readings(
            quantity.value, quantity.unit, self.spec.units or TARGET_UNITS, self.decimals
        )

    def _measured(self, text: Text, field: FieldName) -> Iterator[Mention]:
        for quantity in text.quantities:
            name, dimension, factor = UNITS.get(quantity.unit or "", ("", "", 0.0))
            if dimension in self.measures:
                for value, unit in self.measures[dimension].around(quantity.value * factor):
                    form, conversion = (
                        ("compact", "") if unit == name else ("converted", f"{name}>{unit}")
                    )
                    yield Mention(value, field, quantity.first, quantity.last, form, conversion)

    def _ranged(self, text: Text, field: FieldName) -> Iterator[Mention]:
        for stated in text.ranges:
            for value, listed in self.ranges:
                if _same_range(stated, listed):
                    form = "compact" if stated.unit == listed.unit else "converted"
                    yield Mention(value, field, stated.first, stated.last, form, "range")

    def _shod(self, text: Text, field: FieldName) -> Iterator[Mention]:
        women = is_for_women(text)
        for stated in shoe_sizes_in(text):
            for value, listed in self.shoes:
                if converted(stated, listed.system, women=women) == listed.number:
                    same = stated.system == listed.system
                    form = "compact" if same else "converted"
                    conversion = "" if same else f"size {stated.system}>{listed.system}"
                    yield Mention(value, field, stated.first, stated.last, form, conversion)


@lru_cache(maxsize=1 << 14)
def _readings(
    value: float, unit: str | None, targets: tuple[str, ...], decimals: tuple[int, ...]
) -> tuple[tuple[str, str, str], ...]:
    """As ValueIndex.readings; kept, because every attribute asks the same of every figure."""
    form = "compact" if unit else "exact"
    found = [(figure(value), form, "")]
    found += [
        (f"{value:.{places}f}", form, "")
        for places in decimals
        if places and round(value, places) == value
    ]
    if value >= 10**LONGEST_FIGURE:
        return tuple(found)
    _, dimension, factor = UNITS[unit or "inch"]
    form = "converted" if unit else "unitless"
    for target in targets:
        goal = unit_named(target)
        if goal is None or goal[1] != dimension or goal[0] == unit:
            continue
        amount = value * factor / goal[2]
        found += [
            (f"{amount:.{places}f}", form, f"{unit or 'bare'}>{goal[0]}")
            for places in decimals or (0,)
        ]
    return tuple(found)


@lru_cache(maxsize=2048)  # about a kilobyte a value
def index_of(spec: AttributeSpec) -> ValueIndex:
    """Build the index of an attribute; kept, since the next item of the category needs it too."""
    surfaces: dict[str, list[tuple[int, str, str]]] = {}
    for number, variant in variants_of(spec):
        held = surfaces.setdefault(variant.surface, [])
        if (number, variant.form) not in [each[:2] for each in held]:
            held.append((number, variant.form, variant.conversion))
    numbers: dict[str, int] = {}
    ranges: list[tuple[int, Range]] = []
    measures: list[tuple[str, float, int, str]] = []
    shoes: list[tuple[int, ShoeSize]] = []
    sized = asks_size(spec.attribute)
    for number, value in enumerate(spec.values):
        if parse_number(value.value) is not None:
            numbers.setdefault(value.value, number)
            continue
        measures += _measure(number, value.value)
        ranges += [(number, found) for found in _range(value.value)]
        if sized:
            shoe = shoe_size_of(value.value)
            shoes += [(number, shoe)] if shoe else []
            for spelling in spellings_of_size(value.value):
                surfaces.setdefault(spelling, []).append((number, "compact", "size"))
    return ValueIndex(
        spec,
        {surface: tuple(found) for surface, found in surfaces.items() if surface},
        numbers,
        _by_dimension(measures),
        tuple(ranges),
        tuple(shoes),
        _near(spec),
        frozenset(token.raw for value in spec.values for token in read(value.value).tokens),
        tuple(sorted({len(number.partition(".")[2]) for number in numbers})),
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
    if (
        len(stated) == 1
        and stated.isalpha()
        and (stated != value if len(value) == 1 else not stated.isupper())
    ):
        return False
    before = text.original[start - 1 : start]
    after = text.original[end : end + 1]
    if stated[0].isalpha() and before.isdigit():
        return False
    return not (stated[-1].isalpha() and after.isdigit() and len(stated) < 4)


def _is_within(
    mention: Mention, found: Mapping[tuple[int, int, int], Mention], sized: bool
) -> bool:
    """Whether these words only serve a longer statement: the L of `X-Large` is no size L.

    Of other attributes the scorer decides: lists hold "Women" beside "Men Women".
    """
    return (sized or mention.conversion == PART) and any(
        first <= mention.first
        and mention.last <= last
        and last - first > mention.last - mention.first
        and (value == mention.value or (sized and other.form in _PLAIN_FORMS))
        for (value, first, last), other in found.items()
    )


def _near(spec: AttributeSpec) -> dict[str, tuple[tuple[int, str], ...]]:
    """What slips in the values' names would share with them."""
    found: dict[str, list[tuple[int, str]]] = {}
    if spec.kind == "identifier" or len(spec.values) > MOST_NEAR:
        return {}
    for number, value in enumerate(spec.values):
        word = read(value.value).raw
        key = near_key(word)
        if key is not None:
            found.setdefault(key, []).append((number, word))
    return {key: tuple(held) for key, held in found.items()}


def _measure(number: int, value: str) -> Iterator[tuple[str, float, int, str]]:
    """(dimension, amount in its base unit, value, unit) of a value that is one measure."""
    quantities = read(value).quantities
    if len(quantities) == 1 and quantities[0].unit is not None:
        name, dimension, factor = UNITS[quantities[0].unit]
        yield dimension, quantities[0].value * factor, number, name


def _range(value: str) -> Iterator[Range]:
    text = read(value)
    if len(text.quantities) == 2:
        yield from text.ranges


def _by_dimension(measures: list[tuple[str, float, int, str]]) -> dict[str, Measures]:
    found: dict[str, list[tuple[float, int, str]]] = {}
    for dimension, amount, number, name in measures:
        found.setdefault(dimension, []).append((amount, number, name))
    return {
        dimension: Measures(
            tuple(amount for amount, _, _ in sorted(held)),
            tuple((number, name) for _, number, name in sorted(held)),
        )
        for dimension, held in found.items()
    }


def _same_range(stated: Range, listed: Range) -> bool:
    one, other = UNITS.get(stated.unit or ""), UNITS.get(listed.unit or "")
    if one is None or other is None:
        # A size list says 38-40, and the seller "38-40 cm" of something else.
        return one is other and (stated.low, stated.high) == (listed.low, listed.high)
    return one[1] == other[1] and all(
        abs(left * one[2] - right * other[2]) <= TOLERANCE * right * other[2]
        for left, right in ((stated.low, listed.low), (stated.high, listed.high))
    )
