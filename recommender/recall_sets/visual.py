"""What suits the seed by its look: the same network over photo and title as one vector.

Beyond the seed document: style shows in pictures where words name it seldom.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from recommender.complements.inference import VISUAL
from recommender.recall_sets.base import Candidate, Seed
from recommender.recall_sets.catalogue import Catalogue, LiveCatalogue
from recommender.recall_sets.deep_recs import by_model


@dataclass(frozen=True)
class Visual:
    """One matrix product over the related categories, and one look-up of what was found."""

    catalogue: Catalogue = field(default_factory=LiveCatalogue)

    name: ClassVar[str] = "visual"

    def candidates(self, seed: Seed, *, limit: int) -> list[Candidate]:
        return by_model(VISUAL, seed, self.catalogue, "of a look that goes with it", limit)
