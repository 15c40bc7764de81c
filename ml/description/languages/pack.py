"""A language: the words that are claims, the words that are none, and the sentence patterns."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from string import Formatter

from ml.description.facts import CONDITIONS, FactsError

Forms = Mapping[str, tuple[str, ...]]

ROLES = (
    "brand", "model", "type", "colour", "material", "pattern", "size", "wearer", "compatible",
    "measure", "use", "included", "pack", "other",
)  # fmt: skip
_VALUE_SLOTS = frozenset({"v", "n", "Name"})
_LIST_SLOTS = frozenset(f"{slot}{number}" for slot in _VALUE_SLOTS for number in ("", "2", "3"))
_OPENING_SLOTS = frozenset({"title", "noun", "brand", "colour", "material"})

# Part of a description -> the slots that its patterns may have.
PARTS: Mapping[str, frozenset[str]] = {
    "opening": _OPENING_SLOTS,
    **dict.fromkeys(ROLES, _VALUE_SLOTS),
    "pair": _LIST_SLOTS,
    "measures": _LIST_SLOTS,
    **{f"condition {condition}": frozenset() for condition in CONDITIONS},
    "greeting": frozenset(),
    "closing": frozenset(),
}


class LanguageError(FactsError):
    """The language asked for is not one that can be checked; the message names those that can."""


class PackError(ValueError):
    """A language's file is wrong; the message names the file, the key and the fix."""


@dataclass(frozen=True, eq=False)
class Language:
    """Everything by which a language is written and checked.

    Words that are claims go by English key, so that `blau` is backed by a fact `Blue`; the first
    form of each is the one to write. `patterns` has every key of PARTS; the patterns of a condition
    stand under `condition <its name>`. In `pair` and `measures` the slots of the second and third
    attribute end in 2 and 3. `agreement` gives a slot's word in the singular and in the plural.
    """

    code: str
    name: str
    conjunction: str  # between the last two of a list
    affirmed: str  # the value of what is there
    denied: str  # and of what is not
    colours: Forms
    materials: Forms
    conditions: Forms  # CONDITIONS and further ones, such as `used`
    praise: Forms
    guarantees: Forms
    absences: Forms  # `-free` denies the word in front of it
    sizes: Forms
    numbers: Mapping[str, str]  # written out -> figures
    connectives: frozenset[str]  # words and phrases that claim nothing
    verbs: frozenset[str]  # those connectives without which words are no full sentence
    breaks: frozenset[str]  # words at which a clause may end
    makers: frozenset[str]  # words and phrases after which the maker is named
    targets: frozenset[str]  # words after which stands what the thing is for, not who made it
    affirmations: tuple[str, ...]  # what a value says that only affirms
    denials: tuple[str, ...]  # and one that only denies
    attribute_names: Mapping[str, str]  # English in lower case -> in this language
    attribute_words: Forms  # English attribute name -> further words that speak of it
    endings: tuple[str, ...]  # what inflection adds to a word; cut before words are compared
    names: frozenset[str] = frozenset()  # brands and places with a word in them that is a claim
    agreement: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    patterns: Forms = field(default_factory=dict)

    def fill(self, pattern: str, *, plural: bool = False, **slots: str) -> str:
        """The pattern with its slots filled, those of agreement by `plural`."""
        agreed = {slot: forms[plural] for slot, forms in self.agreement.items()}
        return pattern.format(**agreed, **slots)

    def translated(self, value: str) -> str:
        """`Blue`, `Yes` and `Cotton, Wool` in this language.

        A value with a part that is unknown to the language stays as it is.
        """
        parts = re.split(r"(\s*,\s*|\s+and\s+)", value)  # words at even places, joints between
        local = [
            self._joint(part) if place % 2 else self._word(part) for place, part in enumerate(parts)
        ]
        return "".join(local) if all(local) and self.code != "en" else value

    def _word(self, english: str) -> str:
        flags = {"yes": self.affirmations, "no": self.denials}
        if english.strip().lower() in flags:
            return flags[english.strip().lower()][0]
        for forms in (self.colours, self.materials, self.sizes, self.conditions):
            key = english.strip().lower()
            if key in forms:
                return english if forms[key][0] == key else forms[key][0]
        return ""

    def _joint(self, joint: str) -> str:
        return f" {self.conjunction} " if "and" in joint else joint


def slots_of(pattern: str) -> frozenset[str]:
    """Names of the slots of a pattern. Raises ValueError where its braces do not match."""
    return frozenset(name for _, name, _, _ in Formatter().parse(pattern) if name is not None)
