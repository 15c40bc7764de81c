"""A title that buyers find: keywords first, no shouting, nothing that the facts do not say.

Every word comes from the seller's title or from a fact. What a search box is asked for (brand,
model, kind, then colour, material, size and what it fits) stands first; noise goes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from ml.description.facts import Facts, plain
from ml.description.noise import EDGES, calmed, is_shouted, without_noise
from ml.description.realiser.planning import Point, make_plan

MOST_CHARACTERS = 80
Change = Literal["calmer", "cleaner", "keywords", "order", "shorter"]

# Which details buyers search for, in the order in which a title says them.
_LEADING = ("brand", "model")
_TRAILING = ("colour", "pattern", "material", "size", "wearer", "compatible")
_WEARERS = frozenset({"men", "women", "boys", "girls", "kids", "children", "babies"})
_LONGEST_VALUE = 24  # characters; a longer one belongs in the description
_FILLERS = frozenset(["a", "an", "and", "the", "for", "with", "in", "of", "by", "to"])


@dataclass(frozen=True, slots=True)
class Title:
    """A suggested title of at most MOST_CHARACTERS characters.

    `sources` are the names of the facts that it says beside the seller's own words; `changes` say
    what was done to these.
    """

    text: str
    sources: tuple[str, ...]
    changes: tuple[Change, ...]


def suggest_title(facts: Facts) -> Title | None:
    """A better title than the seller's, or None where it is as good already or nothing is known."""
    typed = facts.title.strip()
    plan = make_plan(facts)
    cleaned = without_noise(plain(typed))
    calm = calmed(cleaned, [point.value for point in plan.points])
    words = _Words()
    leading = [point for role in _LEADING if (point := plan.first(role)) and _fits(point)]
    trailing = [point for role in _TRAILING if (point := plan.first(role)) and _fits(point)]
    added = [point for point in leading if words.add(_named(point, calm))]
    words.add(calm)
    if plan.noun and not words.has_kind(plan.noun):
        words.add(plan.noun)
    added += [point for point in trailing if words.add(_keyword(point))]
    text = _with_capital(words.text)
    if not text or (text.casefold() == typed.casefold() and not is_shouted(typed)):
        return None
    new = [point for point in added if not _says(typed, point.value)]
    sources = [point.name for point in new if _says(text, point.value)]
    if plan.noun and plan.noun_source and not _says(typed, plan.noun) and _says(text, plan.noun):
        sources.append(plan.noun_source)
    changes = tuple(_changes(typed, cleaned, calm, text, sources))
    return Title(text, tuple(dict.fromkeys(sources)), changes) if changes else None


def _with_capital(text: str) -> str:
    """`lamp` → `Lamp`; `iPhone` stays as it is."""
    first = text.split(" ", 1)[0]
    return text[:1].upper() + text[1:] if first.islower() else text


class _Words:
    """Words of a title in order, none twice, as many as there is room for."""

    def __init__(self) -> None:
        self.text = ""
        self._is_full = False
        self._said: set[str] = set()

    def add(self, phrase: str) -> bool:
        """Append what is not said yet; whether anything was, or all of it stands there already."""
        before = self.text
        keys = {word.strip(EDGES).casefold() for word in phrase.split()}
        if keys - _FILLERS <= self._said:
            return False
        for word in phrase.split():
            key = word.strip(EDGES).casefold()
            if self._is_full or (key in self._said and key not in _FILLERS):
                continue
            longer = f"{self.text} {word}".strip()
            if len(longer) > MOST_CHARACTERS:
                self._is_full = True
                self.text = _without_loose_end(self.text)
                continue
            self.text = longer
            self._said |= {key, *re.split(r"[-/]", key)}
        return self.text != before

    def has_kind(self, noun: str) -> bool:
        """Whether the kind is named, in the singular or the plural."""
        last = noun.split()[-1].casefold()
        forms = {last, f"{last}s", f"{last}es", last.removesuffix("s"), last.removesuffix("es")}
        return bool(forms & self._said)


def _fits(point: Point) -> bool:
    flags = ("yes", "no", "other", "multi", "unbranded", "does not apply")
    return len(point.value) <= _LONGEST_VALUE and point.value.casefold() not in flags


def _named(point: Point, calm: str) -> str:
    """A brand as the seller writes it in the title, where he does."""
    found = re.search(rf"(?<!\w){re.escape(point.value)}(?!\w)", calm, re.I)
    return found.group() if found and not found.group().isupper() else point.value


def _keyword(point: Point) -> str:
    """`M` alone says nothing: `Size M`. What fits something is `for` it."""
    if point.role == "size" and not re.match(r"size\b", point.value, re.I):
        return f"Size {point.value}"
    is_for = point.role == "compatible" or point.value.casefold() in _WEARERS
    if is_for and not point.value.casefold().startswith("for "):
        return f"for {point.value}"
    return point.value


def _without_loose_end(text: str) -> str:
    """A cut title does not end in `for`, `with 2` or `Size`."""
    words = text.split()
    while any(word.casefold() in (*_FILLERS, "size") for word in words[-2:]):
        words.pop()
    return " ".join(words)


def _says(text: str, value: str) -> bool:
    have = set(re.findall(r"\w+", text.casefold()))
    return set(re.findall(r"\w+", value.casefold())) <= have


def _changes(
    typed: str, cleaned: str, calm: str, text: str, sources: Sequence[str]
) -> Iterator[Change]:
    if calm != cleaned:
        yield "calmer"
    if re.sub(r"\W", "", cleaned) != re.sub(r"\W", "", typed):
        yield "cleaner"
    if sources:
        yield "keywords"
    kept = [word for word in text.casefold().split() if word in calm.casefold().split()]
    if kept != [word for word in calm.casefold().split() if word in kept]:
        yield "order"
    if len(typed) > MOST_CHARACTERS:
        yield "shorter"
