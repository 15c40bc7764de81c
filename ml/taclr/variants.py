"""How else a listed value may be written: what a text would have to say for it, and how surely."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from ml.taclr.surface import compact, read
from ml.taclr.taxonomy import AttributeSpec
from ml.taclr.units import NUMBER_WORDS
from ml.taclr.vocabulary import equivalents, shades, speaks_of_colour

PART = "part"
SHADE = "shade"
INFLECTED = "inflected"
MOST_VALUES = 200  # in a longer list a single word says little
_MARKED = re.compile(r"[A-Za-z0-9]+")
_JOINTS = re.compile(r"\s*(?:[,/|+()&]|\band\b|\bor\b)\s*", re.IGNORECASE)
_EMPTY_WORDS = frozenset(
    ("other", "others", "misc", "miscellaneous", "various", "series", "with", "without", "plus")
)
# The words of a name mean something else: black things are not by Black & Decker.
_NAMES = ("brand", "manufacturer", "maker", "model", "publisher", "author", "artist", "title")
_KARAT = re.compile(r"(\d{1,2})[\s-]*(?:k|kt|ct|karat|carat)s?", re.IGNORECASE)
_WORDS = {
    NUMBER_WORDS[word]: word
    for word in (
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
    )
}
_ROMAN = ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii", "xiii")


@dataclass(frozen=True, slots=True)
class Variant:
    """A spaceless form that states a value; `form` and `conversion` as in a mention."""

    surface: str
    form: str
    conversion: str = ""


def variants_of(spec: AttributeSpec) -> Iterator[tuple[int, Variant]]:
    """(value number, variant) of every value; what another value owns is not a part of this one."""
    owned = {surface for value in spec.values for surface in _own(value.value)}
    coloured = speaks_of_colour(spec.attribute, tuple(value.value for value in spec.values[:400]))
    named = any(name in spec.attribute.lower() for name in _NAMES)
    parts = {} if named else dict(_parts(spec))
    for number, value in enumerate(spec.values):
        raw, canonical = _own(value.value)
        yield number, Variant(raw, "exact")
        if canonical != raw:
            yield number, Variant(canonical, "compact")
        if "'" in raw:
            yield number, Variant(raw.replace("'", ""), "compact")
        for synonym in value.synonyms:
            for surface in _own(synonym):
                yield number, Variant(surface, "synonym")
        others = [(word, "") for word in _synonyms(value.value, spec.attribute)]
        others += [(shade, SHADE) for shade in shades(value.value)] if coloured else []
        for word, conversion in others:
            for surface in _own(word):
                if surface not in owned:
                    yield number, Variant(surface, "synonym", conversion)
        for short in _abbreviations(value.value):
            yield number, Variant(short, "abbreviation")
        alone = " " not in value.value and not named
        for inflected in _inflections(canonical) if alone else ():
            if inflected not in owned:
                yield number, Variant(inflected, "abbreviation", INFLECTED)
        for part in parts.get(number, ()):
            if part not in owned:
                yield number, Variant(part, "abbreviation", PART)


def _own(expression: str) -> tuple[str, str]:
    text = read(expression)
    return text.raw, text.canonical


def _synonyms(value: str, attribute: str) -> Iterator[str]:
    sized = "size" in attribute.lower()
    for word in equivalents(value):
        # One letter is a size only where sizes are asked for.
        if len(word) > 1 or sized:
            yield word
    yield from _renumbered(value)


def _renumbered(value: str) -> Iterator[str]:
    """Mark 2 for Mark II, 2 piece for Two Piece, 6th gen for Generation 6; and back."""
    karat = _KARAT.fullmatch(value.strip())
    if karat:
        yield from (f"{karat.group(1)} karat", f"{karat.group(1)}k")
    words = value.split()
    if not 2 <= len(words) <= 5:
        return
    for place, word in enumerate(words):
        lower = word.lower()
        number = _ROMAN.index(lower) + 1 if lower in _ROMAN[1:] and word.isupper() else None
        number = number or (NUMBER_WORDS.get(lower) if lower not in ("single", "pair") else None)
        if number is not None:
            yield " ".join([*words[:place], str(number), *words[place + 1 :]])
        elif word.isdigit() and 2 <= int(word) <= 12:
            other = _ROMAN[int(word) - 1] if place else _WORDS[int(word)]
            yield " ".join([*words[:place], other, *words[place + 1 :]])
    if words[0].lower() in ("generation", "gen") and words[1].isdigit():
        ordinal = _ordinal(int(words[1]))
        yield from (f"{ordinal} generation", f"{ordinal} gen", f"gen {words[1]}")


def _ordinal(number: int) -> str:
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{'th' if 11 <= number % 100 <= 13 else ending}"


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


def _inflections(word: str) -> Iterator[str]:
    """Printed and printing for print, and back; short words have too many other meanings."""
    if not (word.isalpha() and len(word) >= 5):
        return
    stem = next((word[: -len(end)] for end in ("ing", "ed") if word.endswith(end)), word)
    if stem == word:
        stem = word.removesuffix("e")
        yield from (f"{stem}ed", f"{stem}ing")
    elif len(stem) >= 4:
        yield from {stem, f"{stem}e", f"{stem}ed", f"{stem}ing"} - {word}


def _parts(spec: AttributeSpec) -> Iterator[tuple[int, list[str]]]:
    """Gray for "Gray and Metallic", SAS for "SAS (Serial Attached SCSI) Interfaces".

    Only what one value of the list alone holds; a word that many share tells them not apart.
    """
    asked = read(spec.attribute).vocabulary
    if spec.kind in ("identifier", "number") or len(spec.values) > MOST_VALUES:
        return
    # The blue of navy blue is another blue, but the Xeon of Intel Xeon no other Xeon.
    words = not speaks_of_colour(spec.attribute, tuple(value.value for value in spec.values))
    found = [(n, _pieces(value.value, asked, words)) for n, value in enumerate(spec.values)]
    shared = Counter(piece for _, pieces in found for piece in pieces)
    for number, pieces in found:
        yield number, [piece for piece in pieces if shared[piece] == 1]


def _pieces(value: str, asked: frozenset[str], words_too: bool) -> dict[str, None]:
    pieces: dict[str, None] = {}
    for part in _JOINTS.split(value):
        words = [token for token in read(part).tokens if token.canonical not in asked]
        if any(token.is_number for token in words) or len(words) > 4:
            continue
        telling = [word for word in words if word.canonical not in _EMPTY_WORDS]
        # Each word of a name stands for it, Xeon for Intel Xeon; a laptop is no laptop bag.
        is_name = all(part[word.start].isupper() for word in words)
        single = [[word] for word in telling] if words_too and is_name else []
        for group in (words, telling if is_name else words, *single):
            piece = "".join(word.canonical for word in group)
            written = part[group[0].start : group[-1].end] if group else ""
            if len(piece) >= 4 or (len(piece) >= 2 and written.isupper()):
                pieces[piece] = None
                for other in (*equivalents(piece), *shades(piece)) if len(group) == 1 else ():
                    pieces[compact(other)] = None
    return {} if set(pieces) == {compact(value)} else pieces
