"""What may stand beside a listing, decided here for all recall sets and every step of the ladder.

`Filter` asks what can be known ahead, `pick` what depends on the moment and on who looks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from recommender import policy
from recommender.compatibility import Verdict, claims_of_seed, judge
from recommender.fitment import current_fitment
from recommender.recall_sets.base import Seed
from recommender.strips.facts import Facts, facts_of
from recommender.strips.proposals import Proposal, Step


@dataclass(frozen=True)
class Suiting:
    """A listing that suits a seed; `fits` where both name the same thing to fit."""

    facts: Facts
    fits: bool


class Filter:
    """What suits one seed, by one vocabulary for all its uses."""

    def __init__(self, seed: Seed) -> None:
        self._seed = seed
        self._related = seed.related_ids
        self._fitment = current_fitment()
        self._claims = claims_of_seed(seed, self._fitment)

    def suitable(self, listing_ids: Collection[int], *, only_related: bool) -> dict[int, Suiting]:
        """Those for sale that are another product than the seed, work, and fit it as far as is
        known; with `only_related`, in its related categories alone. One query."""
        wanted = [pk for pk in listing_ids if pk != self._seed.listing_id]
        suiting = {}
        for pk, facts in facts_of(wanted, self._fitment).items():
            verdict = self._verdict(facts, only_related)
            if verdict is not None and verdict.may_be_shown:
                suiting[pk] = Suiting(facts, verdict == Verdict.FITS)
        return suiting

    def _verdict(self, facts: Facts, only_related: bool) -> Verdict | None:
        """None for what may not stand beside the seed, whether it fits or not."""
        if facts.category_id in self._seed.apart:
            return None
        if only_related and facts.category_id not in self._related:
            return None
        if self._is_same_product(facts.product):
            return None
        if not self._claims:
            return Verdict.UNRELATED
        theirs = self._fitment.claims(facts.category_id, facts.title, facts.stated)
        return judge(self._claims, theirs, self._fitment)

    def _is_same_product(self, product: str) -> bool:
        """Another of the same is no complement, but where people collect them."""
        is_collected = self._seed.category_id in self._related
        return bool(product) and product == self._seed.product_key and not is_collected


def pick(
    proposals: Iterable[Proposal],
    *,
    limit: int,
    hidden_seller: int | None = None,
) -> list[Proposal]:
    """The first of each product, of no seller too many, never the viewer's own.

    The lower steps of the ladder fill a strip up to policy.LEAST_SHOWN and no further.
    """
    shown: list[Proposal] = []
    products: set[str] = set()
    of_seller: Counter[int] = Counter()
    for proposal in proposals:
        enough = limit if proposal.step == Step.SETS else min(limit, policy.LEAST_SHOWN)
        if len(shown) >= enough or proposal.seller_id == hidden_seller:
            continue
        if of_seller[proposal.seller_id] >= policy.MOST_OF_A_SELLER:
            continue
        if proposal.product in products:
            continue
        shown.append(proposal)
        of_seller[proposal.seller_id] += 1
        products |= {proposal.product} - {""}
    return shown
