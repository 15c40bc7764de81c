"""First sentences: the title, or the thing with its look, maker and size, and what hangs on it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from random import Random

from ml.description.realiser.phrases import (
    Fragment,
    adjectives,
    capital,
    condition_fragment,
    finished,
    fragments,
    is_plain,
    value_in,
)
from ml.description.realiser.planning import Point
from ml.description.realiser.slots import slots_in
from ml.description.realiser.wording import STATES, Option, Wording, some_of
from ml.description.vocabulary import article, join_words

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
_DESCRIBING = frozenset({"colour", "material", "pattern"})
_SLOT_ROLES = ("brand", "colour", "material", "size", "wearer", "pattern")


class Openings:
    """The first sentences that a request's wording allows."""

    def __init__(self, wording: Wording) -> None:
        self._wording = wording
        self._plan = wording.plan
        self._language = wording.language

    def things(self, rng: Random, least: int, most: int, left: Sequence[Point]) -> Iterator[Option]:
        """First sentences that say facts of `left` alone, with `least` to `most` hung on each."""
        sayable = {*left, *self._noun_point()}
        heads = [
            head
            for head in (*self._framed(), *self._patterned_openings())
            if sayable.issuperset(head.points)
        ]
        for head in some_of(heads, rng, _MOST_OPENINGS):
            yield self._extended(head, rng, (least, most), left)

    def titles(self, rng: Random, least: int, most: int, left: Sequence[Point]) -> Iterator[Option]:
        """The title, with details behind it where it is short enough to carry any."""
        said = tuple(point for point in self._plan.points if self.is_in_title(point))
        short = len(self._plan.title.split()) <= _LONGEST_HEAD
        for pattern, weight in self._wording.patterns("opening"):
            if set(slots_in(pattern)) != {"title"} or not self._plan.title:
                continue
            text = finished(pattern.replace("{title}", self._plan.title))
            head = Option(text, said, pattern, weight, says_title=True)
            yield head
            if short and text.endswith(f"{self._plan.title}."):
                yield self._extended(head, rng, (least, most), left)

    def is_in_title(self, point: Point) -> bool:
        """Whether the title says a value in so many letters; figures and initials may be others."""
        if len(point.value) < 3 or not re.search(r"[^\W\d]{3}", point.value):
            return False
        if point.role == "brand" and len(point.value) > 5:  # `ModCloth` in `Mod Cloth Blazer`
            return _squashed(point.value) in _squashed(self._plan.title)
        return bool(re.search(rf"(?<!\w){re.escape(point.value)}(?!\w)", self._plan.title, re.I))

    def _framed(self) -> Iterator[Option]:
        """English frames around a noun with its adjectives: `This is a red cotton dress.`"""
        if self._language.code != "en" or not self._plan.noun:
            return
        described = adjectives(self._plan)
        maker = [point for point in [self._plan.first("brand")] if point and is_plain(point)]
        named_by = ([*described[:1], *maker], [*maker, *described]) if maker else ()
        state = "new " if self._plan.condition == "new" else ""
        series = (described, described[:1], described[1:], *named_by)
        for words in dict.fromkeys(map(tuple, series)):
            named = [*(value_in(point, self._language) for point in words), self._plan.noun]
            thing = state + " ".join(named)
            points = (*words, *self._noun_point())
            for frame in _PLURAL_FRAMES if self._plan.plural else _FRAMES:
                a = article(thing)
                slots = {"A": capital(a), "a": a, "thing": thing, "Thing": capital(thing)}
                text = finished(self._wording.contracted(frame).format(**slots))
                yield Option(text, points, frame, says_condition=bool(state))

    def _noun_point(self) -> tuple[Point, ...]:
        """The type, where the noun says it letter for letter."""
        return tuple(
            point for point in self._plan.points
            if point.role == "type" and point.value.lower() == self._plan.noun.lower()
        )  # fmt: skip

    def _patterned_openings(self) -> Iterator[Option]:
        points = {role: self._plan.first(role) for role in _SLOT_ROLES}
        usable = {role: point for role, point in points.items() if point and is_plain(point)}
        values = {role: value_in(point, self._language) for role, point in usable.items()}
        values |= {"noun": self._noun, "condition": self._plan.condition}
        in_front = {point.role for point in adjectives(self._plan)}
        for pattern, weight in self._wording.patterns("opening"):
            slots = set(slots_in(pattern)) & {*_SLOT_ROLES, "noun", "condition", "title"}
            if "title" in slots or slots - values.keys() or not self._has(slots):
                continue
            before_noun = set(slots_in(pattern.partition("{noun}")[0])) & _DESCRIBING
            if "noun" in slots and not before_noun <= in_front:
                continue
            text = self._wording.filled(pattern, **values)
            said = (*(usable[role] for role in _SLOT_ROLES if role in slots), *self._noun_point())
            yield Option(text, said, pattern, weight, says_condition="condition" in slots)

    def _has(self, slots: set[str]) -> bool:
        plan = self._plan
        return not (
            ("noun" in slots and not self._noun)
            or ("condition" in slots and plan.condition not in STATES)
        )

    @property
    def _noun(self) -> str:
        """The noun; outside English only as the title spells it, since its form is not ours."""
        if self._language.code == "en" or not self._plan.noun:
            return self._plan.noun
        found = re.search(rf"(?<!\w){re.escape(self._plan.noun)}(?!\w)", self._plan.title, re.I)
        return found.group() if found else ""

    def _extended(
        self, head: Option, rng: Random, counts: tuple[int, int], left: Sequence[Point]
    ) -> Option:
        """`head` with facts that it does not say hung on its end."""
        if self._language.code != "en" or _CLOSED_HEAD.search(head.pattern):
            return head
        free = [p for p in left if p not in head.points and is_plain(p)]
        hung = [rng.choice(found) for p in free if (found := fragments(p))]
        after = [each for each in hung if each.kind == "after"]
        has = [each for each in hung if each.kind == "has"]
        if not head.says_condition:
            after += [rng.choice(found) for found in [condition_fragment(self._plan)] if found]
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


def _squashed(text: str) -> str:
    return re.sub(r"[\W_]", "", text).casefold()


def _hung(chosen: Iterable[Fragment]) -> str:
    """` by Zara, in size M, with a slim fit`: the maker without a comma, the rest with."""
    words = [each.text for each in chosen if each.kind == "after"]
    has = [each.text for each in chosen if each.kind == "has"]
    words += [f"with {join_words(has)}"] if has else []
    closely = re.match(r"(?:by|from|in|for|made|with) ", words[0])
    return (" " if closely else ", ") + ", ".join(words)
