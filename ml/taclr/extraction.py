"""Values that no list holds, read off the seller's text: part numbers, measures, labelled words.

Whatever is found here is only a candidate; the scorer decides whether it is the attribute's value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ml.taclr.matching import BARCODE_LENGTHS, FieldName, ValueIndex, index_of
from ml.taclr.surface import Quantity, Text
from ml.taclr.taxonomy import AttributeSpec
from ml.taclr.units import NUMBER_WORDS, UNITS, figure

LABELLED = "labelled"  # the conversion of a statement that names its attribute
MAX_STATEMENTS = 60  # of one attribute in one text; a spec sheet has more figures than sense
_CODE = re.compile(r"[A-Za-z0-9]+(?:[-./][A-Za-z0-9]+)*")
_UNIT_WORD = re.compile(r"\d+(?:[.,]\d+)?[A-Za-z]{1,2}")
_LABELLED = r"\b{name}\s*[:=]\s*([^\n;|,.<>]{{1,40}})"


@dataclass(frozen=True, slots=True)
class Statement:
    """The text says `value` in tokens `first..last` of `field`; `form` as for a mention."""

    value: str
    field: FieldName
    first: int
    last: int
    form: str
    conversion: str = ""


def statements_in(spec: AttributeSpec, text: Text, field: FieldName) -> list[Statement]:
    """Candidate values of an open attribute in `text`; none for a closed one."""
    if not spec.is_open:
        return []
    listed = {value.value for value in spec.values}
    found: dict[tuple[str, int], Statement] = {}
    for statement in _read(spec, text, field):
        if statement.value not in listed and len(found) < MAX_STATEMENTS:
            found.setdefault((statement.value, statement.first), statement)
    return list(found.values())


def _read(spec: AttributeSpec, text: Text, field: FieldName) -> Iterator[Statement]:
    if spec.kind == "number":
        index = index_of(spec)
        for quantity in text.quantities:
            yield from _figures(spec, index, quantity, field)
        yield from _words_and_codes(text, field)
    elif spec.kind == "identifier":
        yield from _codes(spec, text, field)
    yield from _labelled(spec, text, field)


def _figures(
    spec: AttributeSpec, index: ValueIndex, quantity: Quantity, field: FieldName
) -> Iterator[Statement]:
    place = (field, quantity.first, quantity.last)
    if not spec.units:
        for written, form, conversion in index.readings(quantity):
            yield Statement(written, *place, form, conversion)
        return
    if quantity.unit is None:
        return
    name, dimension, factor = UNITS[quantity.unit]
    for unit in spec.units:
        allowed = UNITS.get(unit.lower())
        if allowed is not None and allowed[1] == dimension:
            same = allowed[0] == name
            amount = quantity.value * factor / allowed[2]
            form, conversion = ("compact", "") if same else ("converted", f"{name}>{allowed[0]}")
            # The seller's own unit is kept when the attribute allows it.
            if same or not any(UNITS.get(u.lower(), ("",))[0] == name for u in spec.units):
                yield Statement(f"{figure(round(amount, 2))} {unit}", *place, form, conversion)
                return


def _words_and_codes(text: Text, field: FieldName) -> Iterator[Statement]:
    for place, token in enumerate(text.tokens):
        if token.raw in NUMBER_WORDS:
            yield Statement(str(NUMBER_WORDS[token.raw]), field, place, place, "worded")
        elif token.raw.isdigit() and len(token.raw) in BARCODE_LENGTHS:
            part = token.raw[-12:][1:6]
            yield Statement(part, field, place, place, "code part", "barcode")


def _codes(spec: AttributeSpec, text: Text, field: FieldName) -> Iterator[Statement]:
    """Runs of letters and digits that could be a part number, in the list's way of writing them."""
    marked = any(not value.value.isalnum() for value in spec.values) or not spec.values
    starts = {token.start: place for place, token in enumerate(text.tokens)}
    ends = {token.end: place for place, token in enumerate(text.tokens)}
    for match in _CODE.finditer(text.original):
        written = match.group()
        plain = re.sub(r"[^A-Za-z0-9]", "", written)
        if not 4 <= len(plain) <= 24 or not any(character.isdigit() for character in plain):
            continue
        if _UNIT_WORD.fullmatch(written) or match.start() not in starts or match.end() not in ends:
            continue
        first, last = starts[match.start()], ends[match.end()]
        yield Statement(written if marked else plain, field, first, last, "exact")


def _labelled(spec: AttributeSpec, text: Text, field: FieldName) -> Iterator[Statement]:
    """`Brand: Acme` and `Model = X100`: the seller names the attribute."""
    pattern = _LABELLED.format(name=re.escape(spec.attribute))
    for match in re.finditer(pattern, text.original, re.IGNORECASE):
        value = match.group(1).strip()
        inside = [
            place
            for place, token in enumerate(text.tokens)
            if match.start(1) <= token.start and token.end <= match.end(1)
        ]
        if value and inside and spec.kind != "number":
            yield Statement(value, field, inside[0], inside[-1], "synonym", LABELLED)
