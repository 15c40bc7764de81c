"""Translation on hyperplanes, TransH (Wang et al. 2014): an entity shows each relation one side.

A relation r has a hyperplane, by its unit normal w_r, and a translation d_r in it. Head and tail
are projected on the hyperplane; where the relation holds, the head's projection moved by d_r lies
at the tail's. So one item can be near its likes and near what goes with it without the two being
near each other. That d_r lies in the hyperplane is a soft constraint, by `losses`.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

IMAGE_OF, SIMILAR_TO, GOES_WITH = "image-of", "similar-to", "goes-with"
RELATIONS = (IMAGE_OF, SIMILAR_TO, GOES_WITH)


class Hyperplanes(nn.Module):
    """`w_r` and `d_r` of every relation; with `flat` there are none and nothing is moved."""

    def __init__(self, dim: int, relations: Sequence[str] = RELATIONS, *, flat: bool = False):
        super().__init__()
        self._place = {relation: place for place, relation in enumerate(relations)}
        self.flat = flat
        self.normals = nn.Parameter(F.normalize(torch.randn(len(relations), dim), dim=1))
        self.translations = nn.Parameter(0.01 * torch.randn(len(relations), dim))
        if flat:
            self.requires_grad_(False)

    def w(self, relation: str) -> Tensor:
        """The unit normal (dim,), of length 1 by construction."""
        return F.normalize(self.normals[self._of(relation)], dim=0)

    def d(self, relation: str) -> Tensor:
        """The translation (dim,)."""
        return self.translations[self._of(relation)]

    def project(self, entities: Tensor, relation: str) -> Tensor:
        """Rows (n, dim) without what they hold along w_r."""
        if self.flat:
            return entities
        w = self.w(relation)
        return entities - (entities @ w)[:, None] * w

    def translate(self, heads: Tensor, relation: str) -> Tensor:
        """Where in the hyperplane the tails of these heads (n, dim) should lie."""
        moved = self.project(heads, relation)
        return moved if self.flat else moved + self.d(relation)

    def distances(self, heads: Tensor, tails: Tensor, relation: str) -> Tensor:
        """Squared distances (n, m) of translated heads (n, dim) to projected tails (m, dim)."""
        moved, seen = self.translate(heads, relation), self.project(tails, relation)
        squares = (moved**2).sum(1)[:, None] + (seen**2).sum(1)[None, :]
        return (squares - 2 * moved @ seen.T).clamp(min=0)

    def _of(self, relation: str) -> int:
        if relation not in self._place:
            known = ", ".join(self._place)
            raise ValueError(f"{relation!r} is no relation of this model; use one of {known}")
        return self._place[relation]
