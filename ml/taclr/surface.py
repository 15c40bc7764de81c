"""Surface forms: how sellers write a value, and when two spellings mean the same.

Every token keeps its place in the seller's text, so that a match can be shown as a span of it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

from ml.taclr.characters import Folded, fold
from ml.taclr.nearness import near_key
from ml.taclr.quantities import Chains, Quantity, Range, chains_of, quantities_of, ranges_of
from ml.taclr.units import UNITS, dimensions, parse_number

__all__ = ["Quantity", "Range", "Text", "Token", "compact", "dimensions", "read"]

MAX_TOKENS = 600  # beyond this a description is boilerplate, and matching stays under 20 ms
MAX_CHARACTERS = 40_000  # beyond this there are no words left, or nothing but markup before them
MAX_SPAN_TOKENS = 12
MAX_SPAN_CHARACTERS = 60
NEAR_TOKENS = 50  # a slip in a description's small print names no value
SHORT = 120  # characters: names of values and attributes, which are read again and again

# Letters of one script written without spaces count one by one, so that a value is found inside
# a run of them; an apostrophe belongs to its word, or "men's" would state the size S.
_TOKEN = re.compile(
    r"\d+(?:[.,]\d+)*"
    r"|[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]"
    r"|[^\W\d_\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+(?:'[^\W\d_]+)*"
    r"|''|[\"'%]"
)
_GLUED = re.compile(r"(?<=[a-z]{3})(?=[A-Z]{3})")
_MARKS = ('"', "'", "''", "%")  # units where they follow a figure, else nothing

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


@dataclass(frozen=True, slots=True)
class Token:
    """A word or number, its spelling-free form and its place in the text."""

    raw: str
    canonical: str
    start: int
    end: int
    gap: str  # what stands before it, folded: `-` for every dash, a space for a tag
    is_number: bool
    # What keeps it from the token before it in an n-gram: two figures are two, so that `2 4GB`
    # does not say 24 GB; `432322-001` is one code.
    apart: str


@dataclass(frozen=True)
class Text:
    """A text and its tokens; n-grams and quantities are worked out once for all attributes."""

    original: str
    tokens: tuple[Token, ...]

    def find(self, surfaces: Mapping[str, object]) -> Iterator[tuple[str, int, int]]:
        """(surface, first, last) wherever one of the spaceless `surfaces` stands."""
        once, again = self._ngrams
        for surface in once.keys() & surfaces.keys():
            for place in (once[surface], *again.get(surface, ())):
                first, more = divmod(place, MAX_SPAN_TOKENS)
                yield surface, first, first + more

    @cached_property
    def _ngrams(self) -> tuple[dict[str, int], dict[str, list[int]]]:
        """Spaceless n-gram, raw or canonical -> first · MAX_SPAN_TOKENS + tokens after it.

        Its first place, and in the second dictionary the further ones: a number apiece, where a
        list apiece would cost more than all the rest of reading.
        """
        once: dict[str, int] = {}
        again: dict[str, list[int]] = defaultdict(list)
        for first in range(len(self.tokens)):
            raw = canonical = ""
            place = first * MAX_SPAN_TOKENS
            for token in self.tokens[first : first + MAX_SPAN_TOKENS]:
                if raw and token.apart:
                    raw += token.apart
                    canonical += token.apart
                raw += token.raw
                canonical += token.canonical
                if len(raw) > MAX_SPAN_CHARACTERS:
                    break
                if once.setdefault(raw, place) != place:
                    again[raw].append(place)
                if canonical != raw and once.setdefault(canonical, place) != place:
                    again[canonical].append(place)
                place += 1
        return once, again

    @cached_property
    def raw(self) -> str:
        """The whole text as an n-gram."""
        return "".join(token.apart + token.raw for token in self.tokens)

    @cached_property
    def canonical(self) -> str:
        return "".join(token.apart + token.canonical for token in self.tokens)

    @cached_property
    def starts(self) -> list[int]:
        """Where each token begins in the seller's text."""
        return [token.start for token in self.tokens]

    @cached_property
    def ends(self) -> list[int]:
        return [token.end for token in self.tokens]

    @cached_property
    def quantities(self) -> tuple[Quantity, ...]:
        return quantities_of(self)

    @cached_property
    def chains(self) -> Chains:
        """First token of every figure in a run such as `20 x 16 x 24 in` -> (position, length)."""
        return chains_of(self, self.quantities)

    @cached_property
    def ranges(self) -> tuple[Range, ...]:
        return tuple(ranges_of(self))

    @cached_property
    def near(self) -> dict[str, list[tuple[int, int, str]]]:
        """Key shared by near spellings -> (first, last, the spelling) of one word or two."""
        found: dict[str, list[tuple[int, int, str]]] = defaultdict(list)
        words = [token.raw for token in self.tokens[:NEAR_TOKENS]]
        for place, word in enumerate(words):
            pair = [(place + 1, word + after) for after in words[place + 1 : place + 2]]
            for last, spelling in [(place, word), *pair]:
                key = near_key(spelling)
                if key is not None:
                    found[key].append((place, last, spelling))
        return dict(found)

    @cached_property
    def vocabulary(self) -> frozenset[str]:
        return frozenset(token.canonical for token in self.tokens)

    def gap(self, left: int) -> str:
        """What stands between token `left` and the next one, folded."""
        return self.tokens[left + 1].gap


def read(text: str) -> Text:
    """Tokenise `text` without losing the places of its characters.

    Only the first MAX_TOKENS words of the first MAX_CHARACTERS characters are read.
    """
    return _read_short(text) if len(text) <= SHORT else _read_long(text[:MAX_CHARACTERS])


def compact(text: str) -> str:
    """Letters and digits of the canonical form, nothing between: `32 GB` and `32gb` agree."""
    return read(text).canonical


def _tokenised(text: str) -> Text:
    folded = fold(text)
    tokens: list[Token] = []
    end = 0
    after_number = False
    for start, stop in _words(folded, text):
        raw = folded.text[start:stop]
        if raw in _MARKS and not after_number:
            continue
        gap, end = folded.text[end:start], stop
        is_number = raw[0].isdigit()
        tokens.append(
            Token(
                raw,
                _canonical(raw, after_number),
                folded.starts[start],
                folded.ends[stop - 1],
                gap,
                is_number,
                " " if is_number and after_number and (" " in gap or "," in gap) else "",
            )
        )
        after_number = is_number
        if len(tokens) == MAX_TOKENS:
            break
    return Text(text, tuple(tokens))


def _words(folded: Folded, text: str) -> Iterator[tuple[int, int]]:
    """Where the words of the folded text stand; `WhiteUPC` of a run-together page is two."""
    for match in _TOKEN.finditer(folded.text):
        start, stop = match.span()
        first, last = folded.starts[start], folded.ends[stop - 1]
        glued = _GLUED.search(text, first, last) if last - first == stop - start > 4 else None
        if glued:
            middle = start + glued.start() - first
            yield start, middle
            yield middle, stop
        else:
            yield start, stop


# Names of values come again with every listing; a listing's own texts only while it is answered.
_read_short = lru_cache(maxsize=1 << 14)(_tokenised)
_read_long = lru_cache(maxsize=64)(_tokenised)


def _canonical(raw: str, after_number: bool) -> str:
    word = raw.split("'")[0] or raw
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
