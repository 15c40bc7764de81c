"""How a strip came about, for staff: plain values that a page or an API shows as they are."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import structlog
from numpy.typing import NDArray

from recommender.features import COLUMNS, Column, Matrix
from recommender.ranking.inference import RankerUnavailableError, contributions
from recommender.recall_sets.base import Candidate
from recommender.reranking import Move, Reranked
from recommender.similar.recipe import BY_SIMILARITY
from recommender.strips.recalling import SetRun

log = structlog.get_logger()


@dataclass(frozen=True)
class Feature:
    """`value` is None where it is not known; `contribution` what it adds to the score (SHAP), None
    where no ranker was asked. `bar` is the contribution beside the strip's largest, -1 to 1."""

    name: str
    words: str
    family: str
    value: float | None
    contribution: float | None = None
    bar: float = 0.0

    @property
    def bar_start(self) -> float:
        """In a picture 100 wide with zero in the middle."""
        return 50 + 50 * min(self.bar, 0.0)

    @property
    def bar_width(self) -> float:
        return 50 * abs(self.bar)


@dataclass(frozen=True)
class SetSaid:
    """What one recall set said of an item; `score` compares items of that set alone."""

    recall_set: str
    score: float
    support: int
    reason: str


@dataclass(frozen=True)
class SlotExplanation:
    """`rank` is the place by the score alone, from 1. `features` are in the order in which they
    tell; `base` is what all items of the model share."""

    score: float
    rank: int
    propensity: float
    sets: tuple[SetSaid, ...]
    features: tuple[Feature, ...]
    moves: tuple[Move, ...]
    base: float | None = None


@dataclass(frozen=True)
class Explanation:
    """`ranker` is a release or "similarity", `fallback` why it is that one. `stages` are
    milliseconds by name, `costs` lost relevance by rule. `slots` are by listing id."""

    runs: Sequence[SetRun]
    ranker: str
    fallback: str
    stages: Mapping[str, float]
    candidates: int
    costs: Mapping[str, float]
    ad_weight: float
    slots: Mapping[int, SlotExplanation]
    arms: Mapping[str, str] = field(default_factory=dict)
    cache: str = ""

    @property
    def costs_in_words(self) -> list[tuple[str, float]]:
        """Rules and per cent of the strip's relevance."""
        return [(rule.replace("_", " "), 100 * cost) for rule, cost in self.costs.items()]

    @property
    def milliseconds(self) -> float:
        return sum(self.stages.values())


def explain_slots(
    *,
    listing_ids: Sequence[int],
    scores: NDArray[np.floating],
    matrix: Matrix,
    sources: Mapping[int, Mapping[str, Candidate]],
    reranked: Reranked,
    ranker: str,
) -> dict[int, SlotExplanation]:
    """By listing id, of the slots of a strip. `listing_ids`, `scores` and `matrix` are of all that
    was re-ranked, in the order that `reranked` names rows in. `ranker` is as in the recipe."""
    rows = [slot.row for slot in reranked.slots]
    added = _contributions(matrix[rows], ranker)
    largest = float(np.abs(added[:, :-1]).max(initial=0.0)) if added is not None else 0.0
    by_score = np.argsort(-scores, kind="stable").tolist()
    places = {row: place for place, row in enumerate(by_score, start=1)}
    return {
        listing_ids[slot.row]: SlotExplanation(
            score=float(scores[slot.row]),
            rank=places[slot.row],
            propensity=slot.propensity,
            sets=_said(sources.get(listing_ids[slot.row], {})),
            features=_features(matrix[slot.row], None if added is None else added[n], largest),
            moves=slot.moves,
            base=None if added is None else float(added[n, -1]),
        )
        for n, slot in enumerate(reranked.slots)
    }


def _contributions(matrix: Matrix, ranker: str) -> NDArray[np.float64] | None:
    """(n, len(COLUMNS) + 1), or None where no ranker can say."""
    if ranker == BY_SIMILARITY or not len(matrix):
        return None
    try:
        return contributions(matrix, release=ranker)
    except RankerUnavailableError as error:
        log.warning("contributions_unknown", ranker=ranker, reason=str(error))
        return None


def _said(sources: Mapping[str, Candidate]) -> tuple[SetSaid, ...]:
    return tuple(
        SetSaid(name, each.score, each.support, each.reason) for name, each in sources.items()
    )


def _features(
    row: NDArray[np.float32], added: NDArray[np.float64] | None, largest: float
) -> tuple[Feature, ...]:
    features = [
        _feature(column, float(value), None if added is None else float(added[n]), largest)
        for n, (column, value) in enumerate(zip(COLUMNS, row, strict=True))
    ]
    return tuple(sorted(features, key=_telling))


def _telling(feature: Feature) -> tuple[float, bool, bool]:
    """What says most comes first: by contribution, else what is known, and of that likeness."""
    size = abs(feature.contribution or 0.0)
    return -size, feature.value is None, feature.family != "similarity"


def _feature(column: Column, value: float, contribution: float | None, largest: float) -> Feature:
    return Feature(
        name=column.name,
        words=column.words,
        family=column.family,
        value=None if math.isnan(value) else value,
        contribution=contribution,
        bar=(contribution or 0.0) / largest if largest > 0 else 0.0,
    )
