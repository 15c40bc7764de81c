"""The population stability index: what has moved is seen, what has not is not."""

import json
import math

import numpy as np
import pytest

from ml.ranker.drift import SCORE, bins_from_json, bins_of, stability_index, training_bins


def index(trained: np.ndarray, served: np.ndarray, **options) -> float:
    bins = bins_of(trained, **options)
    return stability_index(bins.shares, bins.counts(served).tolist())


def test_bins_hold_equal_shares_of_training_and_the_missing_apart():
    values = np.concatenate([np.arange(1000.0), np.full(250, np.nan)])
    bins = bins_of(values)
    assert len(bins.edges) == 9
    assert bins.shares == pytest.approx([0.08] * 10 + [0.2], abs=0.002)
    assert bins.counts(np.array([-5.0, 5000.0, np.nan])).tolist() == [1, *[0] * 8, 1, 1]


def test_a_shift_is_seen_and_more_of_the_same_is_not():
    rng = np.random.default_rng(0)
    trained = rng.normal(size=20_000)
    assert index(trained, rng.normal(size=5000)) < 0.02
    assert 0.1 < index(trained, rng.normal(loc=0.5, size=5000)) < 0.5
    assert index(trained, rng.normal(loc=3, size=5000)) > 2
    assert index(trained, np.full(5000, np.nan)) > 2


def test_the_index_is_the_sum_of_its_definition():
    shares, counts = (0.5, 0.3, 0.2), (20, 60, 20)
    expected = sum(
        (c / 100 - s) * math.log((c / 100) / s) for s, c in zip(shares, counts, strict=True)
    )
    assert stability_index(shares, counts) == pytest.approx(expected)
    assert math.isfinite(stability_index((1.0, 0.0), (0, 5)))
    assert math.isnan(stability_index((1.0, 0.0), (0, 0)))


def test_codes_have_a_bin_each_and_one_for_new_ones():
    trained = np.array([3.0, 3, 3, 7, 7, np.nan])
    bins = bins_of(trained, is_codes=True)
    assert bins.edges == (3.0, 7.0)
    assert bins.counts(np.array([7.0, 7, 99, np.nan])).tolist() == [0, 2, 1, 1]
    assert bins.in_words() == ("3", "7", "others", "missing")


def test_columns_that_are_all_missing_or_all_alike_have_bins():
    assert bins_of(np.full(5, np.nan)).shares == (0, 1)
    alike = bins_of(np.full(5, 2.0))
    assert alike.counts(np.array([2.0, 3.0])).tolist() == [1, 1, 0]


def test_bins_come_back_from_json_and_the_position_is_left_out():
    matrix = np.random.default_rng(1).normal(size=(100, 3)).astype(np.float32)
    bins = training_bins(
        matrix, matrix[:, 0].astype(float), ("a", "b", "position"), codes=(), left_out=("position",)
    )
    assert set(bins) == {"a", "b", SCORE}
    stored = json.loads(json.dumps({name: each.as_json() for name, each in bins.items()}))
    assert bins_from_json(stored) == bins
