"""All figures of a report, from what was asked and what was bought: no database, no clock."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from recommender import policy
from recommender.reports import measures
from recommender.reports.asking import MERGED, Answer
from recommender.reports.measures import Estimate
from recommender.reports.occasions import Occasion
from recommender.reports.truth import Known

K = policy.STRIP_SIZE
Show = Callable[[Answer], list[int]]
Thing = TypeVar("Thing", int, str)


@dataclass(frozen=True)
class Quality:
    """Against what was bought afterwards, within the first K places."""

    recall: Estimate
    precision: Estimate
    ndcg: Estimate


@dataclass(frozen=True)
class SetFigures:
    """One recall set, or all of them merged, as if a strip had nothing else.

    `coverage` is the share of the listings asked that get anything, `full` that get
    policy.LEAST_SHOWN. `unsuitable` is the share of proposals that the filter leaves out, `alone`
    of those that no other set makes. `relevance`, `misfit` (of proposals) and `misfit_shown` are by
    what is known to be true, NaN where nothing is. `surprise` is novelty in bits.
    """

    name: str
    coverage: float
    full: float
    by_item: Quality
    by_product: Quality
    relevance: float
    misfit: float
    misfit_shown: float
    unsuitable: float
    alone: float
    p50_ms: float
    p99_ms: float
    catalogue: float
    head: float
    gini: float
    surprise: float
    failures: int


@dataclass(frozen=True)
class Gain:
    """What a set adds to the recall by product: `gain` is with it less without it."""

    name: str
    recall: Estimate
    gain: Estimate


@dataclass(frozen=True)
class Segment:
    name: str
    merged: Estimate
    baseline: Estimate


@dataclass(frozen=True)
class Judged:
    """An occasion with the answer to its seed, and what its targets are as products."""

    occasion: Occasion
    answer: Answer
    products: frozenset[str]


@dataclass(frozen=True)
class Material:
    """Everything that was asked.

    `judged` are occasions, `asked` the answers for listings that stand for all for sale, `known`
    the truth about what was proposed for them, by seed. `views` are of everything for sale.
    """

    names: Sequence[str]
    judged: Sequence[Judged]
    asked: Sequence[Answer]
    known: Mapping[int, Mapping[int, Known]]
    views: Mapping[int, float]

    @property
    def people(self) -> list[str]:
        return [each.occasion.person for each in self.judged]


def figures_of(name: str, material: Material) -> SetFigures:
    """Of one set, or of MERGED."""
    show = shower(name, material.names)
    strips = [show(answer) for answer in material.asked]
    shown = measures.exposures(strips, K)
    judged_strips = [show(each.answer) for each in material.judged]
    proposed = [_proposed(name, answer) for answer in material.asked]
    seconds = [answer.seconds[name] for answer in material.asked if name in answer.seconds]
    return SetFigures(
        name=name,
        coverage=_share([bool(strip) for strip in strips]),
        full=_share([len(strip) >= policy.LEAST_SHOWN for strip in strips]),
        by_item=quality(material, judged_strips, by_product=False),
        by_product=quality(material, judged_strips, by_product=True),
        relevance=_relevance(material, strips),
        misfit=_misfit(material, proposed),
        misfit_shown=_misfit(material, strips),
        unsuitable=_unsuitable(material.asked, proposed),
        alone=_alone(name, material),
        p50_ms=1000 * measures.quantile(seconds, 0.5),
        p99_ms=1000 * measures.quantile(seconds, 0.99),
        catalogue=len(shown) / len(material.views) if material.views else math.nan,
        head=measures.head_share(shown, material.views, head=policy.HEAD),
        gini=measures.gini([shown[pk] for pk in material.views]),
        surprise=measures.novelty(shown, material.views),
        failures=sum(name in answer.failed for answer in material.asked),
    )


def shower(name: str, names: Sequence[str]) -> Show:
    """What a strip of that set alone, or of all of them, shows for an answer."""
    if name == MERGED:
        return _of_these(names)
    return lambda answer: answer.shown_by(name)


def _of_these(names: Sequence[str]) -> Show:
    return lambda answer: answer.strip(names)


def quality(material: Material, strips: Sequence[Sequence[int]], *, by_product: bool) -> Quality:
    """`strips` are what was shown on each of the occasions judged."""
    scores = [
        _scores(each, strip, by_product)
        for each, strip in zip(material.judged, strips, strict=True)
    ]
    recall, precision, ndcg = zip(*scores, strict=True) if scores else ((), (), ())
    people = material.people
    return Quality(
        measures.estimate(recall, people),
        measures.estimate(precision, people),
        measures.estimate(ndcg, people),
    )


def _scores(judged: Judged, strip: Sequence[int], by_product: bool) -> tuple[float, float, float]:
    if by_product:
        products = judged.answer.products(strip)
        return _all_three(products, judged.products)
    return _all_three(strip, judged.occasion.targets)


def _all_three(shown: Sequence[Thing], wanted: frozenset[Thing]) -> tuple[float, float, float]:
    return (
        measures.recall_at(shown, wanted, K),
        measures.precision_at(shown, wanted, K),
        measures.ndcg_at(shown, wanted, K),
    )


def recalls(judged: Sequence[Judged], show: Show) -> list[float]:
    """By product, of each occasion."""
    return [
        measures.recall_at(each.answer.products(show(each.answer)), each.products, K)
        for each in judged
    ]


def overlaps(material: Material) -> list[list[float]]:
    """Row by row: of what a set proposes, the share that each other set proposes, too."""
    found = {name: [_proposed(name, a) for a in material.asked] for name in material.names}
    return [
        [measures.overlap(found[ours], found[theirs]) for theirs in material.names]
        for ours in material.names
    ]


def gains_added(material: Material) -> list[Gain]:
    """Each set joins those before it, in the order in which they are trusted."""
    found, before = [], [0.0] * len(material.judged)
    for number, name in enumerate(material.names):
        now = recalls(material.judged, _of_these(material.names[: number + 1]))
        found.append(_gain(name, now, before, material.people))
        before = now
    return found


def gains_removed(material: Material) -> list[Gain]:
    """Each set is taken out of all; `recall` is without it."""
    everything = recalls(material.judged, shower(MERGED, material.names))
    found = []
    for name in material.names:
        rest = [each for each in material.names if each != name]
        without = recalls(material.judged, _of_these(rest))
        difference = [a - b for a, b in zip(everything, without, strict=True)]
        people = material.people
        found.append(
            Gain(name, measures.estimate(without, people), measures.estimate(difference, people))
        )
    return found


def _gain(name: str, now: Sequence[float], before: Sequence[float], people: Sequence[str]) -> Gain:
    difference = [a - b for a, b in zip(now, before, strict=True)]
    return Gain(name, measures.estimate(now, people), measures.estimate(difference, people))


def segments(
    material: Material, baseline: str, segment_of: Callable[[Judged], str]
) -> list[Segment]:
    """The merge and the baseline for each kind of occasion, the most frequent first."""
    groups: dict[str, list[Judged]] = {}
    for each in material.judged:
        groups.setdefault(segment_of(each), []).append(each)
    merged, plain = shower(MERGED, material.names), shower(baseline, material.names)
    return [
        Segment(name, _estimated(group, merged), _estimated(group, plain))
        for name, group in sorted(groups.items(), key=lambda each: (-len(each[1]), each[0]))
    ]


def _estimated(judged: Sequence[Judged], show: Show) -> Estimate:
    return measures.estimate(recalls(judged, show), [each.occasion.person for each in judged])


def _proposed(name: str, answer: Answer) -> list[int]:
    if name != MERGED:
        return [each.listing_id for each in answer.found.get(name, ())]
    found = (each.listing_id for candidates in answer.found.values() for each in candidates)
    return list(dict.fromkeys(found))


def _share(answers: Sequence[bool]) -> float:
    return sum(answers) / len(answers) if answers else math.nan


def _unsuitable(asked: Sequence[Answer], proposed: Sequence[Sequence[int]]) -> float:
    return _share(
        [
            pk not in answer.suitable
            for answer, ids in zip(asked, proposed, strict=True)
            for pk in ids
        ]
    )


def _alone(name: str, material: Material) -> float:
    if name == MERGED:
        return math.nan
    alone = []
    for answer in material.asked:
        others = {
            each.listing_id
            for other, candidates in answer.found.items()
            if other != name
            for each in candidates
        }
        alone += [pk not in others for pk in _proposed(name, answer)]
    return _share(alone)


def _relevance(material: Material, strips: Sequence[Sequence[int]]) -> float:
    worths = [
        known.relevance
        for answer, strip in zip(material.asked, strips, strict=True)
        for pk in strip
        if (known := _known(material, answer, pk))
    ]
    return sum(worths) / len(worths) if worths else math.nan


def _misfit(material: Material, lists: Sequence[Sequence[int]]) -> float:
    return _share(
        [
            known.fits is False
            for answer, ids in zip(material.asked, lists, strict=True)
            for pk in ids
            if (known := _known(material, answer, pk))
        ]
    )


def _known(material: Material, answer: Answer, pk: int) -> Known | None:
    return material.known.get(answer.seed.listing_id, {}).get(pk)
