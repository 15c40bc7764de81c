"""What is called like the seed, whatever its photos show: the nearest by titles alone.

It finds what `joint` places behind things of the same look: other colours, other photos, none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from recommender.recall_sets.base import Candidate, Seed
from recommender.recall_sets.similar.suiting import about_its_price
from recommender.recall_sets.similar.surroundings import Surroundings


@dataclass(frozen=True)
class Text:
    """One search of the index of titles."""

    around: Surroundings

    name: ClassVar[str] = "text"

    def candidates(self, seed: Seed, *, limit: int) -> list[Candidate]:
        near = about_its_price(self.around, self.around.near_titles)
        return [Candidate(pk, score, 0, "alike in title") for pk, score in near[:limit]]
