"""What all recall sets owe: related categories alone, never the seed, nothing twice, best first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from recommender.recall_sets.base import Candidate, Seed
from recommender.recall_sets.catalogue import Catalogue, Listed


def within(seed: Seed, listing_ids: Iterable[int], catalogue: Catalogue) -> Mapping[int, Listed]:
    """Those that are for sale in a category that the seed's is related to. One query."""
    related = seed.related_ids
    found = catalogue.listed(pk for pk in listing_ids if pk != seed.listing_id)
    return {pk: listed for pk, listed in found.items() if listed.category_id in related}


def best(candidates: Iterable[Candidate], *, limit: int) -> list[Candidate]:
    """By score, then by id; of several candidates for one listing the best one."""
    chosen: dict[int, Candidate] = {}
    for candidate in sorted(candidates, key=lambda each: (-each.score, each.listing_id)):
        chosen.setdefault(candidate.listing_id, candidate)
    return list(chosen.values())[: max(0, limit)]


def times(count: int, singular: str, plural: str) -> str:
    """A count for a reason: "9 visits", "1 visit"."""
    return f"{count} {singular if count == 1 else plural}"
