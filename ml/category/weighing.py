"""How much each signal is worth: weights of a softmax over categories, fitted on held-out titles.

Fitting them also calibrates: the chances they give are those with which they were right.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from ml.category.model import SIGNALS, Weights
from ml.fitting import FitError

_STEPS = 200
_START = 8.0


def fit_weights(
    signals: NDArray[np.float32],
    answers: NDArray[np.int64],
    among: NDArray[np.bool_] | None = None,
) -> Weights:
    """From signals (listings, SIGNALS, categories) and the place of each right category.

    `among` (listings, categories) are those that compete, all if it is not given. Weights are
    never negative: a signal that spoke against its category would be noise. Raises FitError when
    there is nothing to fit, or nothing finite comes of it.
    """
    if not len(signals):
        raise FitError("no held-out listing to weigh the signals on")
    rows, right = torch.from_numpy(signals), torch.from_numpy(answers)
    out = torch.zeros(rows.shape[0], rows.shape[2], dtype=torch.bool)
    if among is not None:
        out = ~torch.from_numpy(among)
    roots = torch.full((len(SIGNALS),), _START**0.5, requires_grad=True)
    optimiser = torch.optim.LBFGS([roots], max_iter=_STEPS, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimiser.zero_grad()
        logits = torch.einsum("s,nsc->nc", roots**2, rows)
        found = functional.cross_entropy(logits.masked_fill(out, -1e4), right)
        found.backward()  # type: ignore[no-untyped-call]
        return found

    optimiser.step(loss)  # type: ignore[no-untyped-call]
    weights = (roots.detach() ** 2).tolist()
    if not np.isfinite(weights).all():
        raise FitError(f"weights of the signals are {weights}")
    return Weights(**dict(zip(SIGNALS, weights, strict=True)))
