"""What may stand beside a listing, decided here for all recall sets and every step of the ladder.

`suitable` asks what can be known ahead, `pick` what depends on the moment and on who looks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from django.db.models import QuerySet

from listing_assistant.listings.models import Listing, State
from recommender import policy
from recommender.compatibility import Verdict, verdicts
from recommender.models import CategoryOverride
from recommender.products import product_keys_of
from recommender.recall_sets.base import Seed
from recommender.strips.proposals import Proposal, Step


@dataclass(frozen=True)
class Facts:
    """Of a listing that suits a seed."""

    seller_id: int
    version: int
    product: str
    fits: bool


def suitable(
    seed: Seed, listing_ids: Collection[int], *, only_related: bool
) -> Mapping[int, Facts]:
    """Those for sale that are another product than the seed, work, and fit it as far as is known.

    With `only_related`, in its related categories alone. What staff keep apart from the seed's
    category is left out in any case.
    """
    live = Listing.objects.filter(pk__in=listing_ids, state=State.LIVE).exclude(pk=seed.listing_id)
    rows = live.exclude(condition__in=policy.CONDITIONS_LEFT_OUT).order_by()
    rows = rows.exclude(category_id__in=never_beside(seed.category_id))
    if only_related:
        rows = rows.filter(category_id__in=seed.related_ids)
    found = {pk: rest for pk, *rest in rows.values_list("pk", "seller", "version")}
    products = product_keys_of(found)
    fitting = verdicts(seed, found)
    return {
        pk: Facts(seller, version, products.get(pk, ""), fitting[pk] == Verdict.FITS)
        for pk, (seller, version) in found.items()
        if pk in fitting
        and fitting[pk].may_be_shown
        and not _is_same_product(seed, products.get(pk, ""))
    }


def never_beside(category_id: int | None) -> QuerySet[CategoryOverride, int]:
    """The categories that staff keep apart from this one, itself perhaps among them."""
    never = CategoryOverride.objects.filter(decision=CategoryOverride.Decision.NEVER)
    return never.filter(category=category_id).values_list("related_id", flat=True)


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


def _is_same_product(seed: Seed, product: str) -> bool:
    """Another of the same is no complement, but where people collect them."""
    is_collected = seed.category_id in seed.related_ids
    return bool(product) and product == seed.product_key and not is_collected
