"""A month on the demo marketplace, simulated from people's known tastes.

A session starts with a search for something the person likes; results are shown (an impression),
some are clicked, and of the clicks some lead to a watch, a cart, an offer or a purchase, in the
proportions of Taobao's public log: 75,873 views, 4,497 carts, 2,356 favourites, 1,750 purchases.
Who bought something, looked at it for long or has one at home looks for what goes with it
(goes_with.py), now or days later, and takes what fits. What is measured on these rows must be
labelled as simulated.
"""

from __future__ import annotations

import heapq
import random
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from listing_assistant.demo.goes_with import GOES_WITH, Companion, fits_known, harmony
from listing_assistant.demo.month import Event, Month, Shown, ShownSimilar, Visit
from listing_assistant.demo.similar import STRIP_SEEN, Opened, SimilarStrips
from listing_assistant.demo.wares import Shopper, Ware, affinity
from listing_assistant.demo.wording import search_for, search_for_companion
from listing_assistant.listings.models import Format

DAYS = 30
LATEST_START = 0.1  # days before the end, so that a session ends before it
SESSIONS_EACH = 22  # a month, on average
RESULTS = 12
RECENT = 10
CART_RATE = 4497 / 75873
WATCH_RATE = 2356 / 75873
PURCHASE_RATE = 1750 / 75873
# Two in three listings are single pieces, which only one person can buy: those who find something
# else sold out make up for it.
SINGLE_PIECE_FACTOR = 0.08
SEVERAL_FACTOR = 1.0
SHOP_AHEAD = 3.0
OFFER_RATE = 0.12
REFUND_RATE = 0.05
OFF_TASTE = 0.15
# Who bought a thing shops for what goes with it this much more often than its weight says, …
AFTER_BUYING = 1.3
IN_THE_SAME_SESSION = 0.7
# … who only looked at one, less often, and one in so many sessions is about a thing at home.
AFTER_LOOKING = 0.3
FOR_A_THING_AT_HOME = 0.3
COMPANION_BOUGHT = {"bought": 0.6, "looked": 0.1, "at home": 0.45}
# Buying what does not fit is a mistake, and mostly comes back.
MISTAKE_RATE = 0.03
MISTAKE_REFUND_RATE = 0.7
# A search that names a phone brings up what is for that phone.
FITTING_AHEAD = 30.0
NAMESPACE = uuid.UUID("6f0c1f0e-0d7b-4c7e-9a52-2f6d8f3b5a11")


def simulate_month(
    wares: Sequence[Ware],
    shoppers: Sequence[Shopper],
    *,
    until: datetime,
    seed: int = 1,
    strip_seen: float = STRIP_SEEN,
) -> Month:
    """The month before `until`. The same wares, shoppers and seed give the same month.

    `strip_seen` is how often who opens a listing looks at what is similar.
    """
    simulation = _Simulation(wares, until, seed, strip_seen)
    rng = random.Random(f"sessions {seed}")
    for shopper in shoppers:
        for _ in range(round(rng.expovariate(1 / SESSIONS_EACH))):
            simulation.expect(
                Visit(shopper, "", until - timedelta(days=rng.uniform(LATEST_START, DAYS)))
            )
    # In order of time: what one person buys, the next no longer finds.
    for number, visit in enumerate(iter(simulation.next_visit, None)):
        assert visit is not None
        visit.session_key = f"demo-{seed}-{number}"
        simulation.go_through(visit)
    return simulation.month


class _Simulation:
    def __init__(
        self, wares: Sequence[Ware], until: datetime, seed: int, strip_seen: float
    ) -> None:
        self.rng = random.Random(f"month {seed}")
        self.until = until
        self.month = Month()
        self.by_category: dict[str, list[Ware]] = {}
        self.by_kind: dict[str, list[Ware]] = {}
        for ware in wares:
            # A few things are looked at a lot, most a little; who has many of one sells more.
            ware.popularity = self.rng.paretovariate(1.6) * (1.0 if ware.is_single else SHOP_AHEAD)
            self.by_category.setdefault(ware.category, []).append(ware)
            self.by_kind.setdefault(ware.kind, []).append(ware)
        self.similar = SimilarStrips(wares, random.Random(f"similar {seed}"))
        self.strip_seen = strip_seen
        self.stock = {ware.id: ware.stock for ware in wares}
        self.expected: list[tuple[datetime, int, Visit]] = []
        self.visits = 0

    def expect(self, visit: Visit) -> None:
        self.visits += 1
        heapq.heappush(self.expected, (visit.at, self.visits, visit))

    def next_visit(self) -> Visit | None:
        return heapq.heappop(self.expected)[2] if self.expected else None

    def go_through(self, visit: Visit) -> None:
        if visit.anchor:
            self._complete(visit, visit.anchor, visit.companions, "bought")
        elif self.rng.random() < FOR_A_THING_AT_HOME:
            self._complete_a_thing_at_home(visit)
        else:
            self._look_around(visit)

    def _look_around(self, visit: Visit) -> None:
        for _ in range(self.rng.randint(1, 3)):
            found = self._search_for_liked(visit)
            visit.wait(self.rng.uniform(5, 30))
            for position, ware in enumerate(found):
                wanted = affinity(visit.shopper.taste, ware)
                # Eyes go down the page: a place further down halves about every eight.
                if self.rng.random() < (0.04 + 0.75 * wanted**1.5) * 0.917**position:
                    visit.wait(self.rng.uniform(10, 90))
                    self._click(visit, ware, wanted, position)
                    self._decide(visit, ware, wanted)
            visit.wait(60 * self.rng.uniform(1, 8))

    def _search_for_liked(self, visit: Visit) -> list[Ware]:
        taste = visit.shopper.taste
        liked = [name for name in taste.categories if name in self.by_category]
        if liked and self.rng.random() > OFF_TASTE:
            category = self.rng.choice(liked)
        else:
            category = self.rng.choice(list(self.by_category))
        return self._search(visit, self.by_category[category])

    def _search(
        self, visit: Visit, wares: Sequence[Ware], *, query: str = "", anchor: Ware | None = None
    ) -> list[Ware]:
        """What is found, best first. Without a query it is one that names a thing found."""
        offered = [ware for ware in wares if self._is_offered(ware, visit)]
        if not offered:
            return []

        def rank(ware: Ware) -> float:
            ahead = FITTING_AHEAD if anchor and fits_known(anchor, ware) else 1.0
            return -ware.popularity * ahead * self.rng.expovariate(1)

        found = sorted(offered, key=rank)[:RESULTS]
        query = query or search_for(self.rng, self.rng.choice(found))
        self._note("search", None, visit, query=query, results=len(offered))
        shown = tuple(ware.id for ware in found)
        self.month.shown.append(Shown(visit.shopper, visit.session_key, visit.at, shown))
        return found

    def _is_offered(self, ware: Ware, visit: Visit) -> bool:
        return (
            self.stock[ware.id] > 0
            and ware.published_at < visit.at
            and ware.seller_id != visit.shopper.id
        )

    def _click(self, visit: Visit, ware: Ware, wanted: float, position: int) -> None:
        self._note("click", ware, visit, strip="search", position=position)
        visit.opened.append(ware.id)
        keen = _keenness(wanted)
        visit.wait(self.rng.uniform(5, 60))
        if self.rng.random() < WATCH_RATE * keen:
            self._note("watch", ware, visit)
        if self.rng.random() < CART_RATE * keen and ware.format == Format.BUY_NOW:
            self._note("cart", ware, visit)
        if ware.format == Format.BEST_OFFER and self.rng.random() < OFFER_RATE * keen:
            self._note("offer", ware, visit, **_offer(ware))

    def _decide(self, visit: Visit, ware: Ware, wanted: float) -> None:
        """Buy it or not; either way, perhaps look for what goes with it."""
        factor = SINGLE_PIECE_FACTOR if ware.is_single else SEVERAL_FACTOR
        if (
            ware.format != Format.AUCTION
            and self.rng.random() < PURCHASE_RATE * _keenness(wanted) * factor
        ):
            visit.wait(120)
            self._buy(visit, ware, REFUND_RATE)
            self._follow_up(visit, ware)
        elif self.rng.random() < AFTER_LOOKING * wanted:
            self._complete(visit, ware, self._some(ware, 1.0), "looked")
        else:
            self._look_beside(visit, ware)

    def _look_beside(self, visit: Visit, seed: Ware) -> None:
        """Perhaps look at what is similar, and from there at what is similar to that."""
        similar = self.similar
        while not _is_done(visit, seed) and similar.rng.random() < self.strip_seen:
            strip = similar.beside(seed, lambda ware: self._is_offered(ware, visit))
            if strip is None:
                return
            visit.device = visit.device or similar.device()
            visit.wait(similar.rng.uniform(3, 20))
            recent = tuple(
                dict.fromkeys(each for each in reversed(visit.opened) if each != seed.id)
            )
            self.month.shown.append(
                Shown(
                    visit.shopper, visit.session_key, visit.at,
                    tuple(ware.id for ware in strip.wares),
                    ShownSimilar(seed, strip.propensities, recent[:RECENT], visit.device),
                )
            )  # fmt: skip
            opened = list(similar.look_through(strip, visit.shopper.taste))
            for each in opened:
                self._open_similar(visit, seed, each)
            if not opened or opened[-1].buys:
                return
            seed = opened[-1].ware

    def _open_similar(self, visit: Visit, seed: Ware, opened: Opened) -> None:
        ware, rng = opened.ware, self.similar.rng
        visit.wait(rng.uniform(10, 90))
        told = {"seed": seed.public_id} if seed.public_id else {}
        self._note("click", ware, visit, strip="similar", position=opened.place, **told)
        visit.opened.append(ware.id)
        for act in opened.acts:
            visit.wait(rng.uniform(3, 30))
            self._note(act, ware, visit, **(_offer(ware) if act == "offer" else {}))
        if opened.buys:
            visit.wait(rng.uniform(20, 120))
            self._pay(visit, ware, REFUND_RATE)
            self._follow_up(visit, ware)

    def _some(self, anchor: Ware, factor: float) -> list[Companion]:
        """The companions of a thing that this person is after."""
        companions = GOES_WITH.get(anchor.kind, ())
        return [each for each in companions if self.rng.random() < each.weight * factor]

    def _follow_up(self, visit: Visit, bought: Ware) -> None:
        wanted = self._some(bought, AFTER_BUYING)
        if not wanted:
            return
        if self.rng.random() < IN_THE_SAME_SESSION:
            self._complete(visit, bought, wanted, "bought")
            return
        later = visit.at + timedelta(days=self.rng.uniform(0.5, 8))
        if later < self.until - timedelta(days=LATEST_START):
            self.expect(Visit(visit.shopper, "", later, bought, wanted))

    def _complete_a_thing_at_home(self, visit: Visit) -> None:
        taste = visit.shopper.taste
        at_home = [
            ware
            for name in taste.categories
            for ware in self.by_category.get(name, ())
            if ware.kind in GOES_WITH
        ]
        if not at_home:
            self._look_around(visit)
            return
        mine = max(self.rng.sample(at_home, min(3, len(at_home))), key=lambda w: affinity(taste, w))
        self._complete(visit, mine, self._some(mine, AFTER_BUYING), "at home")

    def _complete(
        self, visit: Visit, anchor: Ware, companions: Sequence[Companion], why: str
    ) -> None:
        """Search for each companion, look at some, and perhaps take the best that fits."""
        for companion in companions:
            visit.wait(self.rng.uniform(20, 120))
            found = self._search(
                visit,
                self.by_kind.get(companion.kind, ()),
                query=search_for_companion(self.rng, anchor, companion.kind),
                anchor=anchor,
            )
            looked_at = self._look_through(visit, anchor, found)
            if looked_at and self.rng.random() < COMPANION_BOUGHT[why]:
                self._buy_companion(visit, anchor, looked_at)

    def _look_through(
        self, visit: Visit, anchor: Ware, found: Sequence[Ware]
    ) -> list[tuple[float, Ware]]:
        """Those clicked with how well each would do."""
        looked_at = []
        for position, ware in enumerate(found):
            wanted = affinity(visit.shopper.taste, ware)
            worth = (0.4 + 0.6 * wanted) * harmony(anchor, ware)
            likely = 0.7 * worth if fits_known(anchor, ware) is not False else 0.05
            if self.rng.random() < likely * 0.917**position:
                visit.wait(self.rng.uniform(10, 60))
                self._click(visit, ware, wanted, position)
                looked_at.append((worth, ware))
        return looked_at

    def _buy_companion(
        self, visit: Visit, anchor: Ware, looked_at: Sequence[tuple[float, Ware]]
    ) -> None:
        takes_any = self.rng.random() < MISTAKE_RATE
        fit = [
            (worth, ware.id, ware)
            for worth, ware in looked_at
            if ware.format != Format.AUCTION
            and (takes_any or fits_known(anchor, ware) is not False)
        ]
        if fit:
            ware = max(fit)[2]
            visit.wait(self.rng.uniform(20, 90))
            fits = fits_known(anchor, ware) is not False
            self._buy(visit, ware, REFUND_RATE if fits else MISTAKE_REFUND_RATE)

    def _buy(self, visit: Visit, ware: Ware, refund_rate: float) -> None:
        if self.stock[ware.id] and ware.format == Format.BUY_NOW:
            self._note("buy_now", ware, visit, quantity=1)
        self._pay(visit, ware, refund_rate)

    def _pay(self, visit: Visit, ware: Ware, refund_rate: float) -> None:
        if not self.stock[ware.id]:
            return
        visit.bought.append(ware)
        self.stock[ware.id] -= 1
        if self.stock[ware.id] == 0:
            self.month.sold_out.add(ware.id)
        self._note(
            "purchase", ware, visit, quantity=1, amount=str(ware.price), currency=ware.currency
        )
        later = visit.at + timedelta(days=self.rng.uniform(2, 9))
        if self.rng.random() < refund_rate and later < self.until:
            self._note("refund", ware, Visit(visit.shopper, "", later))

    def _note(self, kind: str, ware: Ware | None, visit: Visit, **data: str | int) -> None:
        event_id = uuid.uuid5(NAMESPACE, f"{len(self.month.events)}")
        self.month.events.append(
            Event(event_id, kind, ware, visit.shopper, visit.session_key, visit.at, data)
        )


def _is_done(visit: Visit, seed: Ware) -> bool:
    """Whether this visit has bought such a thing, or one that this is not for."""
    return any(seed.kind == ware.kind or fits_known(ware, seed) is False for ware in visit.bought)


def _offer(ware: Ware) -> dict[str, str]:
    return {"amount": str((ware.price * Decimal("0.85")).quantize(Decimal("0.01")))}


def _keenness(wanted: float) -> float:
    """Around 1 on average: who likes a thing more acts more."""
    return 0.25 + 1.25 * wanted
