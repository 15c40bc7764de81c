"""Pairs of things against counting by hand, on both engines."""

from __future__ import annotations

import math
from collections import Counter
from datetime import date
from itertools import combinations
from typing import Any

import ibis
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recommender.offline.engine import Engine, EngineConfig, open_engine
from recommender.offline.pairs import decay, pairs

Row = tuple[str, int, float]

FOUR_BASKETS: list[Row] = [
    ("anna", 1, 1.0),
    ("anna", 2, 1.0),
    ("anna", 2, 1.0),  # bought twice, counted once
    ("bert", 1, 1.0),
    ("bert", 2, 1.0),
    ("bert", 3, 1.0),
    ("cleo", 1, 1.0),
    ("dora", 3, 1.0),
]


def table(rows: list[Row]) -> pa.Table:
    basket, thing, weight = zip(*rows, strict=True) if rows else ([], [], [])
    return pa.table(
        {
            "basket": pa.array(basket, pa.string()),
            "thing": pa.array(thing, pa.int64()),
            "weight": pa.array(weight, pa.float64()),
        }
    )


def found(engine: Engine, rows: list[Row], **options: Any) -> dict[tuple[int, int], dict]:
    answer = engine.arrow(pairs(engine.table(table(rows)), **options)).to_pylist()
    by_pair = {(row["a"], row["b"]): row for row in answer}
    assert len(by_pair) == len(answer), "a pair came twice"
    return by_pair


def counted(rows: list[Row]) -> dict[tuple[int, int], dict[str, float]]:
    """The same by naive loops: an independent oracle."""
    weights: dict[str, dict[int, float]] = {}
    for basket, thing, weight in rows:
        own = weights.setdefault(basket, {})
        own[thing] = max(weight, own.get(thing, 0.0))
    single: Counter[int] = Counter()
    both: Counter[tuple[int, int]] = Counter()
    support: Counter[tuple[int, int]] = Counter()
    for own in weights.values():
        for thing, weight in own.items():
            single[thing] += weight
        for a, b in combinations(own, 2):
            for pair in ((a, b), (b, a)):
                both[pair] += min(own[a], own[b])
                support[pair] += 1
    return {
        (a, b): {
            "support": support[a, b],
            "both": weight,
            "n_a": single[a],
            "n_b": single[b],
            "ochiai": weight / math.sqrt(single[a] * single[b]),
            "confidence": weight / single[a],
            "shrunk": support[a, b]
            / (support[a, b] + 10)
            * weight
            / math.sqrt(single[a] * single[b]),
        }
        for (a, b), weight in both.items()
    }


def test_pairs_and_their_cosines_are_those_counted_by_hand(engine: Engine):
    answer = found(engine, FOUR_BASKETS)
    assert set(answer) == {(1, 2), (2, 1), (1, 3), (3, 1), (2, 3), (3, 2)}
    assert answer[1, 2]["support"] == answer[1, 2]["both"] == 2
    assert answer[1, 2]["ochiai"] == pytest.approx(2 / math.sqrt(3 * 2))
    assert answer[1, 2]["confidence"] == pytest.approx(2 / 3)
    assert answer[2, 1]["confidence"] == pytest.approx(2 / 2)
    assert answer[1, 2]["shrunk"] == pytest.approx(2 / 12 * 2 / math.sqrt(6))


def test_a_pair_of_too_few_baskets_or_too_low_a_cosine_is_left_out(engine: Engine):
    assert set(found(engine, FOUR_BASKETS, least_support=2)) == {(1, 2), (2, 1)}
    assert set(found(engine, FOUR_BASKETS, least_ochiai=0.45)) == {(1, 2), (2, 1), (2, 3), (3, 2)}


def test_the_best_of_each_are_kept_and_ties_go_to_the_lesser(engine: Engine):
    rows = [(basket, thing, 1.0) for basket in ("x", "y") for thing in (1, 2, 3)]
    assert set(found(engine, rows, top=1)) == {(1, 2), (2, 1), (3, 1)}
    asymmetric = [*FOUR_BASKETS, ("emil", 3, 1.0), ("emil", 2, 1.0)]
    assert (1, 2) in found(engine, asymmetric, top=1, by="confidence")


def test_of_a_basket_too_large_the_newest_things_are_kept(engine: Engine):
    rows = [("robot", thing, 0.5**thing) for thing in range(50)]
    assert set(found(engine, rows, largest=3)) == {(0, 1), (1, 0), (0, 2), (2, 0), (1, 2), (2, 1)}


def test_a_day_counts_half_as_much_after_its_half_life(engine: Engine):
    days = pa.table({"day": pa.array([date(2026, 3, 11), date(2026, 3, 1), date(2026, 3, 12)])})
    rows = engine.table(days)
    weighed = rows.mutate(weight=decay(rows.day, today=date(2026, 3, 11), half_life=10))
    answer = {row["day"]: row["weight"] for row in engine.arrow(weighed).to_pylist()}
    # A clock ahead of ours makes nothing count more than today.
    assert answer == {
        date(2026, 3, 11): 1.0,
        date(2026, 3, 1): 0.5,
        date(2026, 3, 12): 1.0,
    }


def test_things_without_a_name_and_empty_tables_make_no_pairs(engine: Engine):
    assert found(engine, []) == {}
    nameless = {"basket": "anna", "thing": None, "weight": 1.0}
    rows = [*table(FOUR_BASKETS[:2]).to_pylist(), nameless]
    answer = engine.arrow(pairs(engine.table(pa.Table.from_pylist(rows))))
    assert sorted(answer["a"].to_pylist()) == [1, 2]


ROWS = st.lists(
    st.tuples(
        st.sampled_from("pqrstu"), st.integers(1, 7), st.sampled_from([1.0, 0.5, 0.25, 0.125])
    ),
    max_size=60,
)


@given(rows=ROWS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_baskets_give_what_naive_counting_gives(rows: list[Row]):
    with open_engine(EngineConfig(threads=1)) as engine:
        answer = found(engine, rows)
    expected = counted(rows)
    assert set(answer) == set(expected)
    for pair, figures in expected.items():
        for name, figure in figures.items():
            assert answer[pair][name] == pytest.approx(figure), (pair, name)
        assert answer[pair]["ochiai"] <= 1 + 1e-12
        assert answer[pair]["confidence"] <= 1 + 1e-12


def test_a_table_without_weights_counts_baskets(engine: Engine):
    rows = engine.table(table(FOUR_BASKETS)).drop("weight")
    answer = engine.arrow(pairs(rows).filter(ibis._.a == 1).order_by("b")).to_pylist()
    assert [(row["b"], row["both"]) for row in answer] == [(2, 2.0), (3, 1.0)]
