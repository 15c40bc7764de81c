"""Which values of the vocabulary a title names, read as strictly as a wrong part is annoying.

The longest value wins, and a value that something follows which would make it another model is not
there at all: "iPhone 15 Pro" names no iPhone 15, "Galaxy S23 FE" no Galaxy S23.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

from recommender import policy

# A number or a range, a word, inches, or a sign that parts two things. Letters and digits part as
# well, so that "S23Ultra", "S23 Ultra" and "s23-ultra" are the same.
_TOKEN = re.compile(r"""\d+(?:\.\d+)?(?:-\d+(?:\.\d+)?)?|[^\W\d_]+|"|[/|,;:!?•*–—.-]""")
_SAME_WORD = {"inch": "in", "inches": "in", "zoll": "in", '"': "in"}
_SUFFIX = "|".join(sorted(policy.MODEL_SUFFIXES, key=len, reverse=True))
_TWO_SUFFIXES = re.compile(rf"(?<![^\W\d_])({_SUFFIX})({_SUFFIX})(?![^\W\d_])")  # "ProMax"
_LOOKED_BACK_FOR_NEGATION = 3


def tokens_of(text: str) -> tuple[str, ...]:
    text = re.sub("″|”|''", '"', text.casefold())
    decomposed = unicodedata.normalize("NFKD", text)
    plain = "".join(char for char in decomposed if not unicodedata.combining(char))
    plain = plain.replace("+", " plus ")
    plain = re.sub(r"(?<=\d),(?=\d)", ".", plain)
    plain = re.sub(r"(?<=\w)-(?=[^\W\d])|(?<=[^\W\d])-(?=\w)", " ", plain)
    plain = _TWO_SUFFIXES.sub(r"\1 \2", plain)
    return tuple(_SAME_WORD.get(token, token) for token in _TOKEN.findall(plain))


class TitleReader:
    """Finds values by their spellings. Of two values with one spelling the first is meant."""

    def __init__(self, spellings: Iterable[tuple[str, str]]) -> None:
        """`spellings` are pairs of a text and what stands for its value."""
        self._values: dict[tuple[str, ...], str] = {}
        self._longest: dict[str, int] = {}
        for text, value in spellings:
            tokens = tokens_of(text)
            if tokens:
                self._values.setdefault(tokens, value)
                longest = self._longest.get(tokens[0], 0)
                self._longest[tokens[0]] = max(longest, len(tokens))

    def read(self, tokens: Sequence[str]) -> frozenset[str]:
        """The values that these tokens of a title name."""
        found = set()
        place = 0
        while place < len(tokens):
            length = self._match_at(tokens, place)
            if length and not (_is_denied(tokens, place) or _goes_on(tokens, place + length)):
                found.add(self._values[tuple(tokens[place : place + length])])
                place += length
            else:
                place += 1
        return frozenset(found)

    def _match_at(self, tokens: Sequence[str], place: int) -> int:
        """How many tokens the longest value that starts here has; 0 for none."""
        for length in range(self._longest.get(tokens[place], 0), 0, -1):
            if tuple(tokens[place : place + length]) in self._values:
                return length
        return 0


def after_made_for(tokens: Sequence[str]) -> Sequence[str]:
    """What stands behind the first "for", "fits" …; nothing where there is none."""
    places = (place for place, token in enumerate(tokens) if token in policy.MADE_FOR)
    first = next(places, len(tokens))
    return tokens[first + 1 :]


def _is_denied(tokens: Sequence[str], place: int) -> bool:
    before = tokens[max(0, place - _LOOKED_BACK_FOR_NEGATION) : place]
    return not policy.NEGATIONS.isdisjoint(before)


def _goes_on(tokens: Sequence[str], end: int) -> bool:
    """Whether what follows makes it the name of something else."""
    if end >= len(tokens):
        return False
    following = tokens[end]
    if following.isdigit():
        return not (end + 1 < len(tokens) and tokens[end + 1] in policy.UNITS_IN_TITLES)
    return following in policy.MODEL_SUFFIXES or (len(following) == 1 and following.isalpha())
