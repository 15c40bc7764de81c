from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Iterator
from statistics import mean

import numpy as np
import pytest
from sklearn.metrics import ndcg_score

from recommender.reports import measures

K = 5


def some_lists() -> Iterator[tuple[list[int], set[int]]]:
    """Lists of things without repetition, and what was wanted."""
    rng = random.Random(6)
    for _ in range(200):
        shown = rng.sample(range(30), rng.randrange(20))
        yield shown, set(rng.sample(range(30), rng.randint(1, 8)))


def test_recall_and_precision_count_what_a_loop_counts():
    for shown, wanted in some_lists():
        hits = 0
        for thing in shown[:K]:
            if thing in wanted:
                hits += 1
        assert measures.recall_at(shown, wanted, K) == pytest.approx(hits / len(wanted))
        assert measures.precision_at(shown, wanted, K) == pytest.approx(hits / K)


def test_ndcg_is_that_of_scikit_learn():
    rng = random.Random(7)
    for _ in range(30):
        shown = rng.sample(range(12), 12)
        wanted = set(rng.sample(range(12), rng.randint(1, 6)))
        relevance = [[float(thing in wanted) for thing in range(12)]]
        scores = [[-float(shown.index(thing)) for thing in range(12)]]

        expected = ndcg_score(relevance, scores, k=K)

        assert measures.ndcg_at(shown, wanted, K) == pytest.approx(expected)


def test_what_is_not_wanted_at_all_gives_nothing():
    assert measures.recall_at([1, 2], set(), K) == 0
    assert measures.ndcg_at([1, 2], set(), K) == 0


def test_gini_is_the_mean_difference_of_all_pairs():
    rng = random.Random(8)
    for _ in range(50):
        counts = [rng.uniform(0, 100) for _ in range(rng.randint(1, 30))]
        pairs = [abs(a - b) for a in counts for b in counts]

        assert measures.gini(counts) == pytest.approx(mean(pairs) / (2 * mean(counts)))


def test_gini_knows_the_two_ends():
    assert measures.gini([4, 4, 4, 4]) == pytest.approx(0)
    assert measures.gini([0] * 99 + [7]) == pytest.approx(0.99)
    assert math.isnan(measures.gini([]))
    assert math.isnan(measures.gini([0, 0]))


def test_overlap_is_of_the_first_and_not_of_the_second():
    small, large = [[1, 2], [3]], [[1, 2, 4, 5], [3, 6]]

    assert measures.overlap(small, large) == 1
    assert measures.overlap(large, small) == 0.5
    assert math.isnan(measures.overlap([[], []], large))


def test_the_head_is_the_most_popular_tenth():
    popularity = {thing: float(thing) for thing in range(20)}
    shown = Counter({19: 3, 18: 1, 0: 4})

    assert measures.head_share(shown, popularity, head=0.1) == 0.5


def test_novelty_is_bits_of_surprise():
    # With one look more each the four have 4 of 8, 2 of 8, 1 of 8 and 1 of 8.
    popularity = {"a": 3, "b": 1, "c": 0, "d": 0}

    assert measures.novelty({"a": 1}, popularity) == 1
    assert measures.novelty({"b": 1, "c": 1}, popularity) == 2.5


def test_the_interval_covers_the_truth_about_as_often_as_it_says():
    rng = random.Random(4)
    covered = 0
    for _ in range(200):
        found = measures.estimate([rng.gauss(3, 1) for _ in range(40)], resamples=300)
        covered += found.low <= 3 <= found.high

    assert 175 <= covered <= 199


def test_what_one_person_does_often_widens_the_interval():
    values = [1.0] * 50 + [0.0] * 50
    people = ["ann"] * 50 + [f"p{n}" for n in range(50)]

    alone, together = measures.estimate(values), measures.estimate(values, people)

    assert alone.mean == together.mean == 0.5
    assert together.high - together.low > 1.5 * (alone.high - alone.low)


def test_nothing_has_no_mean_and_the_same_values_have_the_same_interval():
    assert math.isnan(measures.estimate([]).mean)
    assert measures.estimate([]).count == 0
    assert measures.estimate([1, 0, 1]) == measures.estimate([1, 0, 1])


def test_exposures_count_the_first_places_alone():
    assert measures.exposures([[1, 2, 3], [2, 1]], 2) == {1: 2, 2: 2}


def test_a_quantile_is_that_of_numpy():
    values = [3.0, 1.0, 2.0, 10.0]

    assert measures.quantile(values, 0.5) == np.median(values)
    assert math.isnan(measures.quantile([], 0.5))
