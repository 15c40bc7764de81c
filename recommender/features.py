"""What the ranker sees of a candidate: the only place that makes its columns.

Training and serving both call `feature_matrix` with the same arrays, so that a model is served what
it was trained on, to the bit (tests/recommender/test_training_as_served.py). Missing is NaN, which
LightGBM sends its own way; 0 is a value. A row does not depend on which others are asked for with
it, nor on their order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from recommender import policy
from recommender.items.columns import HISTORY, Ids, Items, Numbers

Matrix = NDArray[np.float32]  # (n, len(COLUMNS))

DEVICES = ("", "desktop", "phone", "app")
FIRST_PLACE = 1
DAY = 86_400.0


@dataclass(frozen=True)
class Column:
    """`monotone` is 1 where more can only be better, -1 where only worse. `words` are for staff."""

    name: str
    family: str  # history, similarity, context, person
    words: str
    monotone: int = 0
    is_category: bool = False


@dataclass(frozen=True)
class Context:
    """When, where and on what a strip is looked at. `at` is in seconds since 1970, UTC."""

    at: float
    country: str = ""
    device: str = ""


@dataclass(frozen=True, eq=False)
class Viewer:
    """What is known of who looks: tastes up to the day before, and this visit's last things.

    Weights add up to 1. `prices` are a mean and a deviation of logarithms in a currency.
    """

    categories: dict[int, float] = field(default_factory=dict)
    brands: dict[int, float] = field(default_factory=dict)
    prices: dict[int, tuple[float, float]] = field(default_factory=dict)
    vector: Numbers | None = None  # (dim,) in the space of `Items.joint`, unit length
    recent: Items | None = None  # last opened in this visit, newest first


NOBODY = Viewer()

COLUMNS = (
    Column("ctr", "history", "clicks a time shown", monotone=1),
    Column("watch_rate", "history", "watches a click"),
    Column("cart_rate", "history", "carts a click"),
    Column("offer_rate", "history", "offers a click"),
    Column("buy_now_rate", "history", "buy it now's a click"),
    Column("purchase_rate", "history", "purchases a click", monotone=1),
    Column("refund_rate", "history", "refunds a purchase", monotone=-1),
    Column("clicks", "history", "clicks, log"),
    Column("watches", "history", "watches, log"),
    Column("purchases", "history", "purchases, log"),
    Column("age", "history", "days for sale, log"),
    Column("joint_similarity", "similarity", "likeness of photos and title", monotone=1),
    Column("image_similarity", "similarity", "likeness of photos"),
    Column("text_similarity", "similarity", "likeness of titles"),
    Column("detail_overlap", "similarity", "share of details in common", monotone=1),
    Column("same_product", "similarity", "the same product"),
    Column("same_brand", "similarity", "the same brand"),
    Column("same_category", "similarity", "the same category"),
    Column("same_seller", "similarity", "the same seller"),
    Column("price_ratio", "similarity", "price beside the seed's, log"),
    Column("price_distance", "similarity", "how far from the seed's price"),
    Column("condition_step", "similarity", "condition beside the seed's"),
    Column("condition", "context", "condition"),
    Column("format", "context", "format", is_category=True),
    Column("quantity", "context", "how many there are, log"),
    Column("log_price", "context", "price, log"),
    Column("department", "context", "department", is_category=True),
    Column("country", "context", "the viewer's country", is_category=True),
    Column("device", "context", "device", is_category=True),
    Column("hour", "context", "hour of the day, UTC"),
    Column("weekday", "context", "day of the week"),
    Column("category_taste", "person", "how much the viewer looks at the category", monotone=1),
    Column("brand_taste", "person", "how much the viewer looks at the brand", monotone=1),
    Column("price_taste", "person", "distance from the viewer's usual price"),
    Column("vector_taste", "person", "likeness to what the viewer liked"),
    Column("recent_similarity", "person", "likeness to this visit's last things"),
    Column("recent_category", "person", "share of this visit's last things in the category"),
    Column("opened_before", "person", "opened in this visit"),
    Column("position", "context", "place; the first, when served"),
)
NAMES = tuple(column.name for column in COLUMNS)


def feature_matrix(
    items: Items,
    *,
    seed: Items | None,
    context: Context,
    viewer: Viewer = NOBODY,
    positions: Ids | None = None,
) -> Matrix:
    """A row for each item, (n, len(COLUMNS)). `seed` is of one listing, None where a page has none.

    `positions` (n,), from 1, are where training's items stood; served items are all ranked as if
    they stood first, so that the place explains itself and not the item (papers.md 8.3).
    """
    n = len(items)
    columns = {
        **_history(items, context.at),
        **_likeness(items, seed, viewer),
        **(_beside(items, seed) if seed is not None else {}),
        **_own(items),
        **_moment(n, context),
        **_person(items, viewer),
        "position": np.full(n, FIRST_PLACE) if positions is None else positions,
    }
    matrix = np.full((n, len(COLUMNS)), np.nan, dtype=np.float32)
    for place, name in enumerate(NAMES):
        if name in columns:
            matrix[:, place] = columns[name]
    return matrix


Made = dict[str, NDArray[np.floating] | NDArray[np.integer]]


def _history(items: Items, at: float) -> Made:
    shown, click, watch, cart, offer, buy_now, purchase, refund = range(len(HISTORY))

    def rate(of: int, a: int, strength: float) -> Numbers:
        """A beta prior with the category's mean (papers.md 8.3, smoothed CTR). Clicks that came by
        other ways than strips may be more than were shown."""
        mean = np.minimum((items.prior[:, of] + 1e-3) / (items.prior[:, a] + 1.0), 1)
        count: Numbers = (items.history[:, of] + strength * mean) / (items.history[:, a] + strength)
        return count

    def log(of: int) -> Numbers:
        return np.log1p(np.maximum(items.history[:, of], 0))

    return {
        "ctr": rate(click, shown, policy.SHOWN_STRENGTH),
        "watch_rate": rate(watch, click, policy.CLICK_STRENGTH),
        "cart_rate": rate(cart, click, policy.CLICK_STRENGTH),
        "offer_rate": rate(offer, click, policy.CLICK_STRENGTH),
        "buy_now_rate": rate(buy_now, click, policy.CLICK_STRENGTH),
        "purchase_rate": rate(purchase, click, policy.CLICK_STRENGTH),
        "refund_rate": rate(refund, purchase, policy.PURCHASE_STRENGTH),
        "clicks": log(click),
        "watches": log(watch),
        "purchases": log(purchase),
        "age": np.log1p(np.maximum(at - items.published, 0) / DAY),
    }


def _likeness(items: Items, seed: Items | None, viewer: Viewer) -> Made:
    """By vectors, those of one space together: making them wide costs more than the products."""
    nothing = np.zeros(items.joint.shape[1], np.float32)
    recent = viewer.recent.joint if viewer.recent is not None else ()
    beside = nothing if seed is None else seed.joint[0]
    taste = nothing if viewer.vector is None else viewer.vector
    joint = _cosines(items.joint, [beside, taste, *recent])
    made: Made = {"joint_similarity": joint[:, 0], "vector_taste": joint[:, 1]}
    if len(recent):
        # A thing without a vector is like nothing that is known.
        made["recent_similarity"] = np.fmax.reduce(joint[:, 2:], axis=1)
    if seed is not None:
        made["image_similarity"] = _cosines(items.image, [seed.image[0]])[:, 0]
        made["text_similarity"] = _cosines(items.text, [seed.text[0]])[:, 0]
    return made


def _beside(items: Items, seed: Items) -> Made:
    ratio = np.where(
        items.currencies == seed.currencies[0], items.log_prices - seed.log_prices[0], np.nan
    )
    conditions = _known(items.conditions)
    return {
        "detail_overlap": _overlaps(items.details, seed.details[0]),
        "same_product": _equal(items.products, seed.products[0]),
        "same_brand": _equal(items.brands, seed.brands[0]),
        "same_category": _equal(items.categories, seed.categories[0]),
        "same_seller": _equal(items.sellers, seed.sellers[0]),
        "price_ratio": ratio,
        "price_distance": np.abs(ratio),
        "condition_step": conditions - _known(seed.conditions)[0],
    }


def _own(items: Items) -> Made:
    return {
        "condition": _known(items.conditions),
        "format": items.formats,
        "quantity": np.log1p(items.quantities),
        "log_price": items.log_prices,
        "department": items.departments,
    }


def _moment(n: int, context: Context) -> Made:
    days, rest = divmod(context.at, DAY)
    told = {
        "country": _letters(context.country),
        "device": float(DEVICES.index(context.device)) if context.device in DEVICES else 0.0,
        "hour": rest // 3600,
        "weekday": (days + 3) % 7,  # 1970 began on a Thursday; 0 is Monday
    }
    return {name: np.full(n, value) for name, value in told.items()}


def _person(items: Items, viewer: Viewer) -> Made:
    made: Made = {}
    if viewer.categories:
        made["category_taste"] = _weights(items.categories, viewer.categories)
    if viewer.brands:
        made["brand_taste"] = _weights(items.brands, viewer.brands)
    if viewer.prices:
        made["price_taste"] = _price_tastes(items, viewer.prices)
    if viewer.recent is not None and len(viewer.recent):
        made["recent_category"] = _shares_of(items.categories, viewer.recent.categories)
        made["opened_before"] = np.isin(items.ids, viewer.recent.ids).astype(np.float32)
    return made


def _price_tastes(items: Items, prices: dict[int, tuple[float, float]]) -> Numbers:
    tastes = np.full(len(items), np.nan, dtype=np.float32)
    for currency, (mean, deviation) in prices.items():
        own = items.currencies == currency
        tastes[own] = np.abs(items.log_prices[own] - mean) / (deviation + policy.PRICE_DEVIATION)
    return tastes


def _cosines(rows: NDArray[np.float16], vectors: Sequence[NDArray[np.floating]]) -> Numbers:
    """Of unit rows (n, dim) with unit vectors (m, dim): (n, m), NaN where either is 0, or of
    another space."""
    dim = rows.shape[1]
    told = [place for place, each in enumerate(vectors) if len(each) == dim and each.any()]
    found = np.full((len(rows), len(vectors)), np.nan, dtype=np.float32)
    if told:
        wide = _widened(rows)
        asked = np.stack([vectors[place].astype(np.float32) for place in told])
        # Row by row and not as one product, whose sums depend on how many rows there are.
        found[:, told] = np.vecdot(wide[:, np.newaxis], asked)
        found[~wide.any(axis=1)] = np.nan
    return found


def _widened(rows: NDArray[np.float16]) -> Numbers:
    """Exactly `rows.astype(np.float32)`, for what is finite, in a fifth of the time.

    The bits of a float16 go to their places in a float32, whose exponent is then too low by 112.
    """
    bits = np.ascontiguousarray(rows, dtype="<f2").view("<i2").astype(np.int32)
    bits <<= 13
    # The sign came along as bits 28 to 31; it belongs in the last of them alone.
    bits &= -0x70000001
    wide: Numbers = bits.view(np.float32)
    wide *= np.float32(2.0**112)
    return wide


def _overlaps(details: Ids, seed: Ids) -> Numbers:
    """Jaccard's share of details (n, d) in common with the seed's (d,); NaN where none has any."""
    told = seed[seed != 0]
    common = (details[:, :, np.newaxis] == told).sum(axis=(1, 2))
    union = np.count_nonzero(details, axis=1) + len(told) - common
    shares = common / np.maximum(union, 1)
    return np.where(union > 0, shares, np.nan).astype(np.float32)


def _shares_of(keys: Ids, among: Ids) -> Numbers:
    """What part of `among` (m,) is each key; NaN where a key says nothing."""
    shares = (keys[:, np.newaxis] == among).mean(axis=1)
    return np.where(keys == 0, np.nan, shares).astype(np.float32)


def _equal(keys: Ids, seed: np.int64) -> Numbers:
    """1 or 0; NaN where one of the two says nothing."""
    return np.where((keys == 0) | (seed == 0), np.nan, keys == seed).astype(np.float32)


def _known(codes: NDArray[np.int8]) -> Numbers:
    return np.where(codes == 0, np.nan, codes).astype(np.float32)


def _weights(keys: Ids, weights: dict[int, float]) -> Numbers:
    """The weight of each key, 0 where it has none; NaN where a key says nothing."""
    known = np.fromiter(sorted(weights), np.int64, len(weights))
    values = np.array([weights[key] for key in known.tolist()], dtype=np.float32)
    places = np.minimum(np.searchsorted(known, keys), len(known) - 1)
    shares = np.where(known[places] == keys, values[places], 0.0)
    return np.where(keys == 0, np.nan, shares).astype(np.float32)


def _letters(country: str) -> float:
    """Two letters as a number below 27²: a code of a category."""
    if len(country) != 2 or not country.isascii() or not country.isalpha():
        return 0.0
    first, second = (ord(letter) - ord("A") + 1 for letter in country.upper())
    return float(first * 27 + second)
