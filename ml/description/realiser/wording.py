"""Ways of saying each part of a plan: patterns filled, facts joined, words made to agree."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from random import Random

from ml.description.languages import Language
from ml.description.realiser.patterns import Pattern
from ml.description.realiser.phrases import (
    Fragment,
    bare,
    capital,
    finished,
    flags,
    fragments,
    is_plain,
    name_in,
    value_in,
)
from ml.description.realiser.planning import Plan, Point
from ml.description.realiser.slots import slots_in
from ml.description.vocabulary import article, join_words

OWN_VOICE = 1.0  # nats a token that a pattern of the seller's own is worth; a neighbour's half
# Names that are no noun: nobody says "the ideal for is women".
_NO_NOUN = re.compile(r"(?:\b(?:for|with|in|of)|included|includes|contains)$")
_SEEN = ("As the photo shows, the {n} is {v}.", "Going by the photo, the {n} is {v}.")
_PHOTOS = re.compile(r"photo|foto|picture|bild|imagen|image|immagin", re.I)
STATES = ("like new", "good", "fair")  # that a thing can be "in .. condition" of


@dataclass(frozen=True, slots=True)
class Option:
    """One way of saying `points`. `pattern` is its form: no draft uses one twice."""

    text: str
    points: tuple[Point, ...]
    pattern: str
    weight: float = 0.0
    says_title: bool = False
    says_condition: bool = False


def tells_of_photos(text: str) -> bool:
    return bool(_PHOTOS.search(text))


def some_of(options: Sequence[Option], rng: Random, most: int) -> list[Option]:
    """At most `most` of them by chance, those in somebody's voice first."""
    voiced = [option for option in options if option.weight]
    others = [option for option in options if not option.weight]
    return [
        *rng.sample(voiced, min(most // 2, len(voiced))),
        *rng.sample(others, min(most - min(most // 2, len(voiced)), len(others))),
    ]


@dataclass(frozen=True)
class Wording:
    """All patterns for one request, and how they are filled."""

    plan: Plan
    language: Language
    learnt: Sequence[Pattern] = ()  # of the request's examples
    bank: Sequence[Pattern] = ()
    is_friendly: bool = False
    has_photos: bool = False
    _by_part: dict[str, list[tuple[str, float]]] = field(default_factory=dict, repr=False)

    def patterns(self, part: str) -> list[tuple[str, float]]:
        """(pattern, weight) of a part: the language's, the bank's, the examples'."""
        if part not in self._by_part:
            own = self.language.patterns
            packed = own.get(part, () if part in ("condition", "photos") else own["other"])
            found = dict.fromkeys(packed, 0.0)
            if self.language.code == "en":
                found |= {each.text: 0.0 for each in self.bank if each.part == part}
            for each in self.learnt:
                if each.part == part:
                    found[each.text] = OWN_VOICE if each.is_own else OWN_VOICE / 2
            self._by_part[part] = list(found.items())
        return self._by_part[part]

    # Statements

    def statements(self, points: Sequence[Point], rng: Random) -> list[Option]:
        """Sentences that say all of `points`."""
        if all(point.has is not None for point in points) and self.language.code == "en":
            texts = flags(points, self.plan.plural)
            return [Option(self.contracted_text(t), tuple(points), t) for t in texts]
        if len(points) == 1:
            return [*self._single(points[0]), *self._joined(points, rng)]
        options = [*self._joined(points, rng), *self._together(points)]
        return options or [self.listed(points)]

    def listed(self, points: Sequence[Point]) -> Option:
        """All of them in one line: `Sleeve length: short; closure: zip.`"""
        said = [
            f"{name_in(point, self.language)}: {value_in(point, self.language)}" for point in points
        ]
        return Option(finished("; ".join(said)), tuple(points), "listed")

    def line(self, point: Point) -> Option:
        """One line of a list."""
        name = capital(name_in(point, self.language))
        return Option(f"- {name}: {value_in(point, self.language)}", (point,), "line")

    def _single(self, point: Point) -> Iterator[Option]:
        if not is_plain(point):
            yield self.listed([point])
            return
        patterns = self.patterns(point.role)
        if point.is_seen and self.language.code == "en":
            patterns = [*patterns, *((text, 0.0) for text in _SEEN)]
        for text, weight in patterns:
            if _suits(text, point):
                filled = self.filled(text, **self._slots([point]))
                yield Option(filled, (point,), text, weight)

    def _joined(self, points: Sequence[Point], rng: Random) -> Iterator[Option]:
        """English: `It is made of cotton, in size M.`, `It has a slim fit and a spread collar.`"""
        if self.language.code != "en":
            return
        found = [fragments(point) for point in points if point.role != "included"]
        if not all(found) or len(found) < len(points):
            return
        for _ in range(3):
            chosen = [rng.choice(each) for each in found]
            chosen.sort(key=lambda each: each.point is not None and each.point.role == "brand")
            after = [_predicate(each) for each in chosen if each.kind == "after"]
            has = [each.text for each in chosen if each.kind == "has"]
            if has and not after:
                said, frames = join_words(has), ["{It} {has} {said}.", "With {said}."]
            elif after and not has:
                said, frames = _series(after), ["{It} {is} {said}.", "{Said}."]
            else:
                said = f"{_series(after)}, with {join_words(has)}"
                frames = ["{It} {is} {said}."]
            for frame in frames:
                text = self.filled(frame, said=said, Said=capital(said))
                yield Option(text, tuple(points), f"{frame} of {len(points)}")
        terse = [bare(point) for point in points]
        if len(points) > 1 and all(terse):
            yield Option(finished(", ".join(terse)), tuple(points), f"bare of {len(points)}")

    def _together(self, points: Sequence[Point]) -> Iterator[Option]:
        """The language's patterns for several attributes in one sentence."""
        if not all(is_plain(point) and not _NO_NOUN.search(point.noun) for point in points):
            return
        wanted = {f"v{number}" for number in range(2, len(points) + 1)}
        part = "measures" if all(point.role == "measure" for point in points) else "pair"
        for pattern, weight in self.patterns(part):
            if {slot for slot in slots_in(pattern) if re.fullmatch(r"v\d", slot)} == wanted:
                text = self.filled(pattern, **self._slots(points))
                yield Option(text, tuple(points), pattern, weight)

    def _slots(self, points: Sequence[Point]) -> dict[str, str]:
        slots: dict[str, str] = {}
        for number, point in enumerate(points, start=1):
            suffix = "" if number == 1 else str(number)
            name = name_in(point, self.language)
            slots |= {f"v{suffix}": value_in(point, self.language)}
            slots |= {f"n{suffix}": name, f"Name{suffix}": capital(name)}
        return slots

    # Condition, and what claims nothing

    def conditions(self) -> list[Option]:
        if not self.plan.condition:
            return []
        packed = dict.fromkeys(self.language.patterns[f"condition {self.plan.condition}"], 0.0)
        if self.plan.condition in STATES and self.language.code == "en":
            packed |= dict(self.patterns("condition"))
        return [
            Option(self.filled(each, condition=self.plan.condition), (), each, weight,
                   says_condition=True)
            for each, weight in packed.items()
        ]  # fmt: skip

    def notes(self) -> list[Option]:
        """What the seller says about wear, in the seller's words."""
        note = self.plan.note
        leads = ("", "Please note: ", "On the condition: ") if self.language.code == "en" else ("",)
        return [Option(finished(f"{lead}{note}"), (), f"note {lead}") for lead in leads if note]

    def phrases(self, part: str) -> list[Option]:
        """Greetings, closings and words on the photos, where there are any; they claim nothing."""
        return [
            Option(self.filled(text), (), text, weight)
            for text, weight in self.patterns(part)
            if self.has_photos or not tells_of_photos(text)
        ]

    # Filling

    def filled(self, pattern: str, /, **slots: str) -> str:
        return finished(self._agreed(self.contracted(pattern), **slots))

    def _agreed(self, pattern: str, /, **slots: str) -> str:
        plural = self.plan.plural
        words = {
            slot: forms[plural] for slot, forms in (*self.language.agreement.items(), *_AGREEING)
        }
        if "{a}" in pattern:
            before, _, after = pattern.partition("{a} ")
            rest = self._agreed(after, **slots)
            is_thing = "{noun}" in after.split(".")[0]
            pattern = before + ("" if plural and is_thing else f"{article(rest)} ") + _escaped(rest)
        return pattern.format(**{**words, **slots})

    def contracted(self, pattern: str) -> str:
        if not self.is_friendly or self.language.code != "en":
            return pattern
        be = "They're" if self.plan.plural else "It's"
        for whole, short in (
            ("{It} {is}", be), ("{it} {is}", be.lower()), ("Here is", "Here's"), ("I am", "I'm"),
        ):  # fmt: skip
            pattern = pattern.replace(whole, short)
        return pattern

    def contracted_text(self, text: str) -> str:
        if not self.is_friendly:
            return text
        return re.sub(r"\bIt is\b", "It's", re.sub(r"\bThey are\b", "They're", text))


_AGREEING = (
    ("it", ("it", "they")),
    ("this", ("this", "these")),
    ("has", ("has", "have")),
)


def _suits(pattern: str, point: Point) -> bool:
    """Not `the ideal for is women`, nor `size: Size L`."""
    says_twice = point.role == "size" and re.match(r"size\b", point.value, re.I)
    needs_noun = re.search(r"\b(?:the|its) \{n\}", pattern, re.I)
    if _NO_NOUN.search(point.noun) and needs_noun:
        return False
    return not says_twice or "{n}" not in pattern


def _predicate(fragment: Fragment) -> str:
    """`It is red`, though `a dress in red`."""
    is_colour = fragment.point is not None and fragment.point.role == "colour"
    return fragment.text.removeprefix("in ") if is_colour else fragment.text


def _escaped(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


def _series(texts: Sequence[str]) -> str:
    return ", ".join(texts) if len(texts) > 2 else " and ".join(texts)
