"""Text as words and quantities at their places, in one pass. Knows no language."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from ml.description.checking.quantities import QUANTITY, quantity_key

_HIDDEN = "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
_WORD = re.compile(rf"[^\W_](?:[^\W_]|[{_HIDDEN}]|[&](?=[^\W_]))*")
_TOKEN = re.compile(rf"(?P<quantity>{QUANTITY})|(?P<word>{_WORD.pattern})")
_WITHOUT_HIDDEN = dict.fromkeys(map(ord, _HIDDEN))

# Letters of other scripts that look Latin, taken for it only inside a word with Latin letters.
_LOOKALIKES = str.maketrans(
    "аеорсухіјѕԁһкмтвнАЕОРСУХІЈЅКМТВНαοεικνρτυχΑΒΕΖΗΙΚΜΝΟΡΤΥΧ",
    "aeopcyxijsdhkmtbhAEOPCYXIJSKMTBHaoeiknptuxABEZHIKMNOPTYX",
)
_LATIN = re.compile(r"[a-zA-Z]")
_CLAUSE_END = re.compile(r"[,;()\[\]|•·、，；]|\s[-–—]+\s|[–—]|[.!?。！？۔।…](?:\s|$)|\n")


@dataclass(frozen=True, slots=True)
class Token:
    """A word or a quantity, at [start, end). `word` is the form to compare, `before` what parts it
    from the token before it. `quantity` is set of what is counted or measured (see quantities.py).
    """

    text: str
    start: int
    end: int
    word: str
    before: str
    quantity: str = ""

    @property
    def opens_clause(self) -> bool:
        return bool(self.before) and _CLAUSE_END.search(self.before) is not None


def tokens_of(text: str) -> list[Token]:
    return list(_tokens(text))


def words_of(text: str) -> list[str]:
    """The words of a text in the form to compare: `L’Été` -> `l`, `été`."""
    return [token.word for token in _tokens(text)]


@lru_cache(maxsize=20_000)
def fold(word: str) -> str:
    """One form for what reads the same: case, full-width letters, hidden characters, lookalikes."""
    folded = unicodedata.normalize("NFKC", word.translate(_WITHOUT_HIDDEN))
    if _LATIN.search(folded):
        folded = folded.translate(_LOOKALIKES)
    return folded.casefold()


def _tokens(text: str) -> Iterator[Token]:
    place = 0
    for match in _TOKEN.finditer(text):
        start, end = match.span()
        found = match.group()
        quantity = quantity_key(found) if match["quantity"] else ""
        yield Token(found, start, end, quantity or fold(found), text[place:start], quantity)
        place = end
