"""How well scores order what people did, group by group, with intervals over groups."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml.metrics import bootstrap_interval

from .model import PURCHASE, Labels, RankerConfig, RankingData, Row
from .weighting import graded_gains

Flags = NDArray[np.bool_]

AT = 10
# Of every group that has one; lower is better for the first alone.
MEASURES = ("purchase_rank", "ndcg", "mrr", "auc")


@dataclass(frozen=True, eq=False)
class Judged:
    """Each measure by group, (g,); NaN where a group cannot say: nothing bought, nothing done."""

    values: Mapping[str, Row]

    def means(self) -> dict[str, float]:
        return {name: mean_of(values) for name, values in self.values.items()}

    def summary(self, *, rounds: int = 300, seed: int = 0) -> dict[str, dict[str, object]]:
        """Mean, 95 % interval over groups, and of how many groups."""
        told: dict[str, dict[str, object]] = {}
        for name, values in self.values.items():
            known = values[~np.isnan(values)]
            told[name] = {
                "mean": mean_of(values),
                "interval": list(_interval(known, rounds, seed)),
                "groups": len(known),
            }
        return told


def judge(scores: Row, data: RankingData, config: RankerConfig, *, at: int = AT) -> Judged:
    """By the order of levels of the config; equal scores share their places (papers.md 8.3)."""
    ranks = ranks_of(scores, data.group_of)
    bought = data.labels == PURCHASE
    return Judged(
        {
            "purchase_rank": _mean_a_group(ranks, bought, data),
            "ndcg": ndcg_of(scores, graded_gains(data, config), data.groups, at=at),
            "mrr": _first_reciprocal(ranks, bought, data),
            "auc": _auc_a_group(ranks, bought, data),
        }
    )


def difference(ours: Judged, theirs: Judged, measure: str, *, rounds: int = 1000) -> Difference:
    """Ours minus theirs on the same groups, and relative to theirs."""
    a, b = ours.values[measure], theirs.values[measure]
    both = ~(np.isnan(a) | np.isnan(b))
    a, b = a[both], b[both]

    def relative(drawn: Labels) -> float:
        return float(a[drawn].mean() / b[drawn].mean() - 1)

    return Difference(
        mean=mean_of(a - b),
        interval=_interval(a - b, rounds, 0),
        relative=mean_of(a) / mean_of(b) - 1 if len(a) else float("nan"),
        relative_interval=bootstrap_interval(relative, len(a), rounds=rounds),
        groups=len(a),
    )


@dataclass(frozen=True)
class Difference:
    """Paired: both judged the same groups. Intervals of 95 % over resampled groups."""

    mean: float
    interval: tuple[float, float]
    relative: float
    relative_interval: tuple[float, float]
    groups: int


def mean_purchase_rank(scores: Row, data: RankingData) -> float:
    """Where what was bought stands on average, from 1; NaN where nothing was."""
    ranks = ranks_of(scores, data.group_of)
    return mean_of(_mean_a_group(ranks, data.labels == PURCHASE, data))


def ranks_of(scores: Row, group_of: Labels) -> Row:
    """The place of each row in its group (n,), from 1; equal scores have their mean place."""
    order, run_of, starts, ends = _runs(scores, group_of)
    first = np.concatenate([[0], np.flatnonzero(np.diff(group_of[order])) + 1])
    offset = np.repeat(first, np.diff(np.append(first, len(order))))
    place = (starts + ends - 1) / 2 + 1  # of each run, over all groups
    ranks = np.empty(len(order))
    ranks[order] = place[run_of] - offset
    return ranks


def ndcg_of(scores: Row, gains: Row, groups: Labels, *, at: int) -> Row:
    """Of each group (g,): equal scores share their gains evenly; NaN where nothing has any."""
    group_of = np.repeat(np.arange(len(groups)), groups)
    order, run_of, starts, ends = _runs(scores, group_of)
    shared = np.add.reduceat(gains[order], starts)[run_of] / (ends - starts)[run_of]
    place = _places(groups)
    discounts = np.where(place < at, 1 / np.log2(place + 2), 0.0)
    best = gains[np.lexsort((-gains, group_of))]
    dcg = np.bincount(group_of, weights=shared * discounts, minlength=len(groups))
    ideal = np.bincount(group_of, weights=best * discounts, minlength=len(groups))
    return np.where(ideal > 0, dcg / np.where(ideal > 0, ideal, 1), np.nan)


def _runs(scores: Row, group_of: Labels) -> tuple[Labels, Labels, Labels, Labels]:
    """Rows best first in their groups; the run of equal scores of each, and where runs lie."""
    order = np.lexsort((-scores, group_of))
    ranked, owner = scores[order], group_of[order]
    is_new = np.concatenate([[True], (ranked[1:] != ranked[:-1]) | (owner[1:] != owner[:-1])])
    starts = np.flatnonzero(is_new)
    ends = np.append(starts[1:], len(order))
    return order, np.cumsum(is_new) - 1, starts, ends


def _places(groups: Labels) -> Labels:
    ends = np.cumsum(groups)
    return np.arange(ends[-1]) - np.repeat(ends - groups, groups)


def _mean_a_group(ranks: Row, chosen: Flags, data: RankingData) -> Row:
    owner, g = data.group_of, len(data.groups)
    count = np.bincount(owner[chosen], minlength=g)
    total = np.bincount(owner[chosen], weights=ranks[chosen], minlength=g)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _first_reciprocal(ranks: Row, chosen: Flags, data: RankingData) -> Row:
    first = np.full(len(data.groups), np.inf)
    np.minimum.at(first, data.group_of[chosen], ranks[chosen])
    return np.where(np.isfinite(first), 1 / first, np.nan)


def _auc_a_group(ranks: Row, chosen: Flags, data: RankingData) -> Row:
    """The chance that what was bought stands before what was not, ties counted half."""
    owner, g = data.group_of, len(data.groups)
    bought = np.bincount(owner[chosen], minlength=g)
    others = data.groups - bought
    total = np.bincount(owner[chosen], weights=ranks[chosen], minlength=g)
    before = total - bought * (bought + 1) / 2  # pairs in the wrong order
    pairs = bought * others
    return np.where(pairs > 0, 1 - before / np.maximum(pairs, 1), np.nan)


def mean_of(values: Row) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else float("nan")


def _interval(values: Row, rounds: int, seed: int) -> tuple[float, float]:
    return bootstrap_interval(
        lambda drawn: float(values[drawn].mean()), len(values), rounds=rounds, seed=seed
    )
