"""What people want beside the thing they look at: the truth behind the demo's similar strips.

Reports and benchmarks may ask it; the recommender may not: it has titles, photos and behaviour.

Who sees a thing opens it by how like the seed it is, how much they like it, and how it looks. Who
has opened it acts by how well price, condition and details do, by its quality, which no photo
shows, and by how much they like it. Bait is opened and watched more and bought less, so that clicks
alone mislead. Of the acts a share leads to a purchase, an offer's most often.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from listing_assistant.demo.catalogue import CURRENCIES
from listing_assistant.demo.people import Taste
from listing_assistant.demo.wares import Ware
from listing_assistant.listings.models import Condition, Format

Numbers = NDArray[np.float64]
Rows = NDArray[np.int64]

# Of those who did it, so many buy, whatever else they did.
LEADS_TO_PURCHASE: Mapping[str, float] = MappingProxyType(
    {"watch": 0.08, "cart": 0.28, "buy_now": 0.5, "offer": 0.62}
)
# Logarithms of the odds, calibrated so that opened : cart : watched : bought are as in Taobao's
# public log (75,873 : 4,497 : 2,356 : 1,750).
CLICK, WATCH, CART, BUY_NOW, OFFER = -1.75, -4.05, -2.7, -4.2, -2.2
BAIT_OPENED, BAIT_WATCHED, BAIT_WANTED = 1.3, 0.9, -2.5
# There is nobody else's word for a single piece.
SINGLE_WANTED = -0.5
# Who looks at a case for one phone does not need one for another.
MISFIT_WANTED = -3.0
# How far apart prices may be, as a logarithm, until the fit is down to a third.
PRICE_REACH = 0.5
_WORST_FIRST = (
    "", Condition.PARTS, Condition.FAIR, Condition.GOOD, Condition.LIKE_NEW, Condition.NEW,
)  # fmt: skip
_FITTING = (
    *("Compatible Model", "Compatible Laptop Size", "Compatible Mount", "Compatible Platform"),
    "Connector",
)
# These are looked at by themselves.
_OTHERS = frozenset({"Type", "Colour", "Brand"})


@dataclass(frozen=True, eq=False)
class Chances:
    """Of n things, each (n,): that who sees it opens it, and what who has opened it does.

    The acts are independent of each other; `buys` is that one of them, or several, lead to a
    purchase, where `is_sold` is 1: an auction is not decided here.
    """

    click: Numbers
    watch: Numbers
    cart: Numbers
    offer: Numbers
    buy_now: Numbers
    is_sold: Numbers

    @property
    def buys(self) -> Numbers:
        missed = np.ones_like(self.click)
        for act, share in LEADS_TO_PURCHASE.items():
            missed *= 1 - share * getattr(self, act)
        return (1 - missed) * self.is_sold

    @property
    def purchase(self) -> Numbers:
        """That who sees it buys it."""
        return self.click * self.buys


class Wanting:
    """The truth about some wares; a row is a place in the sequence that was given."""

    def __init__(self, wares: Sequence[Ware]) -> None:
        self.wares = wares
        self.row_of = {ware.id: row for row, ware in enumerate(wares)}
        self.categories = np.array([ware.category for ware in wares])
        self.colour_names = np.array([ware.colour for ware in wares])
        self.brand_names = np.array([ware.brand for ware in wares])
        self.budgets = np.array([ware.budget for ware in wares])
        self.kinds = _codes([ware.kind for ware in wares])
        self.colours = _codes([ware.colour for ware in wares])
        self.brands = _codes([ware.brand for ware in wares])
        self.log_prices = np.log([_dollars(ware) for ware in wares])
        self.conditions = np.array([_WORST_FIRST.index(ware.condition) for ware in wares])
        self.details = _details(wares, sorted({name for w in wares for name in w.facts} - _OTHERS))
        self.fitting = _details(wares, _FITTING)
        self.quality = np.array([ware.quality for ware in wares])
        self.bait = np.array([float(ware.is_bait) for ware in wares])
        self.single = np.array([float(ware.is_single) for ware in wares])
        self.formats = np.array([ware.format for ware in wares])
        self._affinities: dict[Taste, Numbers] = {}

    def chances(self, taste: Taste, seed: int, rows: Rows) -> Chances:
        """Of things in `rows` (n,), shown beside the thing in row `seed` to who has this taste."""
        liked = self.affinity(taste)[rows]
        looks = self._looks(seed, rows)
        does = self._does(seed, rows)
        bait, quality = self.bait[rows], self.quality[rows]
        wanted = (
            1.8 * (does - 0.6)
            + 1.5 * (liked - 0.5)
            + 0.9 * (looks - 0.5)
            + 0.6 * quality
            + BAIT_WANTED * bait
            + SINGLE_WANTED * self.single[rows]
            + MISFIT_WANTED * self._misfits(seed, rows)
        )
        opened = 3.0 * (looks - 0.5) + 2.0 * (liked - 0.5) + 0.3 * quality + BAIT_OPENED * bait
        # What draws the eye to bait is watched, too: it is not held against it there.
        watched = 0.5 * wanted + (BAIT_WATCHED - 0.5 * BAIT_WANTED) * bait
        forms = self.formats[rows]
        buyable = forms == Format.BUY_NOW
        return Chances(
            click=_odds(CLICK + opened),
            watch=_odds(WATCH + watched),
            cart=_odds(CART + wanted) * buyable,
            offer=_odds(OFFER + wanted) * (forms == Format.BEST_OFFER),
            buy_now=_odds(BUY_NOW + 1.5 * wanted) * buyable,
            is_sold=(forms != Format.AUCTION).astype(np.float64),
        )

    def likeness(self, seed: int, rows: Rows) -> Numbers:
        """0..1: how well each would do in the seed's place, whoever looks."""
        return (self._looks(seed, rows) + self._does(seed, rows)) / 2

    def _looks(self, seed: int, rows: Rows) -> Numbers:
        """0..1: the same kind, colour and brand, at a glance."""
        same_brand = (self.brands[rows] == self.brands[seed]) & (self.brands[seed] != 0)
        looks: Numbers = (
            0.5 * (self.kinds[rows] == self.kinds[seed])
            + 0.3 * (self.colours[rows] == self.colours[seed])
            + 0.2 * same_brand
        )
        return looks

    def _does(self, seed: int, rows: Rows) -> Numbers:
        """0..1: price, condition and details, on reading."""
        price = np.exp(-np.abs(self.log_prices[rows] - self.log_prices[seed]) / PRICE_REACH)
        worse = np.maximum(self.conditions[seed] - self.conditions[rows], 0)
        asked = self.details[seed] != 0
        equal = (self.details[rows] == self.details[seed]) & asked
        detailed = equal.sum(axis=1) / max(1, np.count_nonzero(asked))
        does: Numbers = 0.45 * price + 0.25 * np.maximum(1 - 0.4 * worse, 0) + 0.3 * detailed
        return does

    def _misfits(self, seed: int, rows: Rows) -> NDArray[np.bool_]:
        """Whether each is for another thing than the seed is for."""
        own, others = self.fitting[seed], self.fitting[rows]
        misfits: NDArray[np.bool_] = ((own != 0) & (others != 0) & (own != others)).any(axis=1)
        return misfits

    def affinity(self, taste: Taste) -> Numbers:
        """`wares.affinity` of all, at once."""
        if taste not in self._affinities:
            self._affinities[taste] = (
                0.45 * np.isin(self.categories, taste.categories)
                + 0.2 * np.isin(self.colour_names, taste.colours)
                + 0.15 * np.isin(self.brand_names, taste.brands)
                + 0.2 * np.maximum(0, 1 - 2 * np.abs(self.budgets - taste.budget))
            )
        return self._affinities[taste]


def _odds(logits: Numbers) -> Numbers:
    found: Numbers = 1 / (1 + np.exp(-logits))
    return found


def _dollars(ware: Ware) -> float:
    return float(ware.price) / CURRENCIES[ware.currency][0]


def _codes(words: Sequence[str]) -> Rows:
    """A number for each word, 0 for none."""
    known = {word: code for code, word in enumerate(sorted({"", *words}))}
    return np.array([known[word] for word in words], dtype=np.int64)


def _details(wares: Sequence[Ware], names: Sequence[str]) -> Rows:
    """(n, names) a code for what each says to a name, 0 where nothing."""
    columns = [_codes([ware.facts.get(name, "") for ware in wares]) for name in names]
    return np.stack(columns, axis=1) if columns else np.zeros((len(wares), 0), dtype=np.int64)
