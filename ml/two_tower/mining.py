"""Which wrong item a triplet should hold: neither one that is far anyway nor a mislabelled one."""

from __future__ import annotations

import torch
from torch import Tensor

NOBODY = -1


def semi_hard(distances: Tensor, positive: Tensor, wrong: Tensor) -> Tensor:
    """For each anchor the column (n,) of its semi-hard negative (Schroff et al. 2015), or NOBODY.

    distances (n, m) to every candidate, positive (n,) to the right one, wrong (n, m) true where a
    candidate is a negative. That is the nearest negative beyond the positive; where all of them
    are nearer, the farthest, which teaches without collapsing everything to one point.
    """
    infinity = float("inf")
    beyond = wrong & (distances > positive[:, None])
    nearest = distances.masked_fill(~beyond, infinity).argmin(dim=1)
    farthest = distances.masked_fill(~wrong, -infinity).argmax(dim=1)
    chosen = torch.where(beyond.any(dim=1), nearest, farthest)
    return chosen.masked_fill(~wrong.any(dim=1), NOBODY)
