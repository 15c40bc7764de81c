"""What is popular among things that share the seed's important aspect (seed: Popular, improved).

Which aspect matters in a category (the brand of fashion, the colour of a belt) is found offline:
it is what buyers hold on to from one purchase to the next.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from recommender import policy
from recommender.aggregates import StoredAggregates
from recommender.models import AggregateKind
from recommender.recall_sets.base import Aggregates, Candidate, Seed
from recommender.recall_sets.catalogue import Catalogue, LiveCatalogue
from recommender.recall_sets.choosing import best, within


@dataclass(frozen=True)
class Shared:
    """An aspect of a related category that the seed has, too."""

    worth: float
    said: str


@dataclass(frozen=True)
class PopularAspect:
    """Categories → their aspects → popular items with the seed's value: two look-ups and one of
    what they are."""

    aggregates: Aggregates = field(default_factory=StoredAggregates)
    catalogue: Catalogue = field(default_factory=LiveCatalogue)

    name: ClassVar[str] = "popular_aspect"

    def candidates(self, seed: Seed, *, limit: int) -> list[Candidate]:
        shared = dict(self._shared(seed)) if seed.related and seed.attributes else {}
        rows = self.aggregates.rows(AggregateKind.POPULAR, shared) if shared else {}
        scored = sorted(
            (-shared[key].worth * score / (entries[0][1] or 1), int(thing), support, key)
            for key, entries in rows.items()
            for thing, score, support in entries
        )
        listed = within(seed, (pk for _, pk, _, _ in scored), self.catalogue)
        return best(
            (
                Candidate(
                    pk, -score, support, f"popular for {shared[key].said} in {listed[pk].category}"
                )
                for score, pk, support, key in scored
                if pk in listed
            ),
            limit=limit,
        )

    def _shared(self, seed: Seed) -> Iterator[tuple[str, Shared]]:
        categories = {str(each.category_id): each.score for each in seed.related}
        aspects = self.aggregates.rows(AggregateKind.IMPORTANT_ASPECT, categories)
        said = seed.said or tuple(text for _, text in seed.attributes)
        for category, entries in aspects.items():
            for aspect, score, _ in entries[: policy.ASPECTS_A_CATEGORY]:
                for (attribute_id, text), shown in zip(seed.attributes, said, strict=True):
                    if attribute_id == int(aspect):
                        worth = categories[category] * score
                        yield f"{category}|{aspect}|{text}", Shared(worth, shown)
