"""What another policy would have earned, by the log of this one.

A place showed something with a known probability, its propensity; the other policy would have shown
it there with another one, its target. The ratio of the two is the weight of what came of it.

- inverse propensity scoring (Horvitz and Thompson, 1952): unbiased, and as noisy as its weights
- self-normalised (Swaminathan and Joachims, 2015): less noisy, with a bias that vanishes
- doubly robust (Dudík, Langford and Li, 2011): a model of the reward, put right by the log

Intervals are for one look. Plain arrays; no database.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from recommender.experiments.moments import Floats

ROBUST = "doubly robust"


@dataclass(frozen=True, eq=False)
class Logged:
    """n places. `groups` are what hangs together, as the places of one person; each place by itself
    where there are none.

    A model's `predicted` (n,) is its reward of what was shown, `expected` (n,) its mean reward
    under the other policy in the same place; both or neither.
    """

    rewards: Floats  # (n,)
    propensities: Floats  # (n,) of what was shown, above 0
    targets: Floats  # (n,) of the same under the other policy
    groups: NDArray[np.int64] | None = None
    predicted: Floats | None = None
    expected: Floats | None = None

    def __post_init__(self) -> None:
        if not len(self.rewards) == len(self.propensities) == len(self.targets):
            raise ValueError("rewards, propensities and targets: give one of each for every place")
        if (self.propensities <= 0).any():
            raise ValueError("propensities: all are above 0; what cannot be shown cannot be logged")

    def __len__(self) -> int:
        return len(self.rewards)


@dataclass(frozen=True)
class PolicyValue:
    """Reward a place. `effective` is how many places of its own log it is worth (Kish); `clipped`
    the share of all weight that a bound took away, by which the value may be too small."""

    method: str
    value: float
    low: float
    high: float
    effective: float
    clipped: float = 0.0


def estimates(
    logged: Logged, *, most_weight: float = math.inf, errors: float = 0.05
) -> Iterator[PolicyValue]:
    """By every method that the log allows. Weights above `most_weight` are clipped."""
    whole = logged.targets / logged.propensities
    weights = np.minimum(whole, most_weight)
    clipped = 1 - float(weights.sum() / whole.sum()) if whole.sum() else 0.0
    effective = float(weights.sum() ** 2 / (weights**2).sum()) if weights.any() else 0.0

    def told(method: str, value: float, parts: Floats) -> PolicyValue:
        width = NormalDist().inv_cdf(1 - errors / 2) * _standard_error(parts, logged.groups)
        low, high = _ends(value, width, is_skewed=method != ROBUST and logged.rewards.min() >= 0)
        return PolicyValue(method, value, low, high, effective, clipped)

    earned = weights * logged.rewards
    mean = float(earned.mean())
    yield told("IPS", mean, earned - mean)
    if weights.any():
        ratio = float(earned.sum() / weights.sum())
        yield told("SNIPS", ratio, weights * (logged.rewards - ratio) / weights.mean())
    if logged.predicted is not None and logged.expected is not None:
        robust = logged.expected + weights * (logged.rewards - logged.predicted)
        value = float(robust.mean())
        yield told(ROBUST, value, robust - value)


def _ends(value: float, width: float, *, is_skewed: bool) -> tuple[float, float]:
    """A few heavy weights make sums of rewards lean: their logarithm is nearer to a bell curve."""
    if is_skewed and value > 0:
        return value * math.exp(-width / value), value * math.exp(width / value)
    return value - width, value + width


def _standard_error(parts: Floats, groups: NDArray[np.int64] | None) -> float:
    """Of a mean, by the parts that its places have in it, which add up to 0."""
    sums = parts
    if groups is not None:
        _, of_group = np.unique(groups, return_inverse=True)
        sums = np.bincount(of_group, weights=parts).astype(np.float64)
    few = len(sums) / max(len(sums) - 1, 1)
    return float(math.sqrt(few * (sums**2).sum()) / len(parts))
