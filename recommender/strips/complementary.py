"""What goes with a listing, or with a cart, as a page or an app shows it now.

  1  what may be shown: from Redis, else made here (proposing.py), once for all who ask
  2  one query for what is still for sale and what its card says; what was edited since is checked
     against the seed again
  3  one of a product, few of a seller, none of the viewer's own (filtering.py)
  4  where too much was sold since, all of it once more

The database's word is the last one: a kept list that is minutes old shows nothing that is sold.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.conf import settings

from listing_assistant.listings.models import Listing
from recommender import policy
from recommender.caching import SingleFlightCache
from recommender.events.sessions import recent_queries
from recommender.seeds import seed_of
from recommender.strips import metrics
from recommender.strips.cards import Card, live_cards
from recommender.strips.filtering import Filter, pick
from recommender.strips.proposals import Proposal, Proposals, Source, Step
from recommender.strips.proposing import propose, together
from recommender.strips.recalling import SetRun

COMPLEMENTARY, CART = "complementary", "cart"
# What is not complete is kept for this share of the usual time; what most sets were late for, as
# when a process has just started, for a few seconds.
INCOMPLETE_SHARE = 0.1
HASTY_SHARE = 0.01


@dataclass(frozen=True)
class StripItem:
    """`step` says how far down the ladder it stood; `sources` what each recall set said of it."""

    card: Card
    seed_id: int
    step: Step
    fits: bool
    sources: tuple[Source, ...]

    @property
    def listing_id(self) -> int:
        return self.card.pk

    @property
    def recall_set(self) -> str:
        """The most trusted of those that proposed it, or the step of the ladder."""
        return self.sources[0].recall_set

    @property
    def reason(self) -> str:
        return self.sources[0].reason


@dataclass(frozen=True)
class Explanation:
    """For staff. `cache` is fresh, stale, made, waited or uncached; `age` is in seconds."""

    runs: Sequence[SetRun]
    cache: str
    age: float
    milliseconds: float


@dataclass(frozen=True)
class Strip:
    """`seeds` are the cards of the seeds that can be bought, by id."""

    items: list[StripItem]
    seeds: Mapping[int, Card] = field(default_factory=dict)
    explanation: Explanation | None = None

    @property
    def step(self) -> Step:
        """The lowest step of the ladder that it needed."""
        steps = list(Step)
        return max((item.step for item in self.items), key=steps.index, default=steps[-1])

    @property
    def is_short(self) -> bool:
        return len(self.items) < policy.LEAST_SHOWN


def complementary_items(
    listing: Listing,
    *,
    session_key: str = "",
    viewer_id: int | None = None,
    limit: int = policy.STRIP_SIZE,
    explain: bool = False,
) -> Strip:
    """What goes with the listing, best first: it can be bought now, fits, and is not the viewer's.

    `session_key` lets what was searched for in this visit count. With `explain` the strip says how
    it came about.
    """
    asked = _Asked(COMPLEMENTARY, [listing], session_key)
    return _serve(asked, viewer_id, limit, explain)


def complementary_to_cart(
    listings: Sequence[Listing],
    *,
    session_key: str = "",
    viewer_id: int | None = None,
    limit: int = policy.STRIP_SIZE,
    explain: bool = False,
) -> Strip:
    """What goes with the first policy.CART_SEEDS of these, in turn; none of them, nor its product.

    What fits one of them and contradicts another is shown, what only contradicts is not.
    """
    if not listings:
        return Strip([])
    asked = _Asked(CART, listings[: policy.CART_SEEDS], session_key, listings)
    return _serve(asked, viewer_id, limit, explain)


@dataclass(frozen=True)
class _Asked:
    """Whose strip it is. `beside` is what must not be in it, the seeds and more."""

    strip: str
    seeds: Sequence[Listing]
    session_key: str = ""
    beside: Sequence[Listing] = ()

    def key(self) -> str:
        """Another one as soon as a seed is edited, and for visits that searched for something."""
        seeds = [f"{seed.pk}.{seed.version}" for seed in (*self.seeds, *self.beside)]
        searches = recent_queries(self.session_key)[: policy.SEARCHES_LOOKED_AT]
        named = "\n".join([*seeds, *searches])
        return f"{self.strip}:{hashlib.sha256(named.encode()).hexdigest()[:32]}"

    def make(self) -> tuple[Any, float]:
        """For the cache: proposals as JSON, and for how much of the usual time they are good."""
        seeds = [seed_of(each, session_key=self.session_key) for each in self.seeds]
        made = [propose(seed) for seed in seeds]
        beside = {each.pk for each in self.beside}
        proposals = together(list(zip(seeds, made, strict=True)), beside) if beside else made[0]
        return proposals.as_json(), _worth_keeping(proposals)


def _worth_keeping(proposals: Proposals) -> float:
    if proposals.is_hasty:
        return HASTY_SHARE
    return 1.0 if proposals.is_complete else INCOMPLETE_SHARE


def _serve(asked: _Asked, viewer_id: int | None, limit: int, explain: bool) -> Strip:
    started = time.perf_counter()
    cache = SingleFlightCache("strip", settings.STRIP_CACHE_SECONDS)
    key = asked.key()
    answer = cache.get(key, asked.make)
    proposals = Proposals.of_json(answer.value)
    strip, lost = _on_sale(asked, proposals, viewer_id, limit)
    if strip.is_short and lost and answer.is_kept:
        answer = cache.renew(key, asked.make)
        proposals = Proposals.of_json(answer.value)
        strip, _ = _on_sale(asked, proposals, viewer_id, limit)
    seconds = time.perf_counter() - started
    _count(asked.strip, strip, answer.how, seconds)
    explanation = Explanation(proposals.runs, answer.how, answer.age, seconds * 1000)
    return replace(strip, explanation=explanation) if explain else strip


def _on_sale(
    asked: _Asked, proposals: Proposals, viewer_id: int | None, limit: int
) -> tuple[Strip, int]:
    """And how many of the proposals may no longer be shown."""
    seed_ids = [seed.pk for seed in asked.seeds]
    cards = live_cards([*seed_ids, *(each.listing_id for each in proposals.items)])
    kept = _still_suitable(asked, proposals.items, cards)
    shown = pick(kept, limit=limit, hidden_seller=viewer_id)
    items = [
        StripItem(cards[each.listing_id], each.seed_id, Step(each.step), each.fits, each.sources)
        for each in shown
    ]
    seeds = {pk: cards[pk] for pk in seed_ids if pk in cards}
    return Strip(items, seeds), len(proposals.items) - len(kept)


def _still_suitable(
    asked: _Asked, items: Sequence[Proposal], cards: Mapping[int, Card]
) -> list[Proposal]:
    """Those for sale; what was edited since it was proposed has to suit its seed once more."""
    live = [each for each in items if each.listing_id in cards]
    edited = [each for each in live if each.version != cards[each.listing_id].version]
    if not edited:
        return live
    unfit: set[Proposal] = set()
    for listing in asked.seeds:
        own = [each for each in edited if each.seed_id == listing.pk]
        found = Filter(seed_of(listing)) if own else None
        suits = found.suitable([e.listing_id for e in own], only_related=False) if found else {}
        unfit |= {each for each in own if each.listing_id not in suits}
    return [each for each in live if each not in unfit]


def _count(name: str, strip: Strip, how: str, seconds: float) -> None:
    metrics.STRIP_SECONDS.labels(name, how).observe(seconds)
    metrics.STRIPS.labels(name, strip.step if strip.items else "none").inc()
    for item in strip.items:
        metrics.STRIP_ITEMS.labels(name, item.step).inc()
    if strip.is_short:
        metrics.SHORT_STRIPS.labels(name).inc()
