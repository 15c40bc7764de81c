"""What most people look for in the related categories (seed: Popular), the plainest of the sets.

It knows nothing of the seed but its category. Every other set is measured against it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from recommender.aggregates import StoredAggregates
from recommender.models import AggregateKind
from recommender.recall_sets.base import Aggregates, Candidate, Seed
from recommender.recall_sets.catalogue import Catalogue, LiveCatalogue
from recommender.recall_sets.choosing import best, within


@dataclass(frozen=True)
class Popular:
    """Related categories → their popular items: one look-up and one of what they are."""

    aggregates: Aggregates = field(default_factory=StoredAggregates)
    catalogue: Catalogue = field(default_factory=LiveCatalogue)

    name: ClassVar[str] = "popular"

    def candidates(self, seed: Seed, *, limit: int) -> list[Candidate]:
        if not seed.related:
            return []
        keys = {str(each.category_id): each.score for each in seed.related}
        rows = self.aggregates.rows(AggregateKind.POPULAR, keys)
        # Clicks of a large category and of a small one do not compare: each counts by its best.
        scored = [
            (int(thing), keys[key] * score / (entries[0][1] or 1), support)
            for key, entries in rows.items()
            for thing, score, support in entries
        ]
        scored.sort(key=lambda each: (-each[1], each[0]))
        listed = within(seed, (pk for pk, _, _ in scored), self.catalogue)
        return best(
            (
                Candidate(pk, score, support, f"popular in {listed[pk].category}")
                for pk, score, support in scored
                if pk in listed
            ),
            limit=limit,
        )
