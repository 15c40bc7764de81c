"""Makes what may be shown beside a listing: all that does not change by the second.

1  ask the recall sets side by side (recalling.py)
2  merge what they found, provenance kept (merging.py)
3  leave out what does not suit the seed, a stretch at a time (filtering.py)
4  go down the ladder while there is too little (ladder.py)
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest

from django.conf import settings

from recommender import policy
from recommender.compatibility import verdicts
from recommender.merging import merge
from recommender.products import product_keys_of
from recommender.recall_sets.base import Candidate, Merged, Seed
from recommender.recall_sets.registry import recall_sets
from recommender.strips import ladder
from recommender.strips.filtering import Filter, Suiting, pick
from recommender.strips.proposals import Proposal, Proposals, Source, Step
from recommender.strips.reading import SharedReading
from recommender.strips.recalling import recall
from recommender.strips.warming import warm_up


def propose(seed: Seed) -> Proposals:
    """For one listing, more than a strip holds: what is sold meanwhile has a substitute."""
    if settings.RECALL_THREADS:
        warm_up()
    reading = SharedReading(seed)
    recalled = recall(seed, recall_sets(reading, reading), limit=policy.CANDIDATES_A_SET)
    suiting = Filter(seed)
    items: list[Proposal] = []
    for stretch in _stretches(merge(recalled.found, limit=policy.MERGED_CANDIDATES)):
        items += _from_sets(seed, suiting, stretch)
        if len(pick(items, limit=policy.KEPT_CANDIDATES)) == policy.KEPT_CANDIDATES:
            break
    return Proposals(_filled(seed, suiting, items), recalled.runs)


def _stretches(merged: Sequence[Merged]) -> Iterator[Sequence[Merged]]:
    for start in range(0, len(merged), policy.LOOKED_AT_ONCE):
        yield merged[start : start + policy.LOOKED_AT_ONCE]


def _from_sets(seed: Seed, suiting: Filter, merged: Sequence[Merged]) -> list[Proposal]:
    found = suiting.suitable([each.listing_id for each in merged], only_related=True)
    return [
        _proposal(seed, each.listing_id, Step.SETS, found[each.listing_id], _sources(each.sources))
        for each in merged
        if each.listing_id in found
    ]


def _sources(said: Mapping[str, Candidate]) -> tuple[Source, ...]:
    return tuple(Source(name, each.reason, each.support) for name, each in said.items())


def _filled(seed: Seed, suiting: Filter, items: list[Proposal]) -> list[Proposal]:
    """With items of the ladder, so that a strip has enough when some of them are sold."""
    wanted = policy.LEAST_SHOWN + policy.LADDER_SPARE
    filled = list(items)
    descent = ladder.steps(seed)
    while _count(filled, wanted) < wanted and (below := next(descent, None)):
        step, found = below
        taken = {each.listing_id for each in filled}
        reasons = {pk: reason for pk, reason in found if pk not in taken}
        suits = suiting.suitable(reasons, only_related=step == Step.RELATED)
        filled += [
            _proposal(seed, pk, step, suits[pk], (Source(step, reason, 0),))
            for pk, reason in reasons.items()
            if pk in suits
        ]
    return filled


def _count(items: Sequence[Proposal], wanted: int) -> int:
    """How many of them one strip could show, whichever step they are from."""
    as_sets = [each._replace(step=Step.SETS) for each in items]
    return len(pick(as_sets, limit=wanted))


def _proposal(
    seed: Seed, pk: int, step: Step, suits: Suiting, sources: tuple[Source, ...]
) -> Proposal:
    return Proposal(
        listing_id=pk,
        seed_id=seed.listing_id,
        step=step,
        seller_id=suits.facts.seller_id,
        product=suits.facts.product,
        version=suits.facts.version,
        fits=suits.fits,
        sources=sources,
    )


def together(made: Sequence[tuple[Seed, Proposals]], beside: Collection[int]) -> Proposals:
    """Of several seeds in turn: nothing of what is `beside` them, no product of it, and nothing
    that contradicts one of them without fitting another."""
    items: dict[int, Proposal] = {}
    for row in zip_longest(*(proposals.items for _, proposals in made)):
        for each in row:
            if each is not None:
                items.setdefault(each.listing_id, each)
    products = set(product_keys_of(beside).values())
    unfit = {pk for seed, _ in made for pk in _contradicting(seed, items.values())}
    kept = [
        each
        for pk, each in items.items()
        if pk not in beside and pk not in unfit and each.product not in products
    ]
    steps = list(Step)
    kept.sort(key=lambda each: steps.index(Step(each.step)))
    return Proposals(kept, [run for _, proposals in made for run in proposals.runs])


def _contradicting(seed: Seed, items: Iterable[Proposal]) -> Iterator[int]:
    of_others = [e.listing_id for e in items if e.seed_id != seed.listing_id and not e.fits]
    found = verdicts(seed, of_others) if of_others else {}
    return (pk for pk, verdict in found.items() if not verdict.may_be_shown)
