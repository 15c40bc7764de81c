"""How well scores find what goes with an item; every ranking is of all items of the categories
related to the seed's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.deeprecs.pairs import Ints, Pairs
from ml.metrics import bootstrap_interval
from ml.records import ItemRecord

RELATED = 20  # categories, for a seed's
MOST_SEEDS = 1000

Scores = NDArray[Any]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Truth:
    """Right answers of each seed: `right` (seeds, items), of which `allowed` may be ranked.

    Seeds of one `unit` are variants of a product and are resampled together.
    """

    seeds: Ints
    right: Mask
    allowed: Mask
    units: Ints


def truth_of(
    pairs: Pairs,
    seeds: Ints,
    records: Sequence[ItemRecord] | None = None,
    train: Pairs | None = None,
    *,
    top: int = RELATED,
    units: Ints | None = None,
) -> Truth:
    """Of those seeds that have a pair, MOST_SEEDS at most.

    With `records` and `train` only items of the categories that training relates to a seed's may be
    ranked; else all but the seed. `units` (items,) are products.
    """
    items = len(pairs.item_counts)
    seeds = np.intersect1d(seeds, pairs.seeds)
    if len(seeds) > MOST_SEEDS:
        chosen = np.random.default_rng(0).choice(len(seeds), MOST_SEEDS, replace=False)
        seeds = seeds[np.sort(chosen)]
    place = np.full(items, -1)
    place[seeds] = np.arange(len(seeds))
    asked = place[pairs.seeds] >= 0
    right = np.zeros((len(seeds), items), bool)
    right[place[pairs.seeds[asked]], pairs.recs[asked]] = True
    allowed = np.ones((len(seeds), items), bool)
    if records is not None and train is not None:
        allowed = related_mask(records, train, seeds, top)
    allowed[np.arange(len(seeds)), seeds] = False
    return Truth(seeds, right, allowed, np.arange(len(seeds)) if units is None else units[seeds])


def filtered_hits(scores: Scores, truth: Truth, k: int = 10) -> NDArray[np.float64]:
    """Hits@k (seeds,): the share of a seed's right answers that rank in the first k.

    Filtered as for knowledge graphs (Bordes et al. 2013): other right answers do not count as
    better. What may not be ranked is never found. Ties count against.
    """
    hits = np.empty(len(scores))
    for number, row in enumerate(scores):
        right, allowed = truth.right[number], truth.allowed[number]
        others = np.sort(row[allowed & ~right])[::-1]
        bar = others[k - 1] if len(others) >= k else -np.inf
        hits[number] = (allowed[right] & (row[right] > bar)).mean()
    return hits


def related_mask(records: Sequence[ItemRecord], pairs: Pairs, seeds: Ints, top: int) -> Mask:
    """(seeds, items): whether an item's category is related to the seed's, by these pairs alone.

    The `top` categories by the Ochiai cosine of their pairs. A seed whose category has no pair may
    be shown everything: nothing is known against it.
    """
    numbers: dict[tuple[str, ...], int] = {}
    kinds = np.array([numbers.setdefault(record.category, len(numbers)) for record in records])
    counts = np.zeros((len(numbers), len(numbers)))
    np.add.at(counts, (kinds[pairs.seeds], kinds[pairs.recs]), pairs.counts)
    lengths = np.sqrt(np.outer(counts.sum(axis=1), counts.sum(axis=0)))
    cosine = counts / np.maximum(lengths, 1)
    related = np.zeros(cosine.shape, bool)
    np.put_along_axis(related, np.argsort(-cosine, axis=1, kind="stable")[:, :top], True, axis=1)
    related &= cosine > 0
    related[counts.sum(axis=1) == 0] = True
    mask: Mask = related[kinds[seeds]][:, kinds]
    return mask


def figure(values: NDArray[np.float64], units: Ints) -> dict[str, Any]:
    """Mean over products with its 95% bootstrap interval."""
    _, places = np.unique(units, return_inverse=True)
    means = np.bincount(places, weights=values) / np.maximum(np.bincount(places), 1)
    low, high = bootstrap_interval(lambda rows: float(means[rows].mean()), len(means))
    return {"value": float(means.mean()), "interval": [low, high], "n": len(means)}


def spearman(first: NDArray[Any], second: NDArray[Any]) -> float:
    """Rank correlation, ties by their mean rank; zero where either is constant."""
    if len(first) < 2 or not np.ptp(first) or not np.ptp(second):
        return 0.0
    return float(np.corrcoef(_ranks(first), _ranks(second))[0, 1])


def _ranks(values: NDArray[Any]) -> NDArray[np.float64]:
    _, group, count = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(count)
    ranks: NDArray[np.float64] = ((last - count + 1 + last) / 2)[group]
    return ranks
