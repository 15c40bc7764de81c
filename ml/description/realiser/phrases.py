"""Words around a value: what can follow a thing's name, and a sentence's finish.

English can hang several facts on one noun (`in size M, made of cotton`) without inflecting any of
them; the other languages state one fact or pair at a time, by the patterns of their packs.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ml.description.languages import Language
from ml.description.realiser.planning import Plan, Point, lower_first
from ml.description.vocabulary import article, join_words

# `after`: behind a noun and behind "it is"; `has`: behind "it has" and, with "with", a noun.
Kind = Literal["after", "has"]

_CONDITIONS = {
    "like new": "in like new condition",
    "good": "in good condition",
    "fair": "in fair condition",
    "for parts": "sold for parts",
}
_AFTER = {
    "brand": ("by {v}", "from {v}"),
    "colour": ("in {v}",),
    "material": ("made of {v}",),
    "size": ("in size {v}", "size {v}"),
    "wearer": ("for {v}",),
    "compatible": ("compatible with {v}",),
    "use": ("suitable for {v}",),
    "origin": ("made in {v}",),
}
# Names of parts that a short value may stand in front of: `a slim fit`, `a spread collar`.
_PARTS = re.compile(
    r"fit|neck(?:line)?|collar|heel|closure|finish|strap|lining|lens|frame|dial|hem|toe|handle|"
    r"base|style|sole|band|clasp|case|cut|pattern|print|waist|silhouette|screen|display"
)
_LENGTHS = re.compile(r"(?:short|long|half|full|three[- ]quarter|3/4)(?: sleeves?)?", re.I)
_ADJECTIVE = re.compile(
    r".*(?:able|ible|ous|proof|resistant|less|free|safe|\w{3}ed|compatible|ready)|working", re.I
)
_MANNERS = frozenset({"casual", "formal", "everyday", "daily", "indoor", "outdoor"})
_ODD_VALUE = re.compile(r"(?:no|not|without|other|multi|assorted|various)\b", re.I)


_LONGEST_VALUE = 60  # characters; a longer one stands alone behind its name


@dataclass(frozen=True, slots=True)
class Fragment:
    """Words for one point that hang on a noun."""

    text: str
    kind: Kind
    point: Point | None = None  # None: the condition


def is_plain(point: Point) -> bool:
    """Whether a sentence can hold the value: a property, short, and no denial of one."""
    is_odd = _ODD_VALUE.match(point.value) is not None
    return point.has is None and not is_odd and len(point.value) <= _LONGEST_VALUE


def fragments(point: Point) -> list[Fragment]:
    """The ways in which an English noun takes a point; none for what only a list can say."""
    if not is_plain(point):
        return []
    value = spoken(point)
    if point.role == "use" and value.lower() in _MANNERS:
        value += " use"
    if point.role in _AFTER:
        starts_twice = re.match(rf"(?:for|in|{re.escape(point.noun)})\b", value, re.I)
        patterns = ("{v}",) if starts_twice else _AFTER[point.role]
        patterns += ("{v}",) if point.role == "material" and value[0].isdigit() else ()
        return [Fragment(pattern.format(v=value), "after", point) for pattern in patterns]
    if point.role == "included":
        return [Fragment(f"{value} included", "has", point)]
    if point.role == "measure":
        return [Fragment(f"{article(point.noun)} {point.noun} of {value}", "has", point)]
    return [Fragment(text, "has", point) for text in _part_phrase(point, value)]


def bare(point: Point) -> str:
    """A value that says by itself what it is: `black`, `100% cotton`, `size L`. Else nothing."""
    if point.role == "size" and not re.match(r"size\b", point.value, re.I):
        return f"size {point.value}"
    return spoken(point) if point.role in ("colour", "material", "size") else ""


def condition_fragment(plan: Plan) -> list[Fragment]:
    said = _CONDITIONS.get(plan.condition)  # `new` stands in front of the noun
    return [Fragment(said, "after")] if said else []


def _part_phrase(point: Point, value: str) -> list[str]:
    last = point.noun.split(" ")[-1]
    is_short = len(value.split()) <= 3 and re.fullmatch(r"[^\W\d_][\w' /-]*[^\Ws]", value)
    if not is_short or " and " in value:
        return []
    if point.noun == "sleeve length" and _LENGTHS.fullmatch(value):
        length = value.lower().removesuffix(" sleeves").removesuffix(" sleeve")
        return [f"a {length} sleeve"]
    if not _PARTS.fullmatch(last):
        return []
    phrase = value if value.lower().endswith(last) else f"{value} {point.noun}"
    return [f"{article(phrase)} {phrase}"]


def adjectives(plan: Plan) -> list[Point]:
    """Points that read well in front of the noun: colour, pattern, material of a word or two."""
    points = [plan.first(role) for role in ("colour", "pattern", "material")]
    return [point for point in points if point and _is_adjective(point, plan)]


def _is_adjective(point: Point, plan: Plan) -> bool:
    words = re.findall(r"\w+", point.value.lower())
    return (
        0 < len(words) <= 3
        and point.value.replace(" ", "").replace("-", "").isalpha()
        and (len(words) < 3 or "and" in words)
        and not _ODD_VALUE.match(point.value)
        and not set(words) & set(plan.noun.split())
        and (point.role == "colour" or "and" not in words)
    )


def flags(points: Sequence[Point], plural: bool) -> list[str]:
    """What is there and what is not, as sentences: `With pockets, but without lining.`"""
    it, is_, has = ("They", "are", "have") if plural else ("It", "is", "has")
    stated = [point for point in points if _ADJECTIVE.fullmatch(point.noun)]
    named = [point for point in points if point not in stated]
    yes = [point.noun for point in named if point.has]
    no = [point.noun for point in named if not point.has]
    are = [point.noun for point in stated if point.has]
    are += [f"not {point.noun}" for point in stated if not point.has]
    states = [f"{it} {is_} {join_words(are)}."] if are else []
    without = [f"without {noun}" for noun in no]
    none = [f"no {noun}" for noun in no]
    if not named:
        return states
    if not yes:
        started = [capital(join_words(without)), f"{it} {has} {join_words(none)}"]
    elif not no:
        started = [f"With {join_words(yes)}", f"Features: {', '.join(yes)}"]
    else:
        started = [
            f"With {join_words(yes)}, but {join_words(without)}",
            f"With {join_words(yes)}; {join_words(none)}",
        ]
    return [" ".join([f"{start}.", *states]) for start in started]


def spoken(point: Point) -> str:
    """A value inside a sentence: `Short sleeve` loses its capital, a name keeps it."""
    first, _, rest = point.value.partition(" ")
    sentence_case = bool(rest) and first[1:].islower() and rest.islower()
    common = point.role in ("colour", "pattern", "material", "wearer", "use")
    plain_word = common and all(
        word.istitle() or not word.isalpha() or word.islower() for word in point.value.split()
    )
    part = point.role == "other" and point.value.istitle() and point.value.isalpha()
    named = bool(_PARTS.fullmatch(point.noun.split(" ")[-1]))
    return (
        lower_first(point.value) if sentence_case or plain_word or (part and named) else point.value
    )


def value_in(point: Point, language: Language) -> str:
    """A value as a sentence of the language says it."""
    if language.code == "en":
        return spoken(point)
    if point.has is not None:
        return language.affirmed if point.has else language.denied
    return language.translated(point.value)


def name_in(point: Point, language: Language) -> str:
    """An attribute's name inside a sentence of the language."""
    if language.code == "en":
        return point.noun
    return language.attribute_names.get(point.name.lower(), point.name)


def finished(text: str) -> str:
    """Single spaces, a capital, one full stop."""
    text = re.sub(r"\s+", " ", text).strip()
    text = re.sub(r"\s+([,.])", r"\1", text)  # a space before `!` is French
    text = re.sub(r"\bi\b(?= (?:am|have)\b)", "I", capital(text))
    return text if not text or text[-1] in ".!?…。！？" else f"{text}."


def capital(phrase: str) -> str:
    """`iPhone` keeps its small letter: a capital of its own follows."""
    first = phrase.split(" ", 1)[0]
    return phrase if first[1:2].isupper() else phrase[:1].upper() + phrase[1:]
