"""Units one by one, as the definition of their sums has them."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from recommender.experiments.moments import Moments


def moments_of(y: ArrayLike, d: ArrayLike | None = None, x: ArrayLike | None = None) -> Moments:
    """Of units along the last axis; without `d` a mean over units, without `x` no covariate."""
    y = np.asarray(y, dtype=float)
    d = np.ones_like(y) if d is None else np.asarray(d, dtype=float)
    x = np.zeros_like(y) if x is None else np.asarray(x, dtype=float)
    factors = {
        "n": np.ones_like(y),
        **{"y": y, "d": d, "x": x, "yy": y * y, "dd": d * d, "xx": x * x},
        **{"yd": y * d, "yx": y * x, "dx": d * x},
    }
    return Moments(**{name: np.asarray(each.sum(axis=-1)) for name, each in factors.items()})
