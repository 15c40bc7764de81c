"""Stage 1 of similar items, recall: what may be like a listing, from every set and with its source.

1  ask the recall sets side by side (strips/recalling.py), each within the time for all
2  the newest of the category, where that set had no time to say them: there is always something
3  one list of what they found, each thing with what every set said of it
4  keep it in Redis: it is the same for everybody who looks at the seed
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from django.conf import settings

from listing_assistant.listings.models import Listing
from recommender import policy
from recommender.caching import SingleFlightCache
from recommender.items.table import current_table
from recommender.recall_sets.base import Candidate, Seed
from recommender.recall_sets.similar.fresh import Fresh
from recommender.recall_sets.similar.registry import similar_sets
from recommender.recall_sets.similar.surroundings import Surroundings
from recommender.strips.recalling import Outcome, SetRun, recall
from recommender.strips.warming import warm_up

# What is not complete is kept for this share of the usual time; what most sets were late for, as
# when a process has just started, for a few seconds.
INCOMPLETE_SHARE = 0.1
HASTY_SHARE = 0.01
FAMILY = "similar"

Sources = Mapping[str, Candidate]  # what each set said of a listing, by the set's name


@dataclass(frozen=True)
class Found:
    """Candidates by listing id, the best of every set first. `cache` is as an Answer's `how`."""

    sources: Mapping[int, Sources]
    runs: Sequence[SetRun] = ()
    cache: str = "uncached"


def find_similar(listing: Listing) -> Found:
    """At most policy.RANKED_CANDIDATES, the seed not among them. What is sold may be."""
    cache = SingleFlightCache("similar", settings.STRIP_CACHE_SECONDS)
    answer = cache.get(f"{listing.pk}.{listing.version}", lambda: _made(listing))
    found, told_runs = answer.value
    sources = union(_told(found), limit=policy.RANKED_CANDIDATES)
    runs = [SetRun(name, Outcome(outcome), *rest) for name, outcome, *rest in told_runs]
    return Found(sources, runs, answer.how)


def union(
    found: Mapping[str, Sequence[Candidate]], *, limit: int
) -> dict[int, dict[str, Candidate]]:
    """The sets' candidates in turn, so that each has its best ones among them."""
    sources: dict[int, dict[str, Candidate]] = {}
    for row in zip_longest(*([(name, each) for each in told] for name, told in found.items())):
        for name, candidate in filter(None, row):
            if candidate.listing_id in sources or len(sources) < limit:
                sources.setdefault(candidate.listing_id, {})[name] = candidate
    return sources


def _made(listing: Listing) -> tuple[Any, float]:
    """For the cache: plain JSON, and for how much of the usual time it is good."""
    if settings.RECALL_THREADS:
        warm_up()
    seed = _seed_of(listing)
    around = Surroundings(seed, current_table())
    recalled = recall(seed, similar_sets(around), limit=policy.SIMILAR_A_SET, family=FAMILY)
    found = dict(recalled.found)
    if Fresh.name not in found:
        found[Fresh.name] = Fresh(around).candidates(seed, limit=policy.FRESH_OF_CATEGORY)
    told = {
        name: [[each.listing_id, each.score, each.support, each.reason] for each in candidates]
        for name, candidates in found.items()
    }
    runs = [[r.name, r.outcome, round(r.milliseconds, 2), r.count, r.error] for r in recalled.runs]
    return [told, runs], _worth_keeping(recalled.runs)


def _worth_keeping(runs: Sequence[SetRun]) -> float:
    if sum(run.outcome == Outcome.LATE for run in runs) * 2 > len(runs):
        return HASTY_SHARE
    is_complete = all(run.outcome in (Outcome.DONE, Outcome.EMPTY) for run in runs)
    return 1.0 if is_complete else INCOMPLETE_SHARE


def _told(found: Mapping[str, Sequence[Any]]) -> dict[str, list[Candidate]]:
    return {name: [Candidate(*each) for each in told] for name, told in found.items()}


def _seed_of(listing: Listing) -> Seed:
    """What takes no query; the sets look up the rest where they need it."""
    return Seed(
        listing_id=listing.pk,
        seller_id=listing.seller_id,
        category_id=listing.category_id,
        product_key=f"p{listing.product_id}" if listing.product_id else "",
        title=listing.title,
        price=listing.price,
        currency=listing.currency,
    )
