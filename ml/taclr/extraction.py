"""Values that no list holds, read off the seller's text: part numbers, measures, labelled words.

Whatever is found here is only a candidate; the scorer decides whether it is the attribute's value.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from ml.taclr.identifiers import IdentifierError, Scheme, find, scheme_of
from ml.taclr.labels import is_label_before, is_labelled, labelled_words
from ml.taclr.matching import BARCODE_LENGTHS, FieldName, ValueIndex, index_of
from ml.taclr.spans import stretches_in
from ml.taclr.surface import Quantity, Text, compact
from ml.taclr.taxonomy import AttributeSpec
from ml.taclr.units import NUMBER_WORDS, UNITS, figure, unit_named

# Conversions of statements: the seller names the attribute; the digits prove themselves; a stretch
# of the title that nothing but its place speaks for.
LABELLED = "labelled"
VALIDATED = "validated"
SPAN = "span"
MAX_STATEMENTS = 60  # of one attribute in one text; a spec sheet has more figures than sense
MAX_SPANS = 40
_CODE = re.compile(r"[A-Za-z0-9]+(?:[-./_][A-Za-z0-9]+)*")
_UNIT_WORD = re.compile(r"\d+(?:[.,]\d+)?[A-Za-z]{1,2}")
_CODE_NAMES = frozenset(
    ("number", "code", "mpn", "sku", "part", "model", "style", "reference", "serial", "id")
)


@dataclass(frozen=True, slots=True)
class Statement:
    """The text says `value` in tokens `first..last` of `field`; `form` as for a mention."""

    value: str
    field: FieldName
    first: int
    last: int
    form: str
    conversion: str = ""


def statements_in(
    spec: AttributeSpec, text: Text, field: FieldName, *, stretches: bool = False
) -> list[Statement]:
    """Candidate values of an open attribute in `text`; none for a closed one.

    With `stretches` a title offers its runs of words to a `text` attribute. Only for one that
    training saw: nothing else tells a brand from any other words.
    """
    if not spec.is_open:
        return []
    listed = _listed(spec)
    found: dict[tuple[str, int], Statement] = {}
    for statement in _read(spec, text, field, trained=stretches):
        # A stretch in the list's words is a mention already, under the list's own spelling.
        known = compact(statement.value) if statement.conversion == SPAN else statement.value
        if known not in listed and len(found) < MAX_STATEMENTS:
            found.setdefault((statement.value, statement.first), statement)
    return list(found.values())


@lru_cache(maxsize=4096)
def _listed(spec: AttributeSpec) -> frozenset[str]:
    names = {value.value for value in spec.values}
    return frozenset(names | {compact(name) for name in names})


@dataclass(frozen=True, slots=True)
class Refusal:
    """Characters `start` to `end` of `field` look like the attribute's value, but are none."""

    field: FieldName
    start: int
    end: int
    reason: str


def refusals_in(spec: AttributeSpec, text: Text, field: FieldName) -> list[Refusal]:
    """Numbers that the seller gives for an identifier and that cannot be right, with the reason.

    Only labelled ones: a serial number elsewhere in the text owes nobody a check digit.
    """
    scheme = _scheme(spec)
    if scheme is None:
        return []
    return [
        Refusal(field, found.start, found.end, found.refusal)
        for found in find(scheme, text.original)
        if found.value is None
        and (tokens := _tokens_at(text, found.start, found.end)) is not None
        and is_label_before(spec.attribute, text, tokens[0])
    ]


def _read(
    spec: AttributeSpec, text: Text, field: FieldName, *, trained: bool
) -> Iterator[Statement]:
    if spec.kind == "number":
        index = index_of(spec)
        for quantity in text.quantities:
            yield from _figures(spec, index, text, quantity, field)
        if not spec.units:
            yield from _words_and_codes(text, field)
        return
    scheme = _scheme(spec)
    if scheme is not None:
        yield from _validated(scheme, spec, text, field)
        return
    yield from _labelled(spec, text, field)
    if spec.kind == "identifier" or _names_a_code(spec.attribute):
        # A model is often a name: without training only its label tells that a code is meant.
        sure = spec.kind == "identifier" or trained
        codes = _codes(spec, text, field)
        yield from (code for code in codes if sure or code.conversion == LABELLED)
    if trained and field == "title":
        yield from _stretches(spec, text, field)


def _figures(
    spec: AttributeSpec, index: ValueIndex, text: Text, quantity: Quantity, field: FieldName
) -> Iterator[Statement]:
    place = (field, quantity.first, quantity.last)
    if not spec.units:
        for written, form, conversion in index.readings(quantity):
            yield Statement(written, *place, form, conversion)
        return
    labelled = is_labelled(spec.attribute, text, quantity)
    if quantity.unit is None:
        if labelled and len(spec.units) == 1:
            yield Statement(
                f"{figure(quantity.value)} {spec.units[0]}", *place, "unitless", LABELLED
            )
        return
    name, dimension, factor = UNITS[quantity.unit]
    known = [(unit, allowed) for unit in spec.units if (allowed := unit_named(unit))]
    fitting = [(unit, allowed) for unit, allowed in known if allowed[1] == dimension]
    # The seller's own unit is kept when the attribute allows it.
    fitting.sort(key=lambda each: each[1][0] != name)
    for unit, allowed in fitting[:1]:
        amount = quantity.value * factor / allowed[2]
        same = allowed[0] == name
        form, conversion = ("compact", "") if same else ("converted", f"{name}>{allowed[0]}")
        conversion = LABELLED if labelled else conversion
        yield Statement(f"{figure(round(amount, 2))} {unit}", *place, form, conversion)


def _words_and_codes(text: Text, field: FieldName) -> Iterator[Statement]:
    for place, token in enumerate(text.tokens):
        if token.raw in NUMBER_WORDS:
            yield Statement(str(NUMBER_WORDS[token.raw]), field, place, place, "worded")
        elif token.raw.isdigit() and len(token.raw) in BARCODE_LENGTHS:
            part = token.raw[-12:][1:6]
            yield Statement(part, field, place, place, "code part", "barcode")


@lru_cache(maxsize=4096)
def _scheme(spec: AttributeSpec) -> Scheme | None:
    """The scheme of an identifier, unless the list shows that something else is kept under it."""
    scheme = scheme_of(spec.attribute)
    if scheme is None or spec.kind not in ("identifier", "text"):
        return None
    examples = [value.value for value in spec.values[:20]]
    wrong = 0
    for example in examples:
        try:
            scheme.normalise(example)
        except IdentifierError:
            wrong += 1
    return scheme if wrong * 2 <= len(examples) else None


def _validated(
    scheme: Scheme, spec: AttributeSpec, text: Text, field: FieldName
) -> Iterator[Statement]:
    for found in find(scheme, text.original):
        tokens = _tokens_at(text, found.start, found.end)
        if found.value is not None and tokens is not None:
            labelled = is_label_before(spec.attribute, text, tokens[0])
            conversion = LABELLED if labelled else VALIDATED
            yield Statement(found.value, field, *tokens, "exact", conversion)


def _names_a_code(attribute: str) -> bool:
    words = re.findall(r"[a-z]+", attribute.lower())
    return not _CODE_NAMES.isdisjoint(words)


def _codes(spec: AttributeSpec, text: Text, field: FieldName) -> Iterator[Statement]:
    """Runs of letters and digits that could be a part number, in the list's way of writing them."""
    marked = any(not value.value.isalnum() for value in spec.values) or not spec.values
    for match in _CODE.finditer(text.original):
        written = match.group()
        plain = re.sub(r"[^A-Za-z0-9]", "", written)
        if not 4 <= len(plain) <= 24 or not any(character.isdigit() for character in plain):
            continue
        if _UNIT_WORD.fullmatch(written):
            continue
        tokens = _tokens_at(text, match.start(), match.end())
        if tokens is not None:
            labelled = is_label_before(spec.attribute, text, tokens[0])
            value = written if marked else plain
            yield Statement(value, field, *tokens, "exact", LABELLED if labelled else "")


def _labelled(spec: AttributeSpec, text: Text, field: FieldName) -> Iterator[Statement]:
    """`Brand: Acme` and `Model = X100`: the seller names the attribute."""
    for start, end in labelled_words(spec.attribute, text):
        tokens = _tokens_at(text, start, end)
        if tokens is not None:
            yield Statement(text.original[start:end], field, *tokens, "synonym", LABELLED)


def _stretches(spec: AttributeSpec, text: Text, field: FieldName) -> Iterator[Statement]:
    if spec.kind != "text":
        return
    for stretch in stretches_in(spec, text, MAX_SPANS):
        tokens = _tokens_at(text, stretch.start, stretch.end)
        if tokens is not None:
            yield Statement(stretch.value, field, *tokens, "exact", SPAN)


def _tokens_at(text: Text, start: int, end: int) -> tuple[int, int] | None:
    """The tokens inside characters `start` to `end`; None when there are none."""
    first = bisect_left(text.starts, start)
    last = bisect_right(text.ends, end) - 1
    return (first, last) if first <= last else None
