"""The newest of the seed's category: what nobody knows yet can become known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from recommender import policy
from recommender.recall_sets.base import Candidate, Seed
from recommender.recall_sets.catalogue import LiveCatalogue
from recommender.recall_sets.similar.suiting import about_its_price
from recommender.recall_sets.similar.surroundings import Surroundings

_live = LiveCatalogue()


@dataclass(frozen=True)
class Fresh:
    """One query, for the item table does not know what was published since it was built."""

    around: Surroundings

    name: ClassVar[str] = "fresh"

    def candidates(self, seed: Seed, *, limit: int) -> list[Candidate]:
        if seed.category_id is None:
            return []
        newest = _live.newest([seed.category_id], each=policy.FRESH_OF_CATEGORY + 1)
        others = [pk for pk in newest if pk != seed.listing_id]
        scored = [(pk, 1 / place) for place, pk in enumerate(others, start=1)]
        return [
            Candidate(pk, score, 0, f"new in {newest[pk].category}")
            for pk, score in about_its_price(self.around, scored)[:limit]
        ]
