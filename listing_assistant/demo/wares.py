"""Who shops on the simulated marketplace and what for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from listing_assistant.demo.people import Taste


@dataclass
class Ware:
    """What the simulation knows of a listing. `budget` is its place in its price range, 0 to 1.

    Nobody is told its `quality`, which shows in what people do, nor that it is `is_bait`: cheap
    and nice to look at, so that it is opened and watched, and not bought.
    """

    id: int
    seller_id: int
    category: str
    kind: str
    facts: Mapping[str, str]
    colour: str
    brand: str
    budget: float
    price: Decimal
    currency: str
    format: str
    stock: int
    published_at: datetime
    popularity: float = 1.0
    public_id: str = ""
    condition: str = ""
    ad_rate: float = 0.0
    quality: float = 0.0
    is_bait: bool = False

    @property
    def is_single(self) -> bool:
        return self.stock == 1


@dataclass(frozen=True)
class Shopper:
    id: int
    taste: Taste
    country: str = ""


def affinity(taste: Taste, ware: Ware) -> float:
    """0..1: how much a person with this taste would like this listing."""
    return (
        0.45 * (ware.category in taste.categories)
        + 0.2 * (ware.colour in taste.colours)
        + 0.15 * (ware.brand in taste.brands)
        + 0.2 * max(0.0, 1 - 2 * abs(ware.budget - taste.budget))
    )
