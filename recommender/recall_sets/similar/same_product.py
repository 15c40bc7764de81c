"""The seed's product, sold by anybody: the likest first, so that its colour and state count."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from recommender import policy
from recommender.recall_sets.base import Candidate, Seed
from recommender.recall_sets.similar.likest import likest
from recommender.recall_sets.similar.surroundings import Surroundings


@dataclass(frozen=True)
class SameProduct:
    """No query, but one for the seed's product where no catalogue names it."""

    around: Surroundings

    name: ClassVar[str] = "same_product"

    def candidates(self, seed: Seed, *, limit: int) -> list[Candidate]:
        rows = self.around.rows_of_product()[: policy.ROWS_LOOKED_THROUGH]
        found = likest(self.around, rows)
        return [Candidate(pk, score, 0, "the same product") for pk, score in found[:limit]]
