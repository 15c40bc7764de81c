"""Promoted listings among the nearest and in the category, by likeness and nothing else.

The engine is for promoted listings as much as for others (PLSIM). What they pay decides nothing
here: it may move them later, within bounds (reranking.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from recommender import policy
from recommender.items.columns import Ids
from recommender.recall_sets.base import Candidate, Seed
from recommender.recall_sets.similar.likest import likest
from recommender.recall_sets.similar.suiting import about_its_price
from recommender.recall_sets.similar.surroundings import NO_ROWS, Surroundings


@dataclass(frozen=True)
class Promoted:
    """No query. Nothing before an item table was built, which knows who has an ad rate."""

    around: Surroundings

    name: ClassVar[str] = "promoted"

    def candidates(self, seed: Seed, *, limit: int) -> list[Candidate]:
        found = about_its_price(self.around, likest(self.around, self._rows()))
        return [Candidate(pk, score, 0, "promoted, and alike") for pk, score in found[:limit]]

    def _rows(self) -> Ids:
        if self.around.table is None:
            return NO_ROWS
        near = self.around.rows_of([pk for pk, _ in self.around.near])
        category = self.around.rows_of_category()[: policy.ROWS_LOOKED_THROUGH]
        rows = np.unique(np.concatenate([near[near >= 0], category]))
        promoted: Ids = rows[self.around.table.items.ad_rates.take(rows) > 0]
        return promoted
