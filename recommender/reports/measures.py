"""The figures of a report: plain numbers in, plain numbers out.

Everywhere `shown` is a list of things, best first and none twice, and `wanted` the set of things
that should be in it.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Thing = TypeVar("Thing", bound=Hashable)

SEED = 11
RESAMPLES = 1000
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Estimate:
    """A mean with its 95 % bootstrap interval; `count` is what the mean is of."""

    mean: float
    low: float
    high: float
    count: int


def recall_at(shown: Sequence[Thing], wanted: Set[Thing], k: int) -> float:
    """The share of what is wanted that is among the first k. Nothing wanted: 0."""
    return len(wanted & set(shown[:k])) / len(wanted) if wanted else 0.0


def precision_at(shown: Sequence[Thing], wanted: Set[Thing], k: int) -> float:
    """The share of k places that hold something wanted. An empty place is no hit."""
    return len(wanted & set(shown[:k])) / k


def ndcg_at(shown: Sequence[Thing], wanted: Set[Thing], k: int) -> float:
    """Hits discounted by 1 / log2(place + 1), against all that is wanted on top."""
    gained = sum(1 / math.log2(n + 2) for n, thing in enumerate(shown[:k]) if thing in wanted)
    best = sum(1 / math.log2(n + 2) for n in range(min(k, len(wanted))))
    return gained / best if best else 0.0


def estimate(
    values: Sequence[float], groups: Sequence[Hashable] | None = None, *, resamples: int = RESAMPLES
) -> Estimate:
    """The mean, and where it would lie for other people of the same kind.

    Whole `groups` (people) are drawn with replacement: what one person does hangs together. The
    same values give the same interval. Of nothing all is NaN.
    """
    if not len(values):
        return Estimate(math.nan, math.nan, math.nan, 0)
    sums, counts = _by_group(np.asarray(values, dtype=float), groups)
    rng = np.random.default_rng(SEED)
    drawn = rng.integers(len(sums), size=(resamples, len(sums)))
    means = sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1)
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(means, [tail, 1 - tail])
    return Estimate(float(sums.sum() / counts.sum()), float(low), float(high), len(values))


def _by_group(
    values: NDArray[np.float64], groups: Sequence[Hashable] | None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    if groups is None:
        return values, np.ones(len(values))
    numbers: dict[Hashable, int] = {}
    of_value = np.array([numbers.setdefault(group, len(numbers)) for group in groups])
    sums = np.bincount(of_value, weights=values, minlength=len(numbers))
    counts = np.bincount(of_value, minlength=len(numbers))
    return sums.astype(np.float64), counts.astype(np.float64)


def overlap(ours: Sequence[Sequence[Thing]], theirs: Sequence[Sequence[Thing]]) -> float:
    """Of all that one source found for the seeds, the share that the other one found as well.

    Not symmetric: a small set may lie wholly in a large one. NaN where the first found nothing.
    """
    found = sum(len(set(each)) for each in ours)
    both = sum(len(set(a) & set(b)) for a, b in zip(ours, theirs, strict=True))
    return both / found if found else math.nan


def exposures(strips: Sequence[Sequence[Thing]], k: int) -> Counter[Thing]:
    """How often each thing is among the first k."""
    return Counter(thing for strip in strips for thing in strip[:k])


def gini(counts: Sequence[float]) -> float:
    """0 where all have the same, near 1 where one has everything. Of nothing: NaN."""
    ordered = np.sort(np.asarray(counts, dtype=float))
    total = ordered.sum()
    if not len(ordered) or total <= 0:
        return math.nan
    ranks = np.arange(1, len(ordered) + 1)
    return float((2 * ranks - len(ordered) - 1) @ ordered / (len(ordered) * total))


def head_share(
    shown: Mapping[Thing, int], popularity: Mapping[Thing, float], *, head: float
) -> float:
    """The share of all places that goes to the most popular `head` of things (0.1: a tenth)."""
    ranked = sorted(popularity, key=lambda thing: (-popularity[thing], str(thing)))
    chosen = set(ranked[: max(1, round(len(ranked) * head))])
    total = sum(shown.values())
    return sum(n for thing, n in shown.items() if thing in chosen) / total if total else math.nan


def novelty(shown: Mapping[Thing, int], popularity: Mapping[Thing, float]) -> float:
    """Mean −log2 of how likely a view is one of the thing: bits of surprise a place.

    Every thing is taken as viewed once more than it was, so that the unseen has a surprise, too.
    """
    total = sum(popularity.values()) + len(popularity)
    places = sum(shown.values())
    bits = sum(n * -math.log2((popularity.get(thing, 0) + 1) / total) for thing, n in shown.items())
    return bits / places if places else math.nan


def quantile(values: Sequence[float], share: float) -> float:
    """NaN of nothing."""
    return float(np.quantile(values, share)) if len(values) else math.nan
