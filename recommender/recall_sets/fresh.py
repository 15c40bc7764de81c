"""New things of the related categories, so that what nobody knows yet can become known.

Exploration: a thing without behaviour is in no other set but those that read its text, and without
being shown it never gets any. Which of the new ones is decided by a hash of the hour: the same for
everybody who looks at the seed within it, so that strips can be cached, and others the hour after.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from django.utils import timezone

from recommender import policy
from recommender.recall_sets.base import Candidate, Seed
from recommender.recall_sets.catalogue import Catalogue, Listed, LiveCatalogue
from recommender.recall_sets.choosing import best


@dataclass(frozen=True)
class Fresh:
    """At most policy.FRESH_QUOTA, of as many sellers as possible: one query."""

    catalogue: Catalogue = field(default_factory=LiveCatalogue)
    now: Callable[[], datetime] = timezone.now

    name: ClassVar[str] = "fresh"

    def candidates(self, seed: Seed, *, limit: int) -> list[Candidate]:
        if not seed.related:
            return []
        newest = self.catalogue.newest(seed.related_ids, each=policy.FRESH_LOOKED_AT)
        hour = int(self.now().timestamp() // 3600)
        others = {pk: listed for pk, listed in newest.items() if pk != seed.listing_id}
        order = sorted(others, key=lambda pk: _draw(hour, seed.listing_id, pk))
        spread = _by_turns_of_sellers(order, others)
        return best(
            (
                Candidate(pk, 1 / (place + 1), 0, f"new in {others[pk].category}")
                for place, pk in enumerate(spread)
            ),
            limit=min(limit, policy.FRESH_QUOTA),
        )


def _draw(hour: int, seed_id: int, listing_id: int) -> bytes:
    return hashlib.sha256(f"{hour} {seed_id} {listing_id}".encode()).digest()


def _by_turns_of_sellers(order: list[int], listed: Mapping[int, Listed]) -> list[int]:
    """Every seller's first, then every seller's second, each in the order drawn."""
    so_far: Counter[int] = Counter()
    turns = {}
    for pk in order:
        seller_id = listed[pk].seller_id
        turns[pk] = so_far[seller_id]
        so_far[seller_id] += 1
    return sorted(order, key=lambda pk: turns[pk])
