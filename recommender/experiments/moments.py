"""What statistics need of an arm: sums over its units, however many they are.

Each unit has a numerator y (clicks), a denominator d (places seen; 1 where the metric is a mean
over units) and a covariate x, what it did before its exposure. Every array may have leading axes,
as for many experiments on many days: all formulas hold element by element.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Moments:
    """`n` units, the sums of y, d and x, and those of their products."""

    n: Floats
    y: Floats
    d: Floats
    x: Floats
    yy: Floats
    dd: Floats
    xx: Floats
    yd: Floats
    yx: Floats
    dx: Floats

    @classmethod
    def from_sums(cls, sums: Mapping[str, float]) -> Self:
        return cls(**{each.name: np.asarray(sums[each.name], dtype=float) for each in fields(cls)})

    @property
    def ratio(self) -> Floats:
        """Σy / Σd, the metric; NaN of nothing."""
        return _divided(self.y, self.d)

    @property
    def mean_x(self) -> Floats:
        return _divided(self.x, self.n)

    def linearised(self) -> tuple[Floats, Floats, Floats]:
        """Of each unit's part in the ratio, (y − R d) / d̄ (the delta method): its variance, its
        covariance with x, and the variance of x."""
        ratio, mean_d = self.ratio, _divided(self.d, self.n)
        squares = self.yy - 2 * ratio * self.yd + ratio**2 * self.dd
        # The mean of y − R d is 0 by the choice of R.
        variance = _divided(squares, self.n * mean_d**2)
        covariance = _divided(self.yx - ratio * self.dx, self.n * mean_d)
        spread = _divided(self.xx, self.n) - self.mean_x**2
        return np.maximum(variance, 0.0), covariance, np.maximum(spread, 0.0)


def _divided(above: Floats, below: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(below > 0, above / below, np.nan)
