"""Similar strips on the simulated marketplace: who is shown what, and what comes of it.

A strip is made by a plain logging policy: things of the seed's category, then others of its brand,
in the order of a rough likeness and of how popular they are. Each place shows the best that is left
or, with EXPLORED, any that is left, so that the propensity of what it shows is known. Eyes go down
the strip, and reach a place with a known probability. What is done then is drawn from the truth
(wanting.py).
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from listing_assistant.demo.people import Taste
from listing_assistant.demo.wanting import LEADS_TO_PURCHASE, Rows, Wanting
from listing_assistant.demo.wares import Ware

PLACES = 12
LEAST_PLACES = 4
# Who opens a listing goes down to its strip so often.
STRIP_SEEN = 0.45
EXPLORED = 0.25
EXAMINED_POWER = 0.6
OF_THE_BRAND = 16
# Of the rough order, what it makes of a thing's popularity, and of a price that is near.
POPULARITY_WORTH = 0.25
PRICE_BAND = math.log(2)
DEVICES = {"phone": 50, "desktop": 38, "app": 12}
ACTS = tuple(LEADS_TO_PURCHASE)


def examination(place: int) -> float:
    """The probability that eyes reach a place, from 1: the known position bias."""
    return float(place**-EXAMINED_POWER)


@dataclass(frozen=True)
class Strip:
    """`propensities` are, by place, that it shows what it does, given the places before it."""

    seed: Ware
    wares: tuple[Ware, ...]
    propensities: tuple[float, ...]


@dataclass(frozen=True)
class Opened:
    """What one place led to; `acts` in the order in which they were done."""

    place: int
    ware: Ware
    acts: tuple[str, ...]
    buys: bool


class SimilarStrips:
    """Strips over some wares. The same wares and `rng` give the same strips and acts."""

    def __init__(self, wares: Sequence[Ware], rng: random.Random) -> None:
        self.wanting = Wanting(wares)
        self.wares = wares
        self.rng = rng
        self._by_category: dict[str, list[int]] = {}
        self._by_brand: dict[str, list[int]] = {}
        for row, ware in enumerate(wares):
            self._by_category.setdefault(ware.category, []).append(row)
            if ware.brand:
                self._by_brand.setdefault(ware.brand, []).append(row)
        self._orders: dict[int, list[Ware]] = {}

    def beside(self, seed: Ware, is_offered: Callable[[Ware], bool]) -> Strip | None:
        """A strip for that listing of what may be shown; None where there is too little."""
        offered = [ware for ware in self._order(seed) if is_offered(ware)]
        if len(offered) < LEAST_PLACES:
            return None
        chosen, propensities = draw_places(offered, self.rng)
        return Strip(seed, tuple(chosen), tuple(propensities))

    def look_through(self, strip: Strip, taste: Taste) -> Iterator[Opened]:
        """What is opened, from the first place on; nobody looks on after buying."""
        rows = np.array([self.wanting.row_of[ware.id] for ware in strip.wares])
        chances = self.wanting.chances(taste, self.wanting.row_of[strip.seed.id], rows)
        for place, ware in enumerate(strip.wares, start=1):
            if self.rng.random() >= examination(place) * chances.click[place - 1]:
                continue
            acts = tuple(
                act for act in ACTS if self.rng.random() < getattr(chances, act)[place - 1]
            )
            left = math.prod(1 - LEADS_TO_PURCHASE[act] for act in acts)
            buys = self.rng.random() < (1 - left) * chances.is_sold[place - 1]
            yield Opened(place, ware, acts, buys)
            if buys:
                return

    def device(self) -> str:
        return self.rng.choices(list(DEVICES), weights=list(DEVICES.values()))[0]

    def _order(self, seed: Ware) -> list[Ware]:
        """The logging policy's own, best first."""
        row = self.wanting.row_of[seed.id]
        if row not in self._orders:
            rows = self.candidates(row)
            scores = self._rough(row, rows)
            best = rows[np.argsort(-scores, kind="stable")]
            self._orders[row] = [self.wares[each] for each in best]
        return self._orders[row]

    def candidates(self, seed: int) -> Rows:
        """Rows of the same category, and of the same brand the nearest in price; not the seed."""
        ware, prices = self.wares[seed], self.wanting.log_prices
        own = np.array(self._by_category[ware.category])
        others = np.array(
            [row for row in self._by_brand.get(ware.brand, ())
             if self.wares[row].category != ware.category], dtype=np.int64,
        )  # fmt: skip
        nearest = np.argsort(np.abs(prices[others] - prices[seed]), kind="stable")
        return np.concatenate([own[own != seed], others[nearest[:OF_THE_BRAND]]])

    def _rough(self, seed: int, rows: Rows) -> Rows:
        wanting = self.wanting
        popularity = np.log([self.wares[row].popularity for row in rows])
        scores: Rows = (
            1.0 * (wanting.kinds[rows] == wanting.kinds[seed])
            + 0.4 * (wanting.colours[rows] == wanting.colours[seed])
            + 0.3 * (wanting.brands[rows] == wanting.brands[seed])
            + 0.5 * (np.abs(wanting.log_prices[rows] - wanting.log_prices[seed]) < PRICE_BAND)
            + POPULARITY_WORTH * popularity
        )
        return scores


def draw_places(
    offered: Sequence[Ware], rng: random.Random, *, explored: float = EXPLORED
) -> tuple[list[Ware], list[float]]:
    """What each place shows and with which propensity; `offered` is best first."""
    left = list(offered)
    chosen, propensities = [], []
    for _ in range(min(PLACES, len(offered))):
        place = rng.randrange(len(left)) if rng.random() < explored else 0
        propensities.append(explored / len(left) + (1 - explored) * (place == 0))
        chosen.append(left.pop(place))
    return chosen, propensities
