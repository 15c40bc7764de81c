"""What the same visits looked at, by item and by product (seed: Co-views).

A view means less than a purchase, but there are many more of them: single pieces have co-views
where they can have no co-purchases.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from recommender.aggregates import StoredAggregates
from recommender.models import AggregateKind
from recommender.recall_sets.base import Aggregates, Candidate, Seed
from recommender.recall_sets.catalogue import Catalogue, LiveCatalogue
from recommender.recall_sets.choosing import best, times, within
from recommender.recall_sets.related_products import items_of_products


@dataclass(frozen=True)
class CoViews:
    """Listing → listings, product → products → items: three look-ups and one of what they are."""

    aggregates: Aggregates = field(default_factory=StoredAggregates)
    catalogue: Catalogue = field(default_factory=LiveCatalogue)

    name: ClassVar[str] = "co_views"

    def candidates(self, seed: Seed, *, limit: int) -> list[Candidate]:
        if not seed.related:
            return []
        found = [*self._by_item(seed), *self._by_product(seed)]
        found.sort(key=lambda each: (-each.score, each.listing_id))
        listed = within(seed, (each.listing_id for each in found), self.catalogue)
        return best((each for each in found if each.listing_id in listed), limit=limit)

    def _by_item(self, seed: Seed) -> Iterator[Candidate]:
        key = str(seed.listing_id)
        rows = self.aggregates.rows(AggregateKind.CO_VIEW_ITEM, [key])
        for thing, score, support in rows.get(key, ()):
            yield Candidate(int(thing), score, support, viewed_together(support))

    def _by_product(self, seed: Seed) -> Iterator[Candidate]:
        if not seed.product_key:
            return
        rows = self.aggregates.rows(AggregateKind.CO_VIEW_PRODUCT, [seed.product_key])
        products = rows.get(seed.product_key, ())
        for pk, score, support in items_of_products(products, self.aggregates):
            yield Candidate(pk, score, support, f"its kind {viewed_together(support)}")


def viewed_together(support: int) -> str:
    return f"viewed together in {times(support, 'visit', 'visits')}"
