"""What a draft may say, and what a draft is. Everything is plain text, whatever came in."""

from __future__ import annotations

import html
import re
import unicodedata
from dataclasses import dataclass, field
from typing import Literal

Source = Literal["seller", "suggestion"]

CONDITIONS = ("new", "like new", "good", "fair", "for parts")

_TAG = re.compile(r"<(?:script|style)\b.*?</(?:script|style)>|<!--.*?-->|</?[a-zA-Z][^<>]*>", re.S)
_BREAK = re.compile(r"<(?:br|/p|/div|/li|/tr|/h\d)\b[^<>]*>", re.I)
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+|\S+@\S+\.\S+")


class FactsError(ValueError):
    """Facts cannot be used; the message names the field and the fix."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One attribute and its value, and who says so."""

    name: str
    value: str
    source: Source = "seller"


@dataclass(frozen=True)
class Facts:
    """Everything that is known of a listing. `condition` is one of CONDITIONS or empty."""

    title: str
    category: str = ""
    condition: str = ""
    attributes: tuple[Fact, ...] = ()
    seller_text: str = ""

    def __post_init__(self) -> None:
        known = normal_condition(self.condition)
        if self.condition.strip() and known not in CONDITIONS:
            raise FactsError(
                f"condition is {self.condition!r}; use one of {', '.join(CONDITIONS)} or none"
            )
        object.__setattr__(self, "condition", known)


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence and the facts behind it: attribute names, `title`, `category` or `condition`."""

    text: str
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Draft:
    """A description in sentences, each with its sources."""

    sentences: tuple[Sentence, ...] = field(default=())

    @property
    def text(self) -> str:
        return " ".join(sentence.text for sentence in self.sentences)


def normal_condition(condition: str) -> str:
    """`LIKE_NEW`, `like-new` and `Like new` are one condition."""
    return re.sub(r"[\s_-]+", " ", condition).strip().lower()


def plain(text: str) -> str:
    """Text without markup, addresses, emoji and control characters, in single spaces.

    Letters of every script stay, and so do accents; a `<` that opens no tag is the seller's.
    """
    for _ in range(2):  # what is escaped twice was once pasted from a page's source
        text = html.unescape(text)
    text = _TAG.sub(" ", _BREAK.sub(". ", text))
    text = _ADDRESS.sub(" ", unicodedata.normalize("NFC", text))
    kept = (" " if _is_ornament(character) else character for character in text)
    spaced = re.sub(r"\s+", " ", "".join(kept))
    spaced = re.sub(r"\s+([,.;:!?])", r"\1", spaced)
    return re.sub(r"([,;:!?.])(?:\s*[.])+", r"\1", spaced).strip()


def _is_ornament(character: str) -> bool:
    category = unicodedata.category(character)
    if category in ("So", "Cs", "Co", "Cn", "Cc", "Cf"):
        # Joiners hold Indic and Persian words together; degree and trade signs belong to names.
        return character not in "°™®©№\u200c\u200d"
    return character in "\ufe0e\ufe0f"
