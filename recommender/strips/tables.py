"""The offline tables as one strip reads them: what several recall sets ask for is read once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from django.db import connection

from recommender.aggregates import StoredAggregates, entries_of
from recommender.models import AggregateKind
from recommender.recall_sets.base import Entry, Seed

ROWS = """
SELECT kind, key, entries FROM recommender_aggregaterow
WHERE (kind, key) IN (SELECT * FROM unnest(%s::text[], %s::text[]))
"""


class TablesOf:
    """Knows ahead what the sets will ask about the seed; the rest is asked of the database."""

    def __init__(self, seed: Seed) -> None:
        keys = list(_keys(seed))
        self._known: dict[tuple[str, str], Sequence[Entry]] = dict.fromkeys(keys, ())
        with connection.cursor() as cursor:
            cursor.execute(ROWS, [[kind for kind, _ in keys], [key for _, key in keys]])
            for kind, key, text in cursor.fetchall():
                self._known[kind, key] = entries_of(text)

    def rows(self, kind: str, keys: Collection[str]) -> Mapping[str, Sequence[Entry]]:
        known = {key: self._known[kind, key] for key in keys if (kind, key) in self._known}
        others = [key for key in keys if key not in known]
        found = {key: entries for key, entries in known.items() if entries}
        return {**found, **StoredAggregates().rows(kind, others)}


def _keys(seed: Seed) -> Iterable[tuple[str, str]]:
    yield AggregateKind.CO_VIEW_ITEM.value, str(seed.listing_id)
    if seed.product_key:
        yield AggregateKind.RELATED_PRODUCT.value, seed.product_key
        yield AggregateKind.CO_VIEW_PRODUCT.value, seed.product_key
    for related in seed.related:
        yield AggregateKind.POPULAR.value, str(related.category_id)
        yield AggregateKind.IMPORTANT_ASPECT.value, str(related.category_id)
