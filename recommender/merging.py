"""One list out of what the recall sets found; what each set said of an item stays with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from recommender import policy
from recommender.recall_sets.base import Candidate, Merged


def merge(found: Mapping[str, Sequence[Candidate]], *, limit: int) -> list[Merged]:
    """Listings by the sum of what their sets are worth at the place they gave them, best first.

    A set's worth at a place is policy.SET_WORTH / (place + policy.RANK_OFFSET). Sets unknown to
    the policy are worth as little as the least.
    """
    least = min(policy.SET_WORTH.values())
    scores: dict[int, float] = {}
    sources: dict[int, dict[str, Candidate]] = {}
    for name in sorted(found, key=lambda name: -policy.SET_WORTH.get(name, least)):
        worth = policy.SET_WORTH.get(name, least)
        for place, candidate in enumerate(found[name]):
            gain = worth / (place + policy.RANK_OFFSET)
            scores[candidate.listing_id] = scores.get(candidate.listing_id, 0.0) + gain
            sources.setdefault(candidate.listing_id, {})[name] = candidate
    best = sorted(scores, key=lambda listing_id: (-scores[listing_id], listing_id))
    return [
        Merged(listing_id, scores[listing_id], sources[listing_id]) for listing_id in best[:limit]
    ]
