"""Figures of merit against naive loops and hand-made strips."""

import math

import numpy as np
import pytest
from sklearn.metrics import ndcg_score, roc_auc_score

from ml.ranker.evaluate import difference, judge, mean_purchase_rank, ndcg_of, ranks_of
from ml.ranker.model import LEVELS, PURCHASE, RankerConfig, RankingData

CONFIG = RankerConfig(columns=("a",))


def data(labels: list[list[str]]) -> RankingData:
    flat = np.array([LEVELS.index(level) for group in labels for level in group])
    sizes = np.array([len(group) for group in labels])
    return RankingData(np.zeros((len(flat), 1), np.float32), flat, sizes, None, ("a",))


@pytest.fixture(scope="module")
def drawn() -> tuple[np.ndarray, RankingData]:
    """Scores with many ties, groups of many sizes."""
    rng = np.random.default_rng(5)
    sizes = rng.integers(2, 15, 60)
    labels = rng.choice(7, sizes.sum(), p=[0.6, 0.2, 0.05, 0.03, 0.02, 0.02, 0.08])
    matrix = np.zeros((sizes.sum(), 1), np.float32)
    scores = rng.integers(0, 5, sizes.sum()).astype(float)
    return scores, RankingData(matrix, labels, sizes, None, ("a",))


def groups_of(scores: np.ndarray, strips: RankingData):
    start = 0
    for size in strips.groups:
        yield scores[start : start + size], strips.labels[start : start + size]
        start += size


def test_equal_scores_share_their_mean_place():
    strips = data([["none", "purchase", "none", "none"], ["purchase", "none"]])
    ranks = ranks_of(np.array([3.0, 2.0, 2.0, 1.0, 5.0, 5.0]), strips.group_of)
    assert ranks.tolist() == [1, 2.5, 2.5, 4, 1.5, 1.5]
    assert mean_purchase_rank(np.array([3.0, 2.0, 2.0, 1.0, 5.0, 5.0]), strips) == 2.0


def test_scores_of_minus_infinity_are_equal_too():
    ranks = ranks_of(np.array([-np.inf, 1.0, -np.inf]), np.zeros(3, int))
    assert ranks.tolist() == [2.5, 1, 2.5]


def test_ranks_reciprocals_and_areas_are_those_of_naive_loops(drawn):
    scores, strips = drawn
    judged = judge(scores, strips, CONFIG)
    for number, (own, labels) in enumerate(groups_of(scores, strips)):
        bought = labels == PURCHASE
        places = [(own > each).sum() + (own == each).sum() / 2 + 0.5 for each in own]
        told = {name: values[number] for name, values in judged.values.items()}
        if not bought.any():
            assert math.isnan(told["purchase_rank"]) and math.isnan(told["mrr"])
            continue
        ranks = np.array(places)[bought]
        assert told["purchase_rank"] == pytest.approx(ranks.mean())
        assert told["mrr"] == pytest.approx(1 / ranks.min())
        if not bought.all():
            assert told["auc"] == pytest.approx(roc_auc_score(bought, own))


def test_ndcg_is_scikit_learns_where_something_was_done(drawn):
    scores, strips = drawn
    gains = strips.labels.astype(float)
    found = ndcg_of(scores, gains, strips.groups, at=10)
    for number, (own, labels) in enumerate(groups_of(scores, strips)):
        if labels.any():
            expected = ndcg_score([labels.astype(float)], [own], k=10)
            assert found[number] == pytest.approx(expected)
        else:
            assert math.isnan(found[number])


def test_a_difference_is_paired_and_its_interval_says_when_it_is_chance():
    rng = np.random.default_rng(0)
    strips = data([["purchase", *["none"] * 9]] * 300)
    noise = rng.normal(size=3000)
    first = np.where(strips.labels == PURCHASE, 2.0, 0.0)
    better = judge(noise + first, strips, CONFIG)
    chance = judge(rng.normal(size=3000), strips, CONFIG)
    other = judge(rng.normal(size=3000), strips, CONFIG)
    clear = difference(better, chance, "purchase_rank")
    assert clear.interval[1] < 0 and clear.relative_interval[1] < 0 and clear.groups == 300
    assert clear.relative == pytest.approx(
        better.means()["purchase_rank"] / chance.means()["purchase_rank"] - 1
    )
    none = difference(other, chance, "purchase_rank")
    assert none.interval[0] < 0 < none.interval[1]


def test_a_summary_holds_mean_interval_and_groups(drawn):
    scores, strips = drawn
    told = judge(scores, strips, CONFIG).summary()["purchase_rank"]
    low, high = told["interval"]
    assert low < told["mean"] < high
    assert told["groups"] == sum(
        (labels == PURCHASE).any() for _, labels in groups_of(scores, strips)
    )
