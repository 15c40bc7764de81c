"""What looks and reads like the seed: the nearest by the vectors of photos and title together.

The strongest of the sets, and the only one that finds what was published seconds ago.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from recommender.recall_sets.base import Candidate, Seed
from recommender.recall_sets.similar.suiting import about_its_price
from recommender.recall_sets.similar.surroundings import Surroundings


@dataclass(frozen=True)
class Joint:
    """One search of the index of items."""

    around: Surroundings

    name: ClassVar[str] = "joint"

    def candidates(self, seed: Seed, *, limit: int) -> list[Candidate]:
        near = about_its_price(self.around, self.around.near)
        return [Candidate(pk, score, 0, "alike in photos and title") for pk, score in near[:limit]]
