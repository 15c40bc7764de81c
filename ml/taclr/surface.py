"""Surface forms: how sellers write a value, and when two spellings mean the same.

Every token keeps its place in the seller's text, so that a match can be shown as a span of it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache

MAX_TOKENS = 600  # beyond this a description is boilerplate, and matching stays under 20 ms
MAX_SPAN_TOKENS = 12

# Letters of one script written without spaces count one by one, so that a value is found inside
# a run of them; an apostrophe belongs to its word, or "men's" would state the size S.
_TOKEN = re.compile(
    r"\d+(?:[.,]\d+)*"
    r"|[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]"
    r"|[^\W\d_\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+(?:['’][^\W\d_]+)*"
    r"|''|[\"″”']"
)

_SPELLINGS = {
    "grey": "gray",
    "colour": "color",
    "coloured": "colored",
    "aluminium": "aluminum",
    "jewellery": "jewelry",
    "fibre": "fiber",
    "centre": "center",
    "pyjama": "pajama",
    "tee": "t-shirt",
    "litre": "liter",
    "metre": "meter",
    "centimetre": "centimeter",
    "millimetre": "millimeter",
}
NUMBER_WORDS = {
    "single": 1, "one": 1, "two": 2, "dual": 2, "double": 2, "pair": 2, "three": 3, "triple": 3,
    "four": 4, "quad": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12, "dozen": 12,
}  # fmt: skip

# unit as written -> (canonical name, dimension, factor to the dimension's base unit)
UNITS: dict[str, tuple[str, str, float]] = {}
for _names, _unit, _dimension, _factor in (
    ("mm millimeter", "millimeter", "length", 0.1),
    ("cm centimeter", "centimeter", "length", 1.0),
    ("m meter", "meter", "length", 100.0),
    ("in inch inches \" ″ ” ''", "inch", "length", 2.54),
    ("ft foot feet '", "foot", "length", 30.48),
    ("yd yds yard", "yard", "length", 91.44),
    ("mg milligram", "milligram", "mass", 0.001),
    ("g gm gram gramme", "gram", "mass", 1.0),
    ("kg kgs kilo kilogram", "kilogram", "mass", 1000.0),
    ("oz ounce", "ounce", "mass", 28.3495),
    ("lb lbs pound", "pound", "mass", 453.592),
    ("ml milliliter", "milliliter", "volume", 1.0),
    ("cl centiliter", "centiliter", "volume", 10.0),
    ("l ltr liter", "liter", "volume", 1000.0),
    ("gal gallon", "gallon", "volume", 3785.41),
    ("kb kilobyte", "kilobyte", "bytes", 1.0),
    ("mb megabyte", "megabyte", "bytes", 1e3),
    ("gb gigabyte", "gigabyte", "bytes", 1e6),
    ("tb terabyte", "terabyte", "bytes", 1e9),
    ("w watt", "watt", "power", 1.0),
    ("kw kilowatt", "kilowatt", "power", 1000.0),
    ("v volt", "volt", "voltage", 1.0),
    ("mah", "mah", "charge", 1.0),
    ("hz hertz", "hertz", "frequency", 1.0),
    ("mhz megahertz", "megahertz", "frequency", 1e6),
    ("ghz gigahertz", "gigahertz", "frequency", 1e9),
    ("mp megapixel", "megapixel", "resolution", 1.0),
    ("rpm", "rpm", "rotation", 1.0),
):
    for _name in _names.split():
        UNITS[_name] = (_unit, _dimension, _factor)


@dataclass(frozen=True, slots=True)
class Token:
    """A word or number, its spelling-free form and its place in the text."""

    raw: str
    canonical: str
    start: int
    end: int

    @property
    def is_number(self) -> bool:
        return self.raw[0].isdigit()


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with the unit written after it, if any; `tokens` is its token range."""

    value: float
    unit: str | None
    first: int
    last: int
    start: int
    end: int


@dataclass(frozen=True)
class Text:
    """A text and its tokens; n-grams and quantities are worked out once for all attributes."""

    original: str
    tokens: tuple[Token, ...]

    @cached_property
    def ngrams(self) -> dict[str, list[tuple[int, int]]]:
        """Spaceless n-gram -> token ranges (first, last) where it stands, raw and canonical."""
        found: dict[str, list[tuple[int, int]]] = {}
        for first in range(len(self.tokens)):
            raw = canonical = ""
            for last in range(first, min(first + MAX_SPAN_TOKENS, len(self.tokens))):
                raw += self.tokens[last].raw
                canonical += self.tokens[last].canonical
                found.setdefault(raw, []).append((first, last))
                if canonical != raw:
                    found.setdefault(canonical, []).append((first, last))
        return found

    @cached_property
    def quantities(self) -> tuple[Quantity, ...]:
        return tuple(_quantities(self))

    @cached_property
    def chains(self) -> dict[int, tuple[int, int]]:
        """First token of every figure in a run such as `20 x 16 x 24 in` -> (position, length)."""
        runs: list[list[int]] = [[]]
        end = -1
        for quantity in self.quantities:
            between = [token.raw for token in self.tokens[end + 1 : quantity.first]]
            # One letter may stand between figure and x, as in `20"W x 16"D`.
            if not (1 <= len(between) <= 2 and between[-1] in ("x", "by")):
                runs.append([])
            runs[-1].append(quantity.first)
            end = quantity.last
        return {
            first: (place, len(run))
            for run in runs
            for place, first in enumerate(run)
            if len(run) > 1
        }

    @cached_property
    def vocabulary(self) -> frozenset[str]:
        return frozenset(token.canonical for token in self.tokens)

    def gap(self, left: int) -> str:
        """What stands between token `left` and the next one."""
        return self.original[self.tokens[left].end : self.tokens[left + 1].start]


@lru_cache(maxsize=64)
def read(text: str) -> Text:
    """Tokenise `text` without losing the places of its characters."""
    folded, places = _fold(text)
    tokens: list[Token] = []
    for match in _TOKEN.finditer(folded):
        raw = match.group()
        after_number = bool(tokens) and tokens[-1].is_number
        if raw in ('"', "″", "”", "'", "''") and not after_number:
            continue
        tokens.append(
            Token(
                raw=raw,
                canonical=_canonical(raw, after_number),
                start=places[match.start()],
                end=places[match.end() - 1] + 1,
            )
        )
        if len(tokens) == MAX_TOKENS:
            break
    return Text(text, tuple(tokens))


def compact(text: str) -> str:
    """Letters and digits of the canonical form, nothing between: `32 GB` and `32gb` agree."""
    return "".join(token.canonical for token in read(text).tokens)


def parse_number(raw: str) -> float | None:
    """`1,200` and `36.4` as numbers; None for anything that is not one."""
    plain = raw.replace(",", "") if re.fullmatch(r"\d{1,3}(,\d{3})+(\.\d+)?", raw) else raw
    plain = plain.replace(",", ".")
    return float(plain) if re.fullmatch(r"\d+(\.\d+)?", plain) else None


def dimensions(units: Iterable[str]) -> set[str]:
    """What the given units measure; units that we do not know measure nothing."""
    return {UNITS[unit.lower()][1] for unit in units if unit.lower() in UNITS}


def figure(value: float) -> str:
    """A number as people write it: no exponent, no empty decimals."""
    return f"{value:.4f}".rstrip("0").rstrip(".")


def _fold(text: str) -> tuple[str, list[int]]:
    """Case and accents removed, with the source position of every remaining character."""
    if text.isascii():
        return text.lower(), list(range(len(text)))
    characters: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text):
        # Hangul would fall apart into its letters, and hiragana would lose its voicing marks.
        keep = "\u3040" <= character <= "\u30ff" or "\uac00" <= character <= "\ud7af"
        for part in character if keep else unicodedata.normalize("NFKD", character).casefold():
            if not unicodedata.combining(part):
                characters.append(part)
                places.append(place)
    return "".join(characters), places


def _canonical(raw: str, after_number: bool) -> str:
    word = raw.split("'")[0].split("’")[0] or raw
    if word[0].isdigit():
        number = parse_number(word)
        # A part number such as 005 keeps its zeros; 1,200 and 12.0 are numbers.
        return f"{number:g}" if number is not None and not word.isdigit() else word
    if after_number and word in UNITS:
        return UNITS[word][0]
    word = _SPELLINGS.get(word, word)
    word = _singular(word)
    word = _SPELLINGS.get(word, word)
    return UNITS[word][0] if len(word) > 3 and word in UNITS else word


def _singular(word: str) -> str:
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("sses", "shes", "ches", "xes")):
        return word[:-2]
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def _quantities(text: Text) -> list[Quantity]:
    found = []
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
        if unit == "kilo-count":
            number, unit = number * 1000, None
        start, end = text.tokens[first].start, text.tokens[last].end
        found.append(Quantity(number, unit, first, last, start, end))
        index = last + 1
    return found


def _with_fraction(text: Text, whole: float, last: int) -> tuple[float, int]:
    """Add `-3/4` or ` 3/4` behind a whole number; `3/4` alone is a number too."""
    tokens = text.tokens
    if last + 2 < len(tokens) and text.gap(last) in ("-", " ", "- ", " - "):
        top, bottom = tokens[last + 1], tokens[last + 2]
        if _is_fraction(text, last + 1, top, bottom):
            return whole + int(top.raw) / int(bottom.raw), last + 2
    if last + 1 < len(tokens) and _is_fraction(text, last, tokens[last], tokens[last + 1]):
        return int(tokens[last].raw) / int(tokens[last + 1].raw), last + 1
    return whole, last


def _is_fraction(text: Text, left: int, top: Token, bottom: Token) -> bool:
    if not (top.raw.isdigit() and bottom.raw.isdigit() and text.gap(left) == "/"):
        return False
    return bottom.raw in ("2", "3", "4", "8", "16", "32", "64") and int(top.raw) < int(bottom.raw)


def _unit_after(text: Text, last: int) -> tuple[str | None, int]:
    if last + 1 >= len(text.tokens) or len(text.gap(last).strip(" -.")) > 0:
        return None, last
    following = text.tokens[last + 1].raw
    singular = _singular(following)
    if following in UNITS or singular in UNITS:
        return UNITS.get(following, UNITS.get(singular, ("", "", 0.0)))[0], last + 1
    if following == "k" and text.gap(last) == "":
        return "kilo-count", last + 1
    return None, last
