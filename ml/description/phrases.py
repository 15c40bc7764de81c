"""The sentence patterns: several ways of saying each thing, none of which adds to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ml.description.facts import Sentence
from ml.description.planning import Plan, Point, lower_first
from ml.description.vocabulary import article, join_words

Options = list[Sentence]

_CONDITIONS: dict[str, tuple[str, ...]] = {
    "new": ("{It} {is_} new.", "Condition: new.", "Listed as new."),
    "like new": ("{It} {is_} like new.", "Condition: like new."),
    "good": ("{It} {is_} in good condition.", "Condition: good.", "In good condition."),
    "fair": ("{It} {is_} in fair condition.", "Condition: fair.", "In fair condition."),
    "for parts": ("{It} {is_} sold for parts.", "Condition: for parts.", "Listed for parts."),
}


def openings(plan: Plan) -> tuple[list[Options], list[Point]]:
    """The first sentence in its variants, and the points that it uses up.

    The title always stands for itself; a noun phrase follows when the facts give one.
    """
    title = [Sentence(f"{plan.title}.", ("title",))] if plan.title else []
    phrase, used = _noun_phrase(plan)
    if not phrase:
        return ([title] if title else []), []
    sources = (plan.noun_source, *(point.name for point in used if point.name != plan.noun_source))
    this, is_ = ("These", "are") if plan.plural else ("This", "is")
    with_article = phrase if plan.plural else f"{article(phrase)} {phrase}"
    maker = plan.first("brand")
    by = [f" by {maker.value}", f" from {maker.value}"] if maker else [""]
    if maker:
        used = [*used, maker]
        sources = (*sources, maker.name)
    options = [
        Sentence(text, sources)
        for tail in by
        for text in (
            f"{this} {is_} {with_article}{tail}.",
            f"{_capital(with_article)}{tail}.",
            f"For sale: {with_article}{tail}.",
            f"Here {is_} {with_article}{tail}.",
        )
    ]
    # A title that already reads like the phrase would only be said twice.
    said = set(plan.title.lower().split())
    groups = [title, options] if not set(phrase.split()) <= said or maker is None else [options]
    return [group for group in groups if group], used


def conditions(plan: Plan) -> Options:
    return [
        Sentence(_filled(pattern, plan), ("condition",))
        for pattern in _CONDITIONS.get(plan.condition, ())
    ]


def details(plan: Plan, points: Sequence[Point]) -> list[Options]:
    """One group of variants per sentence that is still to be said, related points together."""
    groups: list[Options] = []
    left = list(points)
    for role, patterns in _PATTERNS.items():
        for point in [point for point in left if point.role == role]:
            if not _is_flag(point):
                groups.append([Sentence(text, (point.name,)) for text in patterns(plan, point)])
                left.remove(point)
    measures = [point for point in left if point.role == "measure"]
    groups += _together(plan, measures)
    flags = [point for point in left if _is_flag(point)]
    others = [point for point in left if point not in measures and point not in flags]
    for start in range(0, len(others), 2):
        groups.append(_pair(plan, others[start : start + 2]))
    groups += [[Sentence(f"{p.name}: {p.value.lower()}.", (p.name,))] for p in flags]
    return groups


def _noun_phrase(plan: Plan) -> tuple[str, list[Point]]:
    if not plan.noun:
        return "", []
    used: list[Point] = []
    words: list[str] = []
    for role in ("colour", "pattern", "material"):
        point = plan.first(role)
        if point and _is_adjective(point):
            words.append(lower_first(point.value))
            used.append(point)
    kind = plan.first("type")
    if kind and kind.name == plan.noun_source:
        used.append(kind)
    fresh = [word for word in words if word not in plan.noun.split()]
    return " ".join([*fresh, plan.noun]), used


def _is_adjective(point: Point) -> bool:
    """Whether a value reads well in front of a noun: short words, no figures, no list."""
    return (
        len(point.value.split()) <= 2
        and point.value.replace(" ", "").replace("-", "").isalpha()
        and " and " not in point.value
        and point.value.lower() not in ("yes", "no", "multi", "other")
    )


def _is_flag(point: Point) -> bool:
    return point.value.lower() in ("yes", "no", "true", "false")


def _brand(plan: Plan, point: Point) -> list[str]:
    return [_filled(p, plan, point) for p in ("Made by {v}.", "The {n} is {v}.", "{Name}: {v}.")]


def _stated(plan: Plan, point: Point) -> list[str]:
    return [_filled(p, plan, point) for p in ("The {n} is {v}.", "{Name}: {v}.", "Its {n} is {v}.")]


def _material(plan: Plan, point: Point) -> list[str]:
    value = Point(point.role, point.name, lower_first(point.value))
    patterns = ("Made of {v}.", "{It} {is_} made of {v}.", "The {n} is {v}.")
    return [_filled(p, plan, value) for p in patterns]


def _size(plan: Plan, point: Point) -> list[str]:
    patterns = ("The {n} is {v}.", "{Name}: {v}.", "{It} {is_} {n} {v}.")
    return [_filled(p, plan, point) for p in patterns]


def _wearer(plan: Plan, point: Point) -> list[str]:
    value = Point(point.role, point.name, lower_first(point.value))
    return [_filled(p, plan, value) for p in ("For {v}.", "{It} {is_} for {v}.", "{Name}: {v}.")]


def _compatible(plan: Plan, point: Point) -> list[str]:
    patterns = ("Compatible with {v}.", "{It} {is_} compatible with {v}.", "{Name}: {v}.")
    return [_filled(p, plan, point) for p in patterns]


def _use(plan: Plan, point: Point) -> list[str]:
    value = Point(point.role, point.name, lower_first(point.value))
    return [_filled(p, plan, value) for p in ("{Name}: {v}.", "The {n} is {v}.")]


def _included(plan: Plan, point: Point) -> list[str]:
    return [_filled(p, plan, point) for p in ("Included: {v}.", "{It} {comes} with {v}.")]


_PATTERNS: dict[str, Callable[[Plan, Point], list[str]]] = {
    "brand": _brand,
    "model": _stated,
    "type": _stated,
    "colour": _stated,
    "pattern": _stated,
    "material": _material,
    "size": _size,
    "wearer": _wearer,
    "compatible": _compatible,
    "use": _use,
    "pack": _stated,
    "included": _included,
}


def _together(plan: Plan, measures: Sequence[Point]) -> list[Options]:
    """Measures in one sentence: `The width is 20 cm and the height is 8 cm.`"""
    groups = []
    for start in range(0, len(measures), 3):
        chosen = measures[start : start + 3]
        names = tuple(point.name for point in chosen)
        spoken = join_words([f"the {point.noun} is {_spoken(point)}" for point in chosen])
        listed = ", ".join(f"{point.noun} {point.value}" for point in chosen)
        groups.append([Sentence(f"{_capital(text)}.", names) for text in (spoken, listed)])
    return groups


def _pair(plan: Plan, points: Sequence[Point]) -> Options:
    names = tuple(point.name for point in points)
    spoken = join_words([f"the {point.noun} is {_spoken(point)}" for point in points])
    listed = "; ".join(f"{point.noun}: {point.value}" for point in points)
    return [Sentence(f"{_capital(text)}.", names) for text in (spoken, listed)]


def _filled(pattern: str, plan: Plan, point: Point | None = None) -> str:
    text = pattern.format(
        It="They" if plan.plural else "It",
        is_="are" if plan.plural else "is",
        comes="come" if plan.plural else "comes",
        n=point.noun if point else "",
        Name=_capital(point.name) if point else "",
        v=_spoken(point) if point else "",
    )
    return text


def _spoken(point: Point) -> str:
    """A value inside a sentence: `Short sleeve` loses its capital, a name keeps it."""
    first, _, rest = point.value.partition(" ")
    sentence_case = bool(rest) and first[1:].islower() and rest.islower()
    plain_word = point.role in ("colour", "pattern") and point.value.istitle()
    return lower_first(point.value) if sentence_case or plain_word else point.value


def _capital(phrase: str) -> str:
    return phrase[:1].upper() + phrase[1:]
