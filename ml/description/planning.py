"""What a description says, in which order: from attributes to parts of sentences."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ml.description.facts import Fact, Facts, plain
from ml.description.vocabulary import is_plural, join_words, singular

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
)


@dataclass(frozen=True)
class Point:
    """One attribute ready to be said: cleaned name and value, and the part it plays."""

    role: str
    name: str
    value: str

    @property
    def noun(self) -> str:
        """The attribute's name inside a sentence: `Sleeve Length` -> `sleeve length`."""
        words = self.name.split(" ")
        return " ".join(w if w.isupper() and len(w) > 1 else w.lower() for w in words)


@dataclass(frozen=True)
class Plan:
    """The points of a draft by the part they play; `noun` is what the thing is called."""

    title: str
    noun: str
    noun_source: str
    plural: bool
    condition: str
    points: tuple[Point, ...]

    def first(self, role: str) -> Point | None:
        return next((point for point in self.points if point.role == role), None)

    def rest(self, said: Sequence[Point]) -> list[Point]:
        return [point for point in self.points if point not in said]


def make_plan(facts: Facts) -> Plan:
    """Order and clean the facts; empty values, doubles and markup do not get through."""
    points: list[Point] = []
    for fact in facts.attributes[:MAX_FACTS]:
        point = _point(fact)
        if point and all(point.name.lower() != other.name.lower() for other in points):
            points.append(point)
    noun, source = _noun(points, facts.category)
    return Plan(
        title=plain(facts.title).rstrip(" .,;:!"),
        noun=noun,
        noun_source=source,
        plural=is_plural(noun),
        condition=facts.condition,
        points=tuple(points),
    )


def _point(fact: Fact) -> Point | None:
    name, value = plain(fact.name).strip(" :."), plain(fact.value).strip(" ;,.")
    if value.lower() in _EMPTY or not name or len(value) > 200:
        return None
    return Point(role_of(name), name, _listed(value))


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


def _noun(points: Sequence[Point], category: str) -> tuple[str, str]:
    """What to call the thing: its type, else the category's leaf in the singular."""
    kind = next((point for point in points if point.role == "type"), None)
    if kind and re.fullmatch(r"[^\W\d_][\w' -]{1,30}", kind.value):
        return lower_first(singular(kind.value)), kind.name
    leaf = plain(re.split(r"\s*[>/|]\s*", category.strip())[-1]) if category.strip() else ""
    names_a_thing = not re.search(r"\b(?:other|misc\w*|general|and)\b", leaf, re.I)
    if names_a_thing and re.fullmatch(r"[^\W\d_][\w' -]{1,30}", leaf):
        return lower_first(singular(leaf)), "category"
    return "", ""


def lower_first(phrase: str) -> str:
    """`Dress Shoes` -> `dress shoes`; `USB Hub` and `T-shirt` keep their capitals."""
    words = phrase.split(" ")
    keep = [sum(c.isupper() for c in word) > 1 or word[:2] == "T-" for word in words]
    return " ".join(w if kept else w.lower() for w, kept in zip(words, keep, strict=True))
