"""Which recall sets there are. A new one is a small file and one line here."""

from __future__ import annotations

from recommender.aggregates import StoredAggregates
from recommender.recall_sets.base import Aggregates, RecallSet
from recommender.recall_sets.catalogue import Catalogue, LiveCatalogue
from recommender.recall_sets.co_views import CoViews
from recommender.recall_sets.compatibility import Compatibility
from recommender.recall_sets.complementary_of_similar import ComplementaryOfSimilar
from recommender.recall_sets.deep_recs import DeepRecs
from recommender.recall_sets.fresh import Fresh
from recommender.recall_sets.popular import Popular
from recommender.recall_sets.popular_aspect import PopularAspect
from recommender.recall_sets.related_products import RelatedProducts
from recommender.recall_sets.related_queries import RelatedQueries
from recommender.recall_sets.visual import Visual


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
        CoViews(tables, market),
        Compatibility(tables, market),
        DeepRecs(market),
        RelatedQueries(tables, market),
        ComplementaryOfSimilar(tables, market),
        PopularAspect(tables, market),
        Visual(market),
        Popular(tables, market),
        Fresh(market),
    ]


def sets_of_tables(aggregates: Aggregates, catalogue: Catalogue) -> list[RecallSet]:
    """Those of `recall_sets` that need nothing but tables to know what they look for, so that one
    reading can serve them all."""
    return [
        RelatedProducts(aggregates, catalogue),
        CoViews(aggregates, catalogue),
        Compatibility(aggregates, catalogue),
        RelatedQueries(aggregates, catalogue),
        PopularAspect(aggregates, catalogue),
        Popular(aggregates, catalogue),
    ]
