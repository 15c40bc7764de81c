"""What people choose after the searches that go with this visit's search (seed: Related Queries).

Somebody who came by "iphone 15" is shown what is popular for "iphone 15 case". Without a search in
this visit the set has nothing to say.
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
class RelatedQueries:
    """Query → co-searched queries → their items: two look-ups and one of what they are."""

    aggregates: Aggregates = field(default_factory=StoredAggregates)
    catalogue: Catalogue = field(default_factory=LiveCatalogue)

    name: ClassVar[str] = "related_queries"

    def candidates(self, seed: Seed, *, limit: int) -> list[Candidate]:
        if not (seed.queries and seed.related):
            return []
        found = sorted(self._found(seed), key=lambda each: (-each.score, each.listing_id))
        listed = within(seed, (each.listing_id for each in found), self.catalogue)
        return best((each for each in found if each.listing_id in listed), limit=limit)

    def _found(self, seed: Seed) -> Iterator[Candidate]:
        scores = self._related_to(seed.queries)
        rows = self.aggregates.rows(AggregateKind.QUERY_ITEMS, scores) if scores else {}
        for query, items in rows.items():
            score, asked = scores[query]
            # Choices after a frequent and a rare search do not compare: each counts by its best.
            most = items[0][1] or 1
            reason = f"popular for “{query}”, searched with “{asked}”"
            for thing, chosen, support in items:
                yield Candidate(int(thing), score * chosen / most, support, reason)

    def _related_to(self, queries: tuple[str, ...]) -> dict[str, tuple[float, str]]:
        """Co-searched query → its score and the search it belongs to; an older search is worth
        less. What the visit searched for itself is known to the buyer already."""
        asked = queries[: policy.SEARCHES_LOOKED_AT]
        rows = self.aggregates.rows(AggregateKind.RELATED_QUERY, asked)
        related: dict[str, tuple[float, str]] = {}
        for age, query in enumerate(asked):
            for other, score, _ in rows.get(query, ()):
                worth = score * policy.OLDER_SEARCH_WORTH**age
                if other not in queries and worth > related.get(other, (0.0, ""))[0]:
                    related[other] = (worth, query)
        return related
