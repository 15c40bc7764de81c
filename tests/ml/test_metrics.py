"""Figures of merit agree with scikit-learn, an independent oracle, ties included."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from ml.metrics import (
    average_precision,
    bootstrap_interval,
    expected_calibration_error,
    roc_auc,
)


@pytest.fixture(params=[0, 1, 2], ids=lambda seed: f"seed{seed}")
def sample(request):
    numbers = np.random.default_rng(request.param)
    labels = numbers.random(400) < 0.3
    scores = np.round(numbers.normal(size=400) + labels, 1)  # rounded: many ties
    return scores, labels


def test_roc_auc_agrees_with_scikit_learn(sample):
    assert roc_auc(*sample) == pytest.approx(roc_auc_score(sample[1], sample[0]))


def test_average_precision_agrees_with_scikit_learn(sample):
    expected = average_precision_score(sample[1], sample[0])
    assert average_precision(*sample) == pytest.approx(expected)


def test_figures_without_both_labels_are_not_numbers():
    scores, none = np.array([0.1, 0.9]), np.array([False, False])
    assert np.isnan(roc_auc(scores, none)) and np.isnan(average_precision(scores, none))
    assert np.isnan(expected_calibration_error(np.array([]), np.array([], dtype=bool)))


def test_calibration_error_of_a_known_case():
    """Half are stated 0.9 and 6 of 10 come true; half 0.1 and none does: (0.3 + 0.1) / 2."""
    stated = np.array([0.9] * 10 + [0.1] * 10)
    labels = np.array([True] * 6 + [False] * 14)
    assert expected_calibration_error(stated, labels) == pytest.approx(0.2)


def test_a_certain_probability_falls_into_the_last_bin():
    assert expected_calibration_error(np.array([1.0, 0.0]), np.array([True, False])) == 0


def test_the_bootstrap_interval_covers_the_mean_and_narrows_with_data():
    values = np.random.default_rng(0).normal(size=4000)
    widths = []
    for count in (100, 4000):
        low, high = bootstrap_interval(lambda rows, n=count: values[:n][rows].mean(), count)
        assert low < values[:count].mean() < high
        widths.append(high - low)
    # 95% of a mean: 2 · 1.96 / √n
    assert widths[0] == pytest.approx(0.39, rel=0.25)
    assert widths[1] == pytest.approx(0.062, rel=0.25)
