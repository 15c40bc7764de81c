"""Ways of saying each part of a plan: patterns filled, facts joined, words made to agree."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from random import Random

from ml.description.languages import Language
from ml.description.pattern_slots import slots_in
from ml.description.patterns import Pattern
from ml.description.phrases import (
    Fragment,
    adjectives,
    capital,
    condition_fragment,
    finished,
    flags,
    fragments,
    is_plain,
    name_in,
    value_in,
)
from ml.description.planning import Plan, Point
from ml.description.vocabulary import article, join_words

OWN_VOICE = 1.0  # nats a token that a pattern of the seller's own is worth; a neighbour's half
_FRAMES = (
    "{A} {thing}.",
    "This is {a} {thing}.",
    "For sale: {a} {thing}.",
    "Here is {a} {thing}.",
    "Selling {a} {thing}.",
    "Up for sale is {a} {thing}.",
    "On offer here is {a} {thing}.",
    "I am selling {a} {thing}.",
)
_PLURAL_FRAMES = (
    "{Thing}.",
    "These are {thing}.",
    "For sale: {thing}.",
    "Here are {thing}.",
    "Selling {thing}.",
    "On offer here are {thing}.",
)
_MOST_OPENINGS = 14
# Nothing hangs on a sentence with a predicate of its own or an ending: `the dress is red, by Zara`.
_CLOSED_HEAD = re.compile(r"\{noun\} \{is\}|sale\.$")
_LONGEST_HEAD = 9  # words of a title that details may still be hung on
_PHOTOS = re.compile(r"photo|foto|picture|bild|imagen|image|immagin", re.I)
_STATES = ("like new", "good", "fair")  # that a thing can be "in .. condition" of
_DESCRIBING = frozenset({"colour", "material", "pattern"})
_SLOT_ROLES = ("brand", "colour", "material", "size", "wearer", "pattern")


@dataclass(frozen=True, slots=True)
class Option:
    """One way of saying `points`. `pattern` is its form: no draft uses one twice."""

    text: str
    points: tuple[Point, ...]
    pattern: str
    weight: float = 0.0
    says_title: bool = False
    says_condition: bool = False


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

    # Openings

    def openings(
        self, rng: Random, least: int, most: int, left: Sequence[Point]
    ) -> Iterator[Option]:
        """First sentences with `least` to `most` facts of `left` hung on each."""
        heads = [*self._framed(), *self._patterned_openings()]
        for head in rng.sample(heads, min(_MOST_OPENINGS, len(heads))):
            yield self._extended(head, rng, (least, most), left)

    def titles(self, rng: Random, least: int, most: int, left: Sequence[Point]) -> Iterator[Option]:
        """The title, with details behind it where it is short enough to carry any."""
        said = tuple(point for point in self.plan.points if self.is_in_title(point))
        for pattern in ("{title}.", "For sale: {title}.", "Up for sale: {title}."):
            known = self.language.code == "en" or pattern == "{title}."
            if known and self.plan.title:
                text = finished(pattern.replace("{title}", self.plan.title))
                yield Option(text, said, pattern, says_title=True)
                head = Option(text, said, pattern, says_title=True)
                if len(self.plan.title.split()) <= _LONGEST_HEAD and text.endswith(f"{self._end}."):
                    yield self._extended(head, rng, (least, most), left)

    @property
    def _end(self) -> str:
        return self.plan.title[-1:]

    def is_in_title(self, point: Point) -> bool:
        """Whether the title says a value in so many letters; figures and initials may be others."""
        if len(point.value) < 3 or not re.search(r"[^\W\d]{3}", point.value):
            return False
        if point.role == "brand" and len(point.value) > 5:  # `ModCloth` in `Mod Cloth Blazer`
            return _squashed(point.value) in _squashed(self.plan.title)
        return bool(re.search(rf"(?<!\w){re.escape(point.value)}(?!\w)", self.plan.title, re.I))

    def _framed(self) -> Iterator[Option]:
        """English frames around a noun with its adjectives: `This is a red cotton dress.`"""
        if self.language.code != "en" or not self.plan.noun:
            return
        described = adjectives(self.plan)
        state = "new " if self.plan.condition == "new" else ""
        for words in dict.fromkeys((tuple(described), tuple(described[:1]), tuple(described[1:]))):
            named = [*(value_in(point, self.language) for point in words), self.plan.noun]
            thing = state + " ".join(named)
            points = (*words, *self._noun_point())
            for frame in _PLURAL_FRAMES if self.plan.plural else _FRAMES:
                a = article(thing)
                slots = {"A": capital(a), "a": a, "thing": thing, "Thing": capital(thing)}
                text = finished(self._contracted(frame).format(**slots))
                yield Option(text, points, frame, says_condition=bool(state))

    def _noun_point(self) -> tuple[Point, ...]:
        """The type, where the noun says it letter for letter."""
        return tuple(
            point for point in self.plan.points
            if point.role == "type" and point.value.lower() == self.plan.noun.lower()
        )  # fmt: skip

    def _patterned_openings(self) -> Iterator[Option]:
        for pattern, weight in self.patterns("opening"):
            points = {role: self.plan.first(role) for role in _SLOT_ROLES}
            usable = {role: point for role, point in points.items() if point and is_plain(point)}
            slots = set(slots_in(pattern)) & {*_SLOT_ROLES, "noun", "condition", "title"}
            missing = slots - usable.keys() - {"noun", "condition", "title"}
            if missing or "title" in slots or not self._has(slots):
                continue
            values = {role: value_in(point, self.language) for role, point in usable.items()}
            before_noun = set(slots_in(pattern.partition("{noun}")[0])) & _DESCRIBING
            if "noun" in slots and not before_noun <= {p.role for p in adjectives(self.plan)}:
                continue
            text = self._filled(pattern, **values, noun=self._noun, condition=self.plan.condition)
            said = (*(usable[role] for role in _SLOT_ROLES if role in slots), *self._noun_point())
            yield Option(text, said, pattern, weight, says_condition="condition" in slots)

    def _has(self, slots: set[str]) -> bool:
        plan = self.plan
        return not (
            ("noun" in slots and not self._noun)
            or ("condition" in slots and plan.condition not in _STATES)
        )

    @property
    def _noun(self) -> str:
        """The noun; outside English only as the title spells it, since its form is not ours."""
        if self.language.code == "en" or not self.plan.noun:
            return self.plan.noun
        found = re.search(rf"(?<!\w){re.escape(self.plan.noun)}(?!\w)", self.plan.title, re.I)
        return found.group() if found else ""

    def _extended(
        self, head: Option, rng: Random, counts: tuple[int, int], left: Sequence[Point]
    ) -> Option:
        """`head` with facts that it does not say hung on its end."""
        if self.language.code != "en" or _CLOSED_HEAD.search(head.pattern):
            return head
        free = [p for p in left if p not in head.points and is_plain(p)]
        hung = [rng.choice(found) for p in free if (found := fragments(p))]
        after = [each for each in hung if each.kind == "after"]
        has = [each for each in hung if each.kind == "has"]
        if not head.says_condition:
            after += [rng.choice(found) for found in [condition_fragment(self.plan)] if found]
        count = rng.randint(*counts)
        chosen = after[:count] + has[: max(0, count - len(after))]
        if not chosen:
            return head
        return Option(
            f"{head.text.rstrip('.')}{_hung(chosen)}.",
            (*head.points, *(each.point for each in chosen if each.point)),
            f"{head.pattern}+{len(chosen)}",
            head.weight,
            head.says_title,
            head.says_condition or any(each.point is None for each in chosen),
        )

    # Statements

    def statements(self, points: Sequence[Point], rng: Random) -> list[Option]:
        """Sentences that say all of `points`."""
        if all(point.has is not None for point in points) and self.language.code == "en":
            texts = flags(points, self.plan.plural)
            return [Option(self._contracted_text(t), tuple(points), t) for t in texts]
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
        for pattern, weight in self.patterns(point.role):
            if (
                not (point.role == "size" and re.match(r"size\b", point.value, re.I))
                or "{n}" not in pattern
            ):
                yield Option(
                    self._filled(pattern, **self._slots([point])), (point,), pattern, weight
                )
        if point.is_seen and self.language.code == "en":
            for pattern in (
                "As the photo shows, the {n} is {v}.",
                "Going by the photo, the {n} is {v}.",
            ):
                yield Option(self._filled(pattern, **self._slots([point])), (point,), pattern)

    def _joined(self, points: Sequence[Point], rng: Random) -> Iterator[Option]:
        """English: `It is made of cotton, in size M.`, `It has a slim fit and a spread collar.`"""
        if self.language.code != "en":
            return
        found = [fragments(point) for point in points]
        if not all(found):
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
                text = self._filled(frame, said=said, Said=capital(said))
                yield Option(text, tuple(points), f"{frame} of {len(points)}")

    def _together(self, points: Sequence[Point]) -> Iterator[Option]:
        """The language's patterns for several attributes in one sentence."""
        if not all(is_plain(point) for point in points):
            return
        wanted = {f"v{number}" for number in range(2, len(points) + 1)}
        part = "measures" if all(point.role == "measure" for point in points) else "pair"
        for pattern, weight in self.patterns(part):
            if {slot for slot in slots_in(pattern) if re.fullmatch(r"v\d", slot)} == wanted:
                text = self._filled(pattern, **self._slots(points))
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
        if self.plan.condition in _STATES and self.language.code == "en":
            packed |= dict(self.patterns("condition"))
        return [
            Option(self._filled(each, condition=self.plan.condition), (), each, weight,
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
            Option(self._filled(text), (), text, weight)
            for text, weight in self.patterns(part)
            if self.has_photos or not _PHOTOS.search(text)
        ]

    # Filling

    def _filled(self, pattern: str, /, **slots: str) -> str:
        return finished(self._agreed(self._contracted(pattern), **slots))

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

    def _contracted(self, pattern: str) -> str:
        if not self.is_friendly or self.language.code != "en":
            return pattern
        be = "They're" if self.plan.plural else "It's"
        for whole, short in (
            ("{It} {is}", be), ("{it} {is}", be.lower()), ("Here is", "Here's"), ("I am", "I'm"),
        ):  # fmt: skip
            pattern = pattern.replace(whole, short)
        return pattern

    def _contracted_text(self, text: str) -> str:
        if not self.is_friendly:
            return text
        return re.sub(r"\bIt is\b", "It's", re.sub(r"\bThey are\b", "They're", text))


_AGREEING = (
    ("it", ("it", "they")),
    ("this", ("this", "these")),
    ("has", ("has", "have")),
)


def _predicate(fragment: Fragment) -> str:
    """`It is red`, though `a dress in red`."""
    is_colour = fragment.point is not None and fragment.point.role == "colour"
    return fragment.text.removeprefix("in ") if is_colour else fragment.text


def _squashed(text: str) -> str:
    return re.sub(r"[\W_]", "", text).casefold()


def _escaped(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


def _series(texts: Sequence[str]) -> str:
    return ", ".join(texts) if len(texts) > 2 else " and ".join(texts)


def _hung(chosen: Iterable[Fragment]) -> str:
    """` by Zara, in size M, with a slim fit`: the maker without a comma, the rest with."""
    words = [each.text for each in chosen if each.kind == "after"]
    has = [each.text for each in chosen if each.kind == "has"]
    words += [f"with {join_words(has)}"] if has else []
    closely = re.match(r"(?:by|from|in|for|made|with) ", words[0])
    return (" " if closely else ", ") + ", ".join(words)
