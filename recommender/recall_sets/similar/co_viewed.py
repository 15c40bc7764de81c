"""What the same visits looked at, by item and by product, of the seed's kind (papers.md 8.2).

What is viewed together across categories goes with a thing and is not like it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from django.db import connection

from recommender import policy
from recommender.aggregates import entries_of
from recommender.items.columns import key_of
from recommender.models import AggregateKind
from recommender.recall_sets.base import Candidate, Entry, Seed
from recommender.recall_sets.choosing import best
from recommender.recall_sets.co_views import viewed_together
from recommender.recall_sets.similar.suiting import of_its_kind
from recommender.recall_sets.similar.surroundings import Surroundings

_ROWS = """
SELECT kind, entries FROM recommender_aggregaterow
WHERE (kind = %s AND key = %s) OR (kind = %s AND key = %s)
"""


@dataclass(frozen=True)
class CoViewed:
    """One query for both tables; what is of a product, the item table says."""

    around: Surroundings

    name: ClassVar[str] = "co_viewed"

    def candidates(self, seed: Seed, *, limit: int) -> list[Candidate]:
        rows = self._rows(seed)
        found = [*_by_item(rows), *self._by_product(rows)]
        told = best(
            (each for each in found if each.listing_id != seed.listing_id), limit=len(found)
        )
        kept = of_its_kind(self.around, [(each.listing_id, each.score) for each in told])
        kin = {pk for pk, _ in kept}
        return [each for each in told if each.listing_id in kin][:limit]

    def _rows(self, seed: Seed) -> Mapping[str, Sequence[Entry]]:
        item, product = AggregateKind.CO_VIEW_ITEM, AggregateKind.CO_VIEW_PRODUCT
        keys = [item.value, str(seed.listing_id), product.value, self.around.product_key]
        with connection.cursor() as cursor:
            cursor.execute(_ROWS, keys)
            return {kind: entries_of(text) for kind, text in cursor.fetchall()}

    def _by_product(self, rows: Mapping[str, Sequence[Entry]]) -> Iterator[Candidate]:
        """Of each product the newest; a product's score falls from one of its items to the next."""
        table = self.around.table
        if table is None:
            return
        for product, score, support in rows.get(AggregateKind.CO_VIEW_PRODUCT, ()):
            newest = table.of_product(key_of(product))[: policy.ITEMS_A_PRODUCT]
            for place, pk in enumerate(table.items.ids.take(newest).tolist(), start=1):
                yield Candidate(pk, score / place, support, f"its kind {viewed_together(support)}")


def _by_item(rows: Mapping[str, Sequence[Entry]]) -> Iterator[Candidate]:
    for thing, score, support in rows.get(AggregateKind.CO_VIEW_ITEM, ()):
        yield Candidate(int(thing), score, support, viewed_together(support))
