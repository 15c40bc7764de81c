"""Stretches of a title that could be the value of an attribute which no list can hold.

Bounded and cheap: one to four words that no mark divides, the likeliest first.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from ml.taclr.surface import Text, read
from ml.taclr.taxonomy import AttributeSpec

LONGEST = 4  # words
FEW_EXAMPLES = 5  # fewer say nothing of how values look
_WORD = re.compile(
    r"#?(?:&\#?\w{1,31};|[^\s,;|()\[\]{}<>\"*~!?/+#])+(?:#[^\s,;|()\[\]{}<>/]*)?"
    r"(?=(?P<close>\s*[,;|()\[\]{}<>*~!?]|\s+[-/+&]\s)?)"
)
_EDGES = ".:-'_&"
_BARRED = {
    "a", "an", "and", "are", "as", "at", "by", "for", "from", "in", "is", "it", "of", "on", "or",
    "the", "this", "to", "with", "without", "your",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Word:
    """A word as the seller wrote it; `closed` when a mark parts it from the next one."""

    written: str
    start: int
    end: int
    closed: bool


@dataclass(frozen=True, slots=True)
class Shape:
    """How the known values of an attribute look."""

    digits: bool | None  # all have some, none has any, or it varies
    words: int
    upper: bool  # written in capitals only
    seen: frozenset[str]  # words of theirs, in lower case


@dataclass(frozen=True, slots=True)
class Stretch:
    """`value` stands at characters `start` to `end`."""

    value: str
    start: int
    end: int


def stretches_in(spec: AttributeSpec, text: Text, most: int) -> list[Stretch]:
    """At most `most` candidate values of `spec`, the likeliest first."""
    shape = shape_of(spec)
    words = words_of(text)
    asked = read(spec.attribute).vocabulary
    ranked: list[tuple[float, int, Stretch]] = []
    for first in range(len(words)):
        for last in range(first, min(first + shape.words, len(words))):
            run = words[first : last + 1]
            if any(word.closed for word in run[:-1]):
                break
            rank = _rank(run, first, words, shape, asked)
            if rank is not None:
                ranked.append((rank, len(ranked), _stretch(text, run, shape)))
    ranked.sort(key=lambda each: each[:2])
    return [stretch for _, _, stretch in ranked[:most]]


def words_of(text: Text) -> list[Word]:
    """The words that the text's tokens cover, marks at their edges left out."""
    end = text.tokens[-1].end if text.tokens else 0
    found = []
    for match in _WORD.finditer(text.original, 0, end):
        written = match.group()
        left = len(written) - len(written.lstrip(_EDGES))
        bare = written.strip(_EDGES)
        if any(character.isalnum() for character in bare):
            start = match.start() + left
            closed = match["close"] is not None or written[-1] in ".:"
            found.append(Word(bare, start, start + len(bare), closed))
    return found


@lru_cache(maxsize=4096)
def shape_of(spec: AttributeSpec) -> Shape:
    values = [value.value for value in spec.values]
    if len(values) < FEW_EXAMPLES:
        return Shape(None, LONGEST, upper=False, seen=frozenset())
    with_digits = sum(any(character.isdigit() for character in value) for value in values)
    share = with_digits / len(values)
    lengths = sorted(len(value.split()) for value in values)
    return Shape(
        digits=True if share > 0.95 else False if with_digits == 0 else None,
        words=min(LONGEST, lengths[int(0.97 * (len(lengths) - 1))]),
        upper=all(value == value.upper() for value in values),
        seen=frozenset(word for value in values for word in value.lower().split()),
    )


def _rank(
    run: Sequence[Word], first: int, words: Sequence[Word], shape: Shape, asked: frozenset[str]
) -> float | None:
    """Smaller is likelier; None for what is no value: an article at the edge, a wrong shape."""
    if run[0].written.lower() in _BARRED or run[-1].written.lower() in _BARRED:
        return None
    has_digit = any(character.isdigit() for word in run for character in word.written)
    if shape.digits is not None and has_digit != shape.digits:
        return None
    known = sum(word.written.lower() in shape.seen for word in run) / len(run)
    capital = all(word.written[0].isupper() or word.written[0].isdigit() for word in run)
    last = first + len(run) - 1
    beside = [
        words[place].written.lower() for place in (first - 1, last + 1) if 0 <= place < len(words)
    ]
    near = any(word in asked for word in beside)
    cost = 4.0 * first / len(words) + 0.5 * (len(run) - 1)
    return cost - 3.0 * known - 1.0 * capital - 2.0 * near - 2.0 * (first == 0)


def _stretch(text: Text, run: Sequence[Word], shape: Shape) -> Stretch:
    start, end = run[0].start, run[-1].end
    value = " ".join(html.unescape(text.original[start:end]).split())
    return Stretch(value.upper() if shape.upper else value, start, end)
