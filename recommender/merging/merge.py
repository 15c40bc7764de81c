"""One list out of what the recall sets found; what each set said of an item stays with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from recommender import policy
from recommender.merging.inference import learnt_scores
from recommender.recall_sets.base import Candidate, Merged

FoundBySet = Mapping[str, Sequence[Candidate]]


def merge(found: FoundBySet, *, limit: int) -> list[Merged]:
    """Best first: by what purchases have taught (the release of "merging" in service), else by
    trust. Equal scores are in the order of ids."""
    scores = learnt_scores(found)
    if scores is None:
        scores = scores_by_trust(found)
    best = sorted(scores, key=lambda listing_id: (-scores[listing_id], listing_id))[:limit]
    sources = _sources(found, set(best))
    return [Merged(listing_id, scores[listing_id], sources[listing_id]) for listing_id in best]


def scores_by_trust(found: FoundBySet) -> dict[int, float]:
    """Listings by the sum of what their sets are worth at the place they gave them.

    A set's worth at a place is policy.SET_WORTH / (place + policy.RANK_OFFSET). Sets unknown to
    the policy are worth as little as the least.
    """
    scores: dict[int, float] = {}
    for name in found:
        for place, candidate in enumerate(found[name]):
            gain = _worth(name) / (place + policy.RANK_OFFSET)
            scores[candidate.listing_id] = scores.get(candidate.listing_id, 0.0) + gain
    return scores


def _worth(name: str) -> float:
    return policy.SET_WORTH.get(name, min(policy.SET_WORTH.values()))


def _sources(found: FoundBySet, kept: set[int]) -> dict[int, dict[str, Candidate]]:
    """Of each kept listing what the sets said, the most trusted set first."""
    sources: dict[int, dict[str, Candidate]] = {}
    for name in sorted(found, key=lambda name: (-_worth(name), name)):
        for candidate in found[name]:
            if candidate.listing_id in kept:
                sources.setdefault(candidate.listing_id, {})[name] = candidate
    return sources
