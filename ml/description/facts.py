"""What a draft may say, and what a draft is. Everything is plain text, whatever came in."""

from __future__ import annotations

import html
import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

Source = Literal["seller", "suggestion", "photo"]
ClaimKind = Literal[
    "number",
    "colour",
    "material",
    "size",
    "condition",
    "praise",
    "guarantee",
    "name",
    "absence",
    "detail",  # any other word that says something
]

CONDITIONS = ("new", "like new", "good", "fair", "for parts")

_TAG = re.compile(r"<(?:script|style)\b.*?</(?:script|style)>|<!--.*?-->|</?[a-zA-Z][^<>]*>", re.S)
_BREAK = re.compile(r"<(?:br|/p|/div|/li|/tr|/h\d)\b[^<>]*>", re.I)
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+|[^\s@]{1,64}@[^\s@.]{1,64}\.\S+")


class FactsError(ValueError):
    """Facts cannot be used; the message names the field and the fix."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One attribute and its value, and who says so: of a photo's finding, in which photo."""

    name: str
    value: str
    source: Source = "seller"
    photo: int | None = None  # place of the photo in the listing, from 0


@dataclass(frozen=True)
class Facts:
    """Everything that is known of a listing. `condition` is one of CONDITIONS or empty.

    `condition_note` is what the seller says about wear and flaws, `seller_text` what else he wrote.
    """

    title: str
    category: str = ""
    condition: str = ""
    attributes: tuple[Fact, ...] = ()
    seller_text: str = ""
    condition_note: str = ""

    def __post_init__(self) -> None:
        known = normal_condition(self.condition)
        if self.condition.strip() and known not in CONDITIONS:
            raise FactsError(
                f"condition is {self.condition!r}; use one of {', '.join(CONDITIONS)} or none"
            )
        object.__setattr__(self, "condition", known)


@dataclass(frozen=True, slots=True)
class Claim:
    """Words of a text that assert something, at [start, end) of that text.

    `source` names the fact behind them: an attribute's name, or `title`, `category`, `condition`,
    `condition_note`, `seller_text`. None: nothing backs them.
    """

    text: str
    start: int
    end: int
    source: str | None
    kind: ClaimKind = "name"


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence, the names of the facts behind it, and its claims at places in `text`.

    `gap` is what stands before it in a draft: a space, a line break or an empty line.
    """

    text: str
    sources: tuple[str, ...] = ()
    claims: tuple[Claim, ...] = ()
    gap: str = " "


@dataclass(frozen=True)
class Draft:
    """A description in sentences, each with its sources, and how it came about."""

    sentences: tuple[Sentence, ...] = ()
    removed: tuple[Sentence, ...] = ()  # what the check refused
    engine: str = ""
    release: str = ""
    language: str = "en"
    fallback: str = ""  # why another engine than the one asked for wrote it

    @property
    def text(self) -> str:
        return "".join(sentence.gap + sentence.text for sentence in self.sentences).strip()


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
    spaced = re.sub(r"\s+", " ", text.translate(_ORNAMENTS))
    spaced = re.sub(r"\s+([,.;:!?])", r"\1", spaced)
    return re.sub(r"([,;:!?.])(?:\s*[.])+", r"\1", spaced).strip()


class _Ornaments(dict[int, str]):
    """Code point → a space for an ornament, itself for the rest; each is looked up once."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        self[code] = " " if _is_ornament(character) else character
        return self[code]


def _is_ornament(character: str) -> bool:
    category = unicodedata.category(character)
    if category in ("So", "Cs", "Co", "Cn", "Cc", "Cf"):
        # Joiners hold Indic and Persian words together; degree and trade signs belong to names.
        return character not in "°™®©№\u200c\u200d"
    return character in "\ufe0e\ufe0f"


_ORNAMENTS = _Ornaments()
