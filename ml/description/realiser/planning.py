"""What a description says, in which order: from attributes to parts of sentences."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ml.description.facts import Fact, Facts, plain
from ml.description.noise import calmed, without_noise
from ml.description.vocabulary import is_plural, join_words, singular, words_of

MAX_FACTS = 40  # a longer specification sheet is a table's business
_EMPTY = frozenset({"", "-", "n/a", "na", "none", "null", "unknown", "not applicable", "nan", "?"})
_ROLES: tuple[tuple[str, str], ...] = (
    ("brand", r"brand|manufacturer|maker|label"),
    ("model", r"model|model (?:name|number)|series|product line"),
    ("type", r"type|product type|item type|kind"),
    ("colour", r"colou?r(?:\(?s\)?)?|main colou?r|primary colou?r|base colou?r"),
    ("material", r"material|fabric|outer material|upper material|main material|material type"),
    ("pattern", r"pattern|print"),
    ("size", r"size|clothing size|shoe size|dress size|ring size"),
    ("wearer", r"gender|department|ideal for|target gender|for"),
    ("compatible", r"compatible (?:model|models|with|devices?|brand)|compatibility|fits"),
    ("measure", r"(?:\w+ )?(?:width|height|depth|length|weight|diameter|dimensions?|capacity)"),
    ("use", r"occasion|usage|use|season|suitable for|recommended use"),
    ("included", r"included|includes|in the box|box contents|sales package|accessories included"),
    ("pack", r"pack quantity|quantity|number of pieces|set of|pack of|pieces"),
    ("origin", r"country|country of (?:origin|manufacture)|country/region of manufacture|made in"),
)
_YES, _NO = ("yes", "true"), ("no", "false")
# A last word of a category that sorts people or goods and names no thing.
_NO_THING = re.compile(
    r"\b(?:other|misc\w*|general|and|men|women|boys?|girls?|kids?|unisex|baby|sale|new|used|"
    r"casual|vintage|contemporary|type|accessories|ages)\b",
    re.I,
)


@dataclass(frozen=True)
class Point:
    """One attribute ready to be said: cleaned name and value, and the part it plays."""

    role: str
    name: str
    value: str
    is_seen: bool = False  # found in a photo rather than told

    @property
    def has(self) -> bool | None:
        """Of an attribute that is only there or not: which. None of any other."""
        return {**dict.fromkeys(_YES, True), **dict.fromkeys(_NO, False)}.get(self.value.lower())

    @property
    def noun(self) -> str:
        """The attribute's name inside a sentence: `Sleeve Length` -> `sleeve length`."""
        words = self.name.split(" ")
        return " ".join(w if sum(c.isupper() for c in w) > 1 else w.lower() for w in words)


@dataclass(frozen=True)
class Plan:
    """The points of a draft by the part they play; `noun` is what the thing is called.

    `note` is what the seller says about the condition, in the seller's words.
    """

    title: str
    noun: str
    noun_source: str
    plural: bool
    condition: str
    points: tuple[Point, ...]
    note: str = ""

    def first(self, role: str) -> Point | None:
        return next((point for point in self.points if point.role == role), None)


def make_plan(facts: Facts) -> Plan:
    """Order and clean the facts; empty values, doubles and markup do not get through."""
    points: list[Point] = []
    for fact in facts.attributes[:MAX_FACTS]:
        point = _point(fact)
        if point and all(point.name.lower() != other.name.lower() for other in points):
            points.append(point)
    title = calmed(without_noise(plain(facts.title)), [point.value for point in points])
    noun, source = _noun(points, facts.category, title)
    return Plan(
        title=title,
        noun=noun,
        noun_source=source,
        plural=is_plural(noun),
        condition=facts.condition,
        points=tuple(points),
        note=plain(facts.condition_note).strip(),
    )


def _point(fact: Fact) -> Point | None:
    name, value = plain(fact.name).strip(" :."), plain(fact.value).strip(" ;,.")
    if value.lower() in _EMPTY or not name or len(value) > 200:
        return None
    role = role_of(name)
    if role == "measure" and not any(character.isdigit() for character in value):
        role = "other"  # `Sleeve length: short`
    return Point(role, name, _listed(value), fact.source == "photo")


def role_of(name: str) -> str:
    """The part an attribute plays by its name; `other` when the name says nothing special."""
    lowered = name.lower().strip()
    for role, pattern in _ROLES:
        if re.fullmatch(pattern, lowered):
            return role
    return "other"


def _listed(value: str) -> str:
    """`Cotton, Wool,Silk` and `Cotton; Wool; Silk` read `Cotton, Wool and Silk`."""
    parts = [part.strip() for part in re.split(r"\s*[;|]\s*|,\s*(?!\d)", value) if part.strip()]
    short = len(parts) > 1 and all(len(part) <= 30 for part in parts)
    return join_words(parts) if short and not re.search(r"\band\b", value) else value


def _noun(points: Sequence[Point], category: str, title: str) -> tuple[str, str]:
    """What to call the thing, and by which fact: its type, else a level of its category.

    A type that the category knows is a thing's name, and so is a level that the title knows; any
    other type may be a mere property (`Digital`), so the category's leaf goes before it.
    """
    levels = [plain(level) for level in re.split(r"\s*[>/|]\s*", category) if level.strip()][::-1]
    kind = next((point for point in points if point.role == "type"), None)
    named = [(kind.value, kind.name)] if kind else []
    maker = next((point.value for point in points if point.role == "brand"), "")
    branches = [(_without_maker(level, maker, title), "category") for level in levels]
    known = {singular(word) for word in words_of(category or title)}
    spoken = [pair for pair in named if _head(pair[0]) in known]
    in_title = {singular(word) for word in words_of(title)}
    titled = [pair for pair in branches if _head(pair[0]) in in_title]
    for name, source in [*spoken, *titled, *branches[:1], *named]:
        is_short = re.fullmatch(r"[^\W\d_][\w' -]{1,30}", name)
        if is_short and not _NO_THING.search(name):
            return lower_first(_in_singular(name)), source
    return "", ""


def _in_singular(name: str) -> str:
    """`Cocktail Dresses` -> `Cocktail Dress`; `Dress Pants` stay."""
    words = name.split(" ")
    return name if is_plural(words[-1]) else " ".join([*words[:-1], singular(words[-1])])


def _head(name: str) -> str:
    return singular(words_of(name)[-1]) if words_of(name) else ""


def _without_maker(level: str, maker: str, title: str) -> str:
    """`Ridas Wrist Watches` -> `Wrist Watches` by Ridas, or where the title starts so."""
    if maker and level.lower().startswith(f"{maker.lower()} "):
        return level[len(maker) + 1 :]
    first, _, rest = level.partition(" ")
    starts = title.lower().split(" ")[0] == first.lower()
    return rest if starts and " " in rest else level


def lower_first(phrase: str) -> str:
    """`Dress Shoes` -> `dress shoes`; `USB Hub` and `T-shirt` keep their capitals."""
    words = phrase.split(" ")
    keep = [sum(c.isupper() for c in word) > 1 or word[:2] == "T-" for word in words]
    return " ".join(w if kept else w.lower() for w, kept in zip(words, keep, strict=True))


def rank_of(point: Point) -> int:
    """Where people look for a point: maker and model first, further details last."""
    roles = [role for role, _ in _ROLES]
    return roles.index(point.role) if point.role in roles else len(roles)
