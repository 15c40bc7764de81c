"""What goes with things like the seed (seed: Complementary of Similar).

A silver phone has complements while its golden twin has none, for want of behaviour: it borrows
them. A seed with enough related products of its own borrows nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from recommender import inference, policy
from recommender.aggregates import StoredAggregates
from recommender.models import AggregateKind
from recommender.products import product_keys_of
from recommender.recall_sets.base import Aggregates, Candidate, RecallError, Seed
from recommender.recall_sets.catalogue import Catalogue, LiveCatalogue
from recommender.recall_sets.choosing import best, within
from recommender.recall_sets.co_views import viewed_together
from recommender.recall_sets.related_products import bought_together, items_of_products
from recommender.vectors import VectorError

Neighbours = Callable[[Seed], list[tuple[int, float]]]


def nearest(seed: Seed) -> list[tuple[int, float]]:
    """Listings of the seed's category by the cosine of their vectors. Raises RecallError."""
    try:
        return inference.neighbours_of(
            seed.listing_id, k=policy.SIMILAR_LOOKED_AT, category=seed.category_id
        )
    except VectorError as error:
        raise RecallError(f"the vector of {seed.listing_id}: {error}") from error


@dataclass(frozen=True)
class ComplementaryOfSimilar:
    """Neighbours → their related products and co-views. The slowest of the sets: one search and
    six look-ups, of which a seed with behaviour of its own needs one."""

    aggregates: Aggregates = field(default_factory=StoredAggregates)
    catalogue: Catalogue = field(default_factory=LiveCatalogue)
    neighbours: Neighbours = nearest

    name: ClassVar[str] = "complementary_of_similar"

    def candidates(self, seed: Seed, *, limit: int) -> list[Candidate]:
        if not seed.related or self._has_enough(seed):
            return []
        near = dict(self.neighbours(seed))
        if not near:
            return []
        found = [*self._bought(near, seed.product_key), *self._viewed(near)]
        found.sort(key=lambda each: (-each.score, each.listing_id))
        listed = within(seed, (each.listing_id for each in found), self.catalogue)
        return best((each for each in found if each.listing_id in listed), limit=limit)

    def _has_enough(self, seed: Seed) -> bool:
        if not seed.product_key:
            return False
        rows = self.aggregates.rows(AggregateKind.RELATED_PRODUCT, [seed.product_key])
        return len(rows.get(seed.product_key, ())) >= policy.ENOUGH_RELATED_PRODUCTS

    def _bought(self, near: dict[int, float], own_key: str) -> Iterator[Candidate]:
        cosines: dict[str, float] = {}
        for pk, key in product_keys_of(near).items():
            if key != own_key:
                cosines[key] = max(cosines.get(key, 0.0), near[pk])
        rows = self.aggregates.rows(AggregateKind.RELATED_PRODUCT, cosines)
        products = [
            (thing, cosines[key] * score, support)
            for key, entries in rows.items()
            for thing, score, support in entries
        ]
        products.sort(key=lambda each: (-each[1], each[0]))
        for pk, score, support in items_of_products(products, self.aggregates):
            yield Candidate(pk, score, support, f"{bought_together(support)} with one like it")

    def _viewed(self, near: dict[int, float]) -> Iterator[Candidate]:
        keys = [str(pk) for pk in near]
        rows = self.aggregates.rows(AggregateKind.CO_VIEW_ITEM, keys)
        for key, entries in rows.items():
            for thing, score, support in entries:
                reason = f"{viewed_together(support)} with one like it"
                yield Candidate(int(thing), near[int(key)] * score, support, reason)
