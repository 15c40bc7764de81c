"""How many listings get anything, and how good it is, as the least cosine of a pair goes up.

The trade that "human judgment and business rules" make in the seed: the curve shows its terms.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from recommender import policy
from recommender.models import AggregateKind
from recommender.recall_sets.base import RecallSet
from recommender.recall_sets.co_views import CoViews
from recommender.recall_sets.related_products import RelatedProducts
from recommender.reports import figures, measures
from recommender.reports.asking import Answer, by_set_alone
from recommender.reports.figures import Judged, Material
from recommender.reports.measures import Estimate
from recommender.reports.replay import MemoryAggregates, PastCatalogue

Make = Callable[[MemoryAggregates, PastCatalogue], RecallSet]
SETS: dict[str, tuple[Make, frozenset[str]]] = {
    RelatedProducts.name: (RelatedProducts, frozenset({AggregateKind.RELATED_PRODUCT})),
    CoViews.name: (
        CoViews,
        frozenset({AggregateKind.CO_VIEW_PRODUCT, AggregateKind.CO_VIEW_ITEM}),
    ),
}


@dataclass(frozen=True)
class CurvePoint:
    """`recall` by product; `quality` is the share of filled places that hold something bought, so
    that a shorter list can be a better one."""

    threshold: float
    coverage: float
    recall: Estimate
    quality: Estimate


def curves(
    material: Material, tables: MemoryAggregates, catalogue: PastCatalogue
) -> dict[str, list[CurvePoint]]:
    """Of each set that rests on cosines, alone."""
    few = replace(
        material,
        judged=material.judged[: policy.CURVE_ASKED],
        asked=material.asked[: policy.CURVE_ASKED],
    )
    return {name: _curve(name, few, tables, catalogue) for name in SETS}


def _curve(
    name: str, material: Material, tables: MemoryAggregates, catalogue: PastCatalogue
) -> list[CurvePoint]:
    make, kinds = SETS[name]
    points = []
    for threshold in policy.THRESHOLDS:
        recall_set = make(tables.above(kinds, threshold), catalogue)
        strips = [_alone(recall_set, each)[1] for each in material.asked]
        judged = [(each, *_alone(recall_set, each.answer)) for each in material.judged]
        points.append(_point(threshold, strips, judged))
    return points


def _alone(recall_set: RecallSet, answer: Answer) -> tuple[Answer, list[int]]:
    alone = by_set_alone(recall_set, answer)
    return alone, alone.shown_by(recall_set.name)


def _point(
    threshold: float,
    strips: Sequence[Sequence[int]],
    judged: Sequence[tuple[Judged, Answer, Sequence[int]]],
) -> CurvePoint:
    recalls, qualities, people, everybody = [], [], [], []
    for each, answer, strip in judged:
        shown = answer.products(strip)
        everybody.append(each.occasion.person)
        recalls.append(measures.recall_at(shown, each.products, figures.K))
        if shown:
            qualities.append(len(each.products & set(shown)) / len(shown))
            people.append(each.occasion.person)
    return CurvePoint(
        threshold,
        sum(map(bool, strips)) / len(strips) if strips else 0.0,
        measures.estimate(recalls, everybody),
        measures.estimate(qualities, people),
    )
