"""Is every claim of a text backed by the facts? Rules that know nothing of how a draft is made.

Figures, colours, materials, sizes, conditions, praise and names with a capital are claims; each
must be found in the title, the category, the condition, an attribute or the seller's own text.
Praise is never backed by anything but the seller's own words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ml.description.facts import Claim, Draft, Facts, Sentence, plain
from ml.description.vocabulary import (
    COLOURS,
    CONDITION_WORDS,
    CONNECTIVES,
    GUARANTEES,
    MATERIALS,
    SIZES,
    SUPERLATIVES,
    singular,
    words_of,
)

_STRICT = COLOURS | MATERIALS | SIZES | CONDITION_WORDS | SUPERLATIVES | GUARANTEES
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[^a-z])|\n+")
_WORD = re.compile(r"[^\W_]+(?:[-'’./][^\W_]+)*")


def check(text: str, facts: Facts) -> list[Claim]:
    """Every claim of `text` with its source, in reading order."""
    sources = _sources(facts)
    return [
        Claim(text[start:end], start, end, _source_of(text[start:end], sources))
        for start, end in _claims(text)
    ]


def checked(text: str, facts: Facts) -> Draft:
    """The text's sentences with their claims; those with a claim that has no source are removed."""
    kept: list[Sentence] = []
    removed: list[Sentence] = []
    for sentence in split(text):
        claims = tuple(check(sentence, facts))
        sources = tuple(dict.fromkeys(claim.source for claim in claims if claim.source))
        whole = Sentence(sentence, sources, claims)
        (kept if all(claim.source for claim in claims) else removed).append(whole)
    return Draft(tuple(kept), tuple(removed))


def split(text: str) -> list[str]:
    """The sentences of a text."""
    return [part.strip() for part in _SENTENCE_END.split(text) if part.strip()]


def _claims(text: str) -> Iterator[tuple[int, int]]:
    for match in _WORD.finditer(text):
        word = match.group()
        lowered = word.lower()
        has_digit = any(character.isdigit() for character in word)
        named = word[0].isupper() and lowered not in CONNECTIVES
        if has_digit or named or _is_strict(lowered):
            yield match.span()


def _is_strict(word: str) -> bool:
    return word in _STRICT or singular(word) in _STRICT


def _sources(facts: Facts) -> dict[str, frozenset[str]]:
    """Fact name -> the words that it backs."""
    sources = {
        "title": _words(facts.title),
        "category": _words(facts.category),
        "condition": _words(facts.condition),
        "condition_note": _words(facts.condition_note),
    }
    for fact in facts.attributes:
        words = _words(fact.value) | _words(fact.name)
        sources[fact.name] = sources.get(fact.name, frozenset()) | words
    sources["seller_text"] = _words(facts.seller_text)
    return sources


def _words(text: str) -> frozenset[str]:
    """Words of a fact in the forms in which a sentence may use them."""
    found: set[str] = set()
    for word in words_of(plain(text)):
        found |= {word, singular(word)}
        found |= {part for part in re.split(r"[-'’./]", word) if part}
    return frozenset(found)


def _source_of(word: str, sources: dict[str, frozenset[str]]) -> str | None:
    lowered = word.lower()
    forms = {lowered, singular(lowered), lowered.strip(".'’")}
    # `20/3-4` and `Levi's` are backed when all their parts are.
    parts = {part for part in re.split(r"[-'’./]", lowered) if part}
    for name, words in sources.items():
        if forms & words or (len(parts) > 1 and parts <= words):
            return name
    return None
