"""Products that the same people bought, shown by their most viewed items (seed: Related Products).

Behaviour is gathered by product because most things here are sold once: the co-purchase of one
seller's green case and one seller's phone says something of all cases and phones like them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from recommender import policy
from recommender.aggregates import StoredAggregates
from recommender.models import AggregateKind
from recommender.recall_sets.base import Aggregates, Candidate, Entry, Seed
from recommender.recall_sets.catalogue import Catalogue, LiveCatalogue
from recommender.recall_sets.choosing import best, times, within


@dataclass(frozen=True)
class RelatedProducts:
    """Product key → related product keys → their items: two look-ups and one of what they are."""

    aggregates: Aggregates = field(default_factory=StoredAggregates)
    catalogue: Catalogue = field(default_factory=LiveCatalogue)

    name: ClassVar[str] = "related_products"

    def candidates(self, seed: Seed, *, limit: int) -> list[Candidate]:
        if not (seed.product_key and seed.related):
            return []
        found = self.aggregates.rows(AggregateKind.RELATED_PRODUCT, [seed.product_key])
        products = found.get(seed.product_key, ())
        items = items_of_products(products, self.aggregates)
        listed = within(seed, (pk for pk, _, _ in items), self.catalogue)
        return best(
            (
                Candidate(pk, score, support, bought_together(support))
                for pk, score, support in items
                if pk in listed
            ),
            limit=limit,
        )


def bought_together(support: int) -> str:
    return f"bought together {times(support, 'time', 'times')}"


def items_of_products(
    products: Sequence[Entry], aggregates: Aggregates
) -> list[tuple[int, float, int]]:
    """The first item of every product, best product first, then the second ones.

    A product's score falls with the place of its item, so that two items of one good product do
    not crowd out the next product. The support is the product's. One look-up.
    """
    keys = [key for key, _, _ in products]
    rows = aggregates.rows(AggregateKind.PRODUCT_ITEMS, keys) if keys else {}
    return [item for place in range(policy.ITEMS_A_PRODUCT) for item in _at(place, products, rows)]


def _at(
    place: int, products: Sequence[Entry], rows: Mapping[str, Sequence[Entry]]
) -> Iterator[tuple[int, float, int]]:
    for key, score, support in products:
        items = rows.get(key, ())
        if place < len(items):
            yield int(items[place][0]), score / (place + 1), support
