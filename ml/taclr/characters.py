"""The seller's characters, folded for reading, each with its place in what the seller wrote.

Case, accents and typographers' marks go; so do tags and entities, whose letters are no words.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

# Replaced before NFKD, under which a double prime falls apart into two; a trade mark belongs to no
# word. Written as escapes, since half of them look alike.
_MARKS = {
    ord(mark): plain
    for marks, plain in (
        ("\u2033\u201c\u201d\u201e", '"'),
        ("\u2032\u2018\u2019", "'"),
        ("\u2010\u2011\u2012\u2013\u2014\u2212", "-"),
        ("\u2044\u2215", "/"),
        ("\u00d7\u2715", "x"),
        ("\u00a9\u00ae\u2122", " "),
    )
    for mark in marks
}
# What is not plain ASCII: markup, whose letters are no words, and every other character.
_SPECIAL = re.compile(
    r"<(script|style)\b[^>]{0,400}>.{0,4000}?</\1\s*>|<!--.{0,4000}?-->|</?[a-z][^<>]{0,2000}>"
    r"|(?P<entity>&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z][a-z0-9]{1,31});)|(?P<other>[^\x00-\x7f])",
    re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Folded:
    """`text[i]` came from `starts[i]` to `ends[i]` of the seller's text."""

    text: str
    starts: Sequence[int]
    ends: Sequence[int]


def fold(text: str) -> Folded:
    """`text` without case, accents, tags and entities; a tag leaves a space."""
    if text.isascii() and "<" not in text and "&" not in text:
        return Folded(text.lower(), range(len(text)), range(1, len(text) + 1))
    parts: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    end = 0
    for match in _SPECIAL.finditer(text):
        start, last, end = end, match.start(), match.end()
        parts.append(text[start:last].lower())
        starts += range(start, last)
        ends += range(start + 1, last + 1)
        special = match["other"] or (html.unescape(match["entity"]) if match["entity"] else " ")
        plain = _folded(special, after_digit=parts[-1][-1:].isdigit())
        parts.append(plain)
        starts += [match.start()] * len(plain)
        ends += [end] * len(plain)
    parts.append(text[end:].lower())
    starts += range(end, len(text))
    ends += range(end + 1, len(text) + 1)
    return Folded("".join(parts), starts, ends)


def _folded(source: str, *, after_digit: bool) -> str:
    if source.isascii():
        return source.lower()
    marked = source.translate(_MARKS)
    # Hangul would fall apart into its letters, and hiragana would lose its voicing marks.
    if "\u3040" <= marked <= "\u30ff" or "\uac00" <= marked <= "\ud7af":
        return marked
    plain = unicodedata.normalize("NFKD", marked).casefold().translate(_MARKS)
    plain = "".join(_digit(part) for part in plain if not _is_invisible(part))
    if "/" not in plain or len(plain) == 1:
        return plain
    # 5½ is five and a half, not 51/2.
    return f"{' ' if after_digit else ''}{plain} "


def _digit(character: str) -> str:
    """Arabic, Devanagari and other digits as those that numbers are read from."""
    value = unicodedata.decimal(character, None)
    return character if value is None else str(value)


def _is_invisible(character: str) -> bool:
    """Accents standing by themselves, joiners, and the marks that turn the writing direction."""
    return bool(unicodedata.combining(character)) or unicodedata.category(character) == "Cf"
