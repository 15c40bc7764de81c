"""A month on the demo marketplace, simulated from people's known tastes.

A session starts with a search for something the person likes; results are shown (an impression),
some are clicked, and of the clicks some lead to a watch, a cart, an offer or a purchase, in the
proportions of Taobao's public log: 75,873 views, 4,497 carts, 2,356 favourites, 1,750 purchases.
What is measured on these rows must be labelled as simulated.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from listing_assistant.demo.people import Taste
from listing_assistant.listings.models import Format

DAYS = 30
SESSIONS_EACH = 14  # a month, on average
RESULTS = 12
CART_RATE = 4497 / 75873
WATCH_RATE = 2356 / 75873
PURCHASE_RATE = 1750 / 75873
# Two in three listings are single pieces, which only one person can buy: those who find something
# else sold out make up for it.
SINGLE_PIECE_FACTOR = 0.4
OFFER_RATE = 0.12
REFUND_RATE = 0.05
OFF_TASTE = 0.15
NAMESPACE = uuid.UUID("6f0c1f0e-0d7b-4c7e-9a52-2f6d8f3b5a11")


@dataclass
class Ware:
    """What the simulation knows of a listing. `budget` is its place in its price range, 0 to 1."""

    id: int
    seller_id: int
    category: str
    name: str
    colour: str
    brand: str
    budget: float
    price: Decimal
    currency: str
    format: str
    stock: int
    published_at: datetime
    popularity: float = 1.0

    @property
    def is_single(self) -> bool:
        return self.stock == 1


@dataclass(frozen=True)
class Shopper:
    id: int
    taste: Taste


@dataclass(frozen=True)
class Event:
    """`kind` is one of recommender.models.EventKind."""

    event_id: uuid.UUID
    kind: str
    ware: Ware | None
    shopper: Shopper
    session_key: str
    at: datetime
    data: dict[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True)
class Shown:
    shopper: Shopper
    session_key: str
    at: datetime
    wares: tuple[int, ...]


@dataclass
class Month:
    """Everything that happened. `sold_out` are the ids whose stock was bought up."""

    events: list[Event] = field(default_factory=list)
    shown: list[Shown] = field(default_factory=list)
    sold_out: set[int] = field(default_factory=set)


def affinity(taste: Taste, ware: Ware) -> float:
    """0..1: how much a person with this taste would like this listing."""
    return (
        0.45 * (ware.category in taste.categories)
        + 0.2 * (ware.colour in taste.colours)
        + 0.15 * (ware.brand in taste.brands)
        + 0.2 * max(0.0, 1 - 2 * abs(ware.budget - taste.budget))
    )


def simulate_month(
    wares: Sequence[Ware], shoppers: Sequence[Shopper], *, until: datetime, seed: int = 1
) -> Month:
    """The month before `until`. The same wares, shoppers and seed give the same month."""
    simulation = _Simulation(wares, until, random.Random(f"month {seed}"))
    rng = random.Random(f"sessions {seed}")
    starts: list[tuple[datetime, Shopper]] = []
    for shopper in shoppers:
        for _ in range(round(rng.expovariate(1 / SESSIONS_EACH))):
            starts.append((until - timedelta(days=rng.uniform(0.05, DAYS)), shopper))
    # In order of time: what one person buys, the next no longer finds.
    for number, (at, shopper) in enumerate(sorted(starts, key=lambda start: start[0])):
        simulation.visit(shopper, at, f"demo-{seed}-{number}")
    return simulation.month


class _Simulation:
    def __init__(self, wares: Sequence[Ware], until: datetime, rng: random.Random) -> None:
        self.rng = rng
        self.until = until
        self.month = Month()
        self.wares = list(wares)
        self.by_category: dict[str, list[Ware]] = {}
        for ware in wares:
            # A few things are looked at a lot, most a little.
            ware.popularity = rng.paretovariate(1.6)
            self.by_category.setdefault(ware.category, []).append(ware)
        self.stock = {ware.id: ware.stock for ware in wares}

    def visit(self, shopper: Shopper, at: datetime, session_key: str) -> None:
        for _ in range(self.rng.randint(1, 3)):
            found = self._search(shopper, at, session_key)
            at += timedelta(seconds=self.rng.uniform(5, 30))
            for position, ware in enumerate(found):
                wanted = affinity(shopper.taste, ware)
                # Eyes go down the page: a place further down halves about every eight.
                if self.rng.random() < (0.04 + 0.75 * wanted**1.5) * 0.917**position:
                    at += timedelta(seconds=self.rng.uniform(10, 90))
                    self._click(shopper, ware, at, session_key, wanted, position)
            at += timedelta(minutes=self.rng.uniform(1, 8))

    def _search(self, shopper: Shopper, at: datetime, session_key: str) -> list[Ware]:
        liked = [name for name in shopper.taste.categories if name in self.by_category]
        if liked and self.rng.random() > OFF_TASTE:
            category = self.rng.choice(liked)
        else:
            category = self.rng.choice(list(self.by_category))
        offered = [
            ware
            for ware in self.by_category[category]
            if self.stock[ware.id] and ware.published_at < at and ware.seller_id != shopper.id
        ]
        if not offered:
            return []
        ranked = sorted(offered, key=lambda ware: -ware.popularity * self.rng.expovariate(1))
        found = ranked[:RESULTS]
        query = self.rng.choice(found).name.lower()
        self._note("search", None, shopper, at, session_key, query=query, results=len(offered))
        self.month.shown.append(Shown(shopper, session_key, at, tuple(ware.id for ware in found)))
        return found

    def _click(
        self,
        shopper: Shopper,
        ware: Ware,
        at: datetime,
        session_key: str,
        wanted: float,
        position: int,
    ) -> None:
        note: Callable[..., None] = self._note
        note("click", ware, shopper, at, session_key, strip="search", position=position)
        # Around 1 on average: who likes a thing more acts more.
        keen = 0.25 + 1.25 * wanted
        soon = at + timedelta(seconds=self.rng.uniform(5, 120))
        if self.rng.random() < WATCH_RATE * keen:
            note("watch", ware, shopper, soon, session_key)
        if self.rng.random() < CART_RATE * keen and ware.format == Format.BUY_NOW:
            note("cart", ware, shopper, soon, session_key)
        if ware.format == Format.BEST_OFFER and self.rng.random() < OFFER_RATE * keen:
            amount = (ware.price * Decimal("0.85")).quantize(Decimal("0.01"))
            note("offer", ware, shopper, soon, session_key, amount=str(amount))
        factor = SINGLE_PIECE_FACTOR if ware.is_single else 1.8
        if ware.format != Format.AUCTION and self.rng.random() < PURCHASE_RATE * keen * factor:
            self._buy(shopper, ware, soon + timedelta(minutes=2), session_key)

    def _buy(self, shopper: Shopper, ware: Ware, at: datetime, session_key: str) -> None:
        if not self.stock[ware.id]:
            return
        self.stock[ware.id] -= 1
        if self.stock[ware.id] == 0:
            self.month.sold_out.add(ware.id)
        self._note("buy_now", ware, shopper, at, session_key, quantity=1)
        self._note(
            "purchase", ware, shopper, at, session_key,
            quantity=1, amount=str(ware.price), currency=ware.currency,
        )  # fmt: skip
        later = at + timedelta(days=self.rng.uniform(2, 9))
        if self.rng.random() < REFUND_RATE and later < self.until:
            self._note("refund", ware, shopper, later, "")

    def _note(
        self,
        kind: str,
        ware: Ware | None,
        shopper: Shopper,
        at: datetime,
        session_key: str,
        **data: str | int,
    ) -> None:
        number = len(self.month.events)
        event_id = uuid.uuid5(NAMESPACE, f"{number}")
        self.month.events.append(Event(event_id, kind, ware, shopper, session_key, at, data))
