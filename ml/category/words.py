"""A text as words that can be compared, each with its place in the text."""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

MOST_WORDS = 64  # of a title; sellers who paste a description get no better answer from more
LONGEST_PHRASE = 5

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*|\d+")
_APOSTROPHE = re.compile(r"['’]")


@dataclass(frozen=True, slots=True)
class Word:
    """`form` is free of case, accents, possessive and plural; the rest is its place in the text."""

    form: str
    start: int
    end: int


def words_of(text: str) -> tuple[Word, ...]:
    """The first MOST_WORDS words and numbers of a text."""
    found = []
    for match in _WORD.finditer(text):
        found.append(Word(_form(match.group()), match.start(), match.end()))
        if len(found) == MOST_WORDS:
            break
    return tuple(found)


def phrases_of(words: Sequence[Word]) -> dict[str, tuple[int, int]]:
    """Runs of words written without spaces -> first and last word of where they stand last.

    So "t shirt", "T-Shirt" and "Tshirts" are one phrase.
    """
    found: dict[str, tuple[int, int]] = {}
    for first in range(len(words)):
        phrase = ""
        for last in range(first, min(first + LONGEST_PHRASE, len(words))):
            phrase += words[last].form
            found[phrase] = (first, last)
    return found


def hashed(words: Sequence[str], buckets: int) -> list[int]:
    """Buckets of words, and of pairs of neighbours, as an embedding table takes them."""
    pairs = (f"{first} {second}" for first, second in pairwise(words))
    return [bucket_of(token, buckets) for token in (*words, *pairs)]


def bucket_of(token: str, buckets: int) -> int:
    return zlib.crc32(token.encode()) % buckets


def _form(word: str) -> str:
    base = _APOSTROPHE.split(word)[0] or word
    if not base.isascii():
        apart = unicodedata.normalize("NFKD", base)
        base = unicodedata.normalize(
            "NFC", "".join(each for each in apart if not unicodedata.combining(each))
        )
    return _singular(base.casefold())


def _singular(word: str) -> str:
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("sses", "shes", "ches", "xes")):
        return word[:-2]
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word
