"""Which recall sets there are. A new one is a small file and one line here."""

from __future__ import annotations

from recommender.aggregates import StoredAggregates
from recommender.recall_sets.base import Aggregates, RecallSet
from recommender.recall_sets.catalogue import Catalogue, LiveCatalogue
from recommender.recall_sets.popular import Popular
from recommender.recall_sets.related_products import RelatedProducts


def recall_sets(
    aggregates: Aggregates | None = None, catalogue: Catalogue | None = None
) -> list[RecallSet]:
    """All of them, in the order in which policy.SET_WORTH trusts them.

    They read the tables and the marketplace as they are now, unless others are given: a report
    replays the past that way.
    """
    tables = aggregates or StoredAggregates()
    market = catalogue or LiveCatalogue()
    return [
        RelatedProducts(tables, market),
        Popular(tables, market),
    ]
