"""The ranker's columns: each by a naive reckoning, and the same bits however they are asked for."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.features import COLUMNS, NAMES, NOBODY, Context, Viewer, feature_matrix
from recommender.items.columns import HISTORY, Items, joined, shapes_of

DIMS = (32, 48, 32)
MOMENT = datetime(2026, 3, 11, 15, 30, tzinfo=UTC)  # a Wednesday
CONTEXT = Context(at=MOMENT.timestamp(), country="DE", device="phone")


def some_items(n: int, seed: int = 0) -> Items:
    """Every column known of about three in four, unknown of the others."""
    rng = np.random.default_rng(seed)
    items = Items(**{name: np.zeros(*each) for name, each in shapes_of(n, DIMS).items()})
    items.ids[:] = rng.permutation(np.arange(1, n + 1))
    for name in ("categories", "departments", "sellers", "products", "brands", "currencies"):
        getattr(items, name)[:] = rng.integers(0, 4, n)
    for row in items.details:
        kept = np.sort(rng.choice(np.arange(1, 12), rng.integers(0, 7), replace=False))
        row[: len(kept)] = kept
    items.conditions[:], items.formats[:] = rng.integers(0, 6, n), rng.integers(0, 3, n)
    items.log_prices[:] = np.where(rng.random(n) < 0.2, np.nan, rng.normal(3, 1, n))
    items.quantities[:] = rng.integers(1, 9, n)
    items.published[:] = CONTEXT.at - rng.exponential(10 * 86400, n)
    items.history[:] = rng.gamma(0.5, 5, items.history.shape)
    items.prior[:] = rng.gamma(2, 50, items.prior.shape)
    for vectors in (items.joint, items.image, items.text):
        rows = rng.normal(size=vectors.shape)
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        vectors[:] = np.where(rng.random((n, 1)) < 0.25, 0, rows)
    return items


def some_viewer(recent: Items) -> Viewer:
    direction = np.random.default_rng(5).normal(size=DIMS[0])
    return Viewer(
        categories={1: 0.75, 2: 0.25},
        brands={3: 1.0},
        prices={1: (3.5, 0.4)},
        vector=(direction / np.linalg.norm(direction)).astype(np.float32),
        recent=recent,
    )


ITEMS, SEED = some_items(60), some_items(1, seed=3)
SEED = replace(SEED, log_prices=np.array([3.2], np.float32), categories=np.array([2]))
VIEWER = some_viewer(some_items(4, seed=4))


def matrix_of(items: Items, **changes):
    told = {"seed": SEED, "context": CONTEXT, "viewer": VIEWER} | changes
    return feature_matrix(items, **told)


def cosine(one, other) -> float:
    one, other = one.astype(float), other.astype(float)
    return float(one @ other) if one.any() and other.any() else math.nan


def rate(item: Items, of: str, a: str, strength: float) -> float:
    count, base = HISTORY.index(of), HISTORY.index(a)
    mean = min(1, (item.prior[0, count] + 0.001) / (item.prior[0, base] + 1))
    return (item.history[0, count] + strength * mean) / (item.history[0, base] + strength)


def same(one: int, other: int) -> float:
    return math.nan if not one or not other else float(one == other)


def details(item: Items) -> set[int]:
    return set(item.details[0].tolist()) - {0}


def overlap(one: set[int], other: set[int]) -> float:
    return len(one & other) / len(one | other) if one | other else math.nan


def price_ratio(item: Items) -> float:
    if item.currencies[0] != SEED.currencies[0]:
        return math.nan
    return item.log_prices[0] - SEED.log_prices[0]


def price_taste(item: Items) -> float:
    mean, deviation = VIEWER.prices[1]
    if item.currencies[0] != 1:
        return math.nan
    return abs(item.log_prices[0] - mean) / (deviation + 0.25)


def known(code: int) -> float:
    return float(code) if code else math.nan


def best_of_recent(item: Items) -> float:
    found = [cosine(row, item.joint[0]) for row in VIEWER.recent.joint]
    return max((each for each in found if not math.isnan(each)), default=math.nan)


# Of one item, in plain arithmetic; policy's numbers are spelt out.
ORACLES = {
    "ctr": lambda i: rate(i, "click", "shown", 50),
    "watch_rate": lambda i: rate(i, "watch", "click", 20),
    "cart_rate": lambda i: rate(i, "cart", "click", 20),
    "offer_rate": lambda i: rate(i, "offer", "click", 20),
    "buy_now_rate": lambda i: rate(i, "buy_now", "click", 20),
    "purchase_rate": lambda i: rate(i, "purchase", "click", 20),
    "refund_rate": lambda i: rate(i, "refund", "purchase", 5),
    "clicks": lambda i: math.log(1 + i.history[0, HISTORY.index("click")]),
    "watches": lambda i: math.log(1 + i.history[0, HISTORY.index("watch")]),
    "purchases": lambda i: math.log(1 + i.history[0, HISTORY.index("purchase")]),
    "age": lambda i: math.log(1 + (CONTEXT.at - i.published[0]) / 86400),
    "joint_similarity": lambda i: cosine(i.joint[0], SEED.joint[0]),
    "image_similarity": lambda i: cosine(i.image[0], SEED.image[0]),
    "text_similarity": lambda i: cosine(i.text[0], SEED.text[0]),
    "detail_overlap": lambda i: overlap(details(i), details(SEED)),
    "same_product": lambda i: same(i.products[0], SEED.products[0]),
    "same_brand": lambda i: same(i.brands[0], SEED.brands[0]),
    "same_category": lambda i: same(i.categories[0], SEED.categories[0]),
    "same_seller": lambda i: same(i.sellers[0], SEED.sellers[0]),
    "price_ratio": price_ratio,
    "price_distance": lambda i: abs(price_ratio(i)),
    "condition_step": lambda i: known(i.conditions[0]) - known(SEED.conditions[0]),
    "condition": lambda i: known(i.conditions[0]),
    "format": lambda i: i.formats[0],
    "quantity": lambda i: math.log(1 + i.quantities[0]),
    "log_price": lambda i: i.log_prices[0],
    "department": lambda i: i.departments[0],
    "country": lambda i: 4 * 27 + 5,  # D is the fourth letter, E the fifth
    "device": lambda i: 2,
    "hour": lambda i: 15,
    "weekday": lambda i: 2,
    "category_taste": lambda i: {0: math.nan, 1: 0.75, 2: 0.25}.get(i.categories[0], 0),
    "brand_taste": lambda i: {0: math.nan, 3: 1}.get(i.brands[0], 0),
    "price_taste": price_taste,
    "vector_taste": lambda i: cosine(i.joint[0], VIEWER.vector),
    "recent_similarity": best_of_recent,
    "recent_category": lambda i: (
        math.nan
        if not i.categories[0]
        else VIEWER.recent.categories.tolist().count(i.categories[0]) / len(VIEWER.recent)
    ),
    "opened_before": lambda i: float(i.ids[0] in VIEWER.recent.ids),
    "position": lambda i: 1,
}


@pytest.mark.parametrize("name", NAMES)
def test_each_column_is_what_a_naive_reckoning_says(name):
    found = matrix_of(ITEMS)[:, NAMES.index(name)]
    expected = [ORACLES[name](ITEMS.take(np.array([row]))) for row in range(len(ITEMS))]
    np.testing.assert_allclose(found, np.array(expected, float), rtol=1e-4, atol=1e-5)


def test_the_made_items_know_and_lack_everything_somewhere():
    """Or the columns above would not be looked at in full."""
    matrix = matrix_of(ITEMS)
    for name in ("joint_similarity", "image_similarity", "price_ratio", "brand_taste"):
        missing = np.isnan(matrix[:, NAMES.index(name)])
        assert missing.any() and not missing.all(), name


@given(order=st.permutations(range(len(ITEMS))), size=st.integers(1, len(ITEMS)))
def test_a_row_depends_neither_on_the_others_nor_on_their_order(order, size):
    whole = matrix_of(ITEMS)
    rows = np.array(order[:size])
    assert matrix_of(ITEMS.take(rows)).tobytes() == whole[rows].tobytes()


def test_a_row_is_the_same_among_thousands():
    many = joined([some_items(3000, seed=9), ITEMS])
    assert matrix_of(many)[3000:].tobytes() == matrix_of(ITEMS).tobytes()


def test_what_is_not_known_is_missing_and_not_0():
    matrix = matrix_of(ITEMS, seed=None, viewer=NOBODY)
    families = {"similarity", "person"}
    for place, column in enumerate(COLUMNS):
        if column.family in families:
            assert np.isnan(matrix[:, place]).all(), column.name
        elif column.family == "history":
            assert not np.isnan(matrix[:, place]).any(), column.name


def test_vectors_of_another_space_are_compared_with_nothing():
    other = replace(SEED, joint=np.ones((1, 8), np.float16) / np.float16(8**0.5))
    stranger = replace(VIEWER, vector=np.eye(8, dtype=np.float32)[0])
    matrix = matrix_of(ITEMS, seed=other, viewer=stranger)
    for name in ("joint_similarity", "vector_taste"):
        assert np.isnan(matrix[:, NAMES.index(name)]).all()


def test_places_of_the_log_are_told_and_served_things_stand_first():
    places = np.arange(1, len(ITEMS) + 1)
    at = NAMES.index("position")
    assert matrix_of(ITEMS, positions=places)[:, at].tolist() == places.tolist()
    assert set(matrix_of(ITEMS)[:, at].tolist()) == {1.0}


@pytest.mark.parametrize("country", ["", "D", "DEU", "D1", "ÄÖ"])
def test_what_is_no_country_is_none(country):
    matrix = matrix_of(ITEMS, context=replace(CONTEXT, country=country, device="fridge"))
    assert not matrix[:, [NAMES.index("country"), NAMES.index("device")]].any()


def test_no_items_have_no_rows():
    assert matrix_of(ITEMS.take(np.array([], np.int64))).shape == (0, len(COLUMNS))
