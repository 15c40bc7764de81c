"""What the seed's seller has that is most like it. How many a strip shows is not decided here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from recommender import policy
from recommender.recall_sets.base import Candidate, Seed
from recommender.recall_sets.similar.likest import likest
from recommender.recall_sets.similar.surroundings import Surroundings


@dataclass(frozen=True)
class SellersStyle:
    """policy.SELLERS_STYLE_QUOTA at most; no query."""

    around: Surroundings

    name: ClassVar[str] = "sellers_style"

    def candidates(self, seed: Seed, *, limit: int) -> list[Candidate]:
        rows = self.around.rows_of_seller()[: policy.ROWS_LOOKED_THROUGH]
        found = likest(self.around, rows)[: policy.SELLERS_STYLE_QUOTA]
        return [Candidate(pk, score, 0, "by the same seller") for pk, score in found[:limit]]
