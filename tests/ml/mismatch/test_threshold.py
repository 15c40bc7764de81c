"""Probabilities and thresholds come from labelled scores, and earn what they promise."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from ml.mismatch.threshold import (
    ThresholdError,
    choose_decision,
    choose_threshold,
    choose_verdicts,
    error_rate,
    fit_logistic,
    sigmoid,
)


@pytest.fixture
def sample():
    numbers = np.random.default_rng(0)
    labels = numbers.random(2000) < 0.5
    return sigmoid(numbers.normal(size=2000) * 1.5 + np.where(labels, 1.5, -1.5)), labels


def test_sigmoid_survives_extremes():
    np.testing.assert_allclose(sigmoid(np.array([-1e4, 0.0, 1e4])), [0, 0.5, 1])


def test_the_logistic_fit_agrees_with_scikit_learn():
    numbers = np.random.default_rng(1)
    features = numbers.normal(size=(500, 3))
    labels = features @ [1.0, -2.0, 0.5] + numbers.logistic(size=500) > 0.3
    weight = numbers.uniform(0.5, 2, 500)
    oracle = LogisticRegression(C=1 / (1e-3 * weight.sum()), tol=1e-10, max_iter=1000)
    oracle.fit(features, labels, sample_weight=weight)
    expected = [*oracle.coef_[0], oracle.intercept_[0]]
    np.testing.assert_allclose(fit_logistic(features, labels, weight), expected, atol=1e-4)


def test_separable_data_still_have_an_answer():
    features = np.array([[-1.0], [-2.0], [1.0], [2.0]])
    weights = fit_logistic(features, np.array([False, False, True, True]), np.ones(4))
    assert np.isfinite(weights).all() and weights[0] > 0


def test_the_threshold_reaches_its_precision_and_no_lower_one_does(sample):
    scores, labels = sample
    threshold = choose_threshold(scores, labels, target_precision=0.95)
    assert labels[scores >= threshold].mean() >= 0.95
    lower = np.unique(scores[scores < threshold])
    assert all(labels[scores >= value].mean() < 0.95 for value in lower)


def test_tied_scores_are_not_cut_apart():
    scores = np.array([0.9, 0.5, 0.5, 0.1])
    labels = np.array([True, True, False, False])
    assert choose_threshold(scores, labels, target_precision=0.9) == 0.9
    assert choose_threshold(scores, labels, target_precision=0.6) == 0.5


def test_a_target_out_of_reach_is_refused():
    with pytest.raises(ThresholdError, match=r"best is 0\.500"):
        choose_threshold(np.array([0.2, 0.2]), np.array([True, False]), target_precision=0.9)


def test_each_verdict_is_right_as_often_as_asked(sample):
    scores, labels = sample
    below, above = choose_verdicts(scores, labels, match_precision=0.97, mismatch_precision=0.95)
    assert below < above
    assert 0.95 <= labels[scores >= above].mean() < 0.96
    assert 0.97 <= (~labels[scores <= below]).mean() < 0.98


def test_with_clear_scores_none_of_them_is_unsure():
    scores = np.array([0.1, 0.2, 0.8, 0.9])
    found = choose_verdicts(scores, scores > 0.5, match_precision=0.95, mismatch_precision=0.95)
    assert found == (0.2, 0.8)


def test_where_both_verdicts_could_be_given_one_line_divides_them(sample):
    below, above = choose_verdicts(*sample, match_precision=0.6, mismatch_precision=0.6)
    assert below < above < below + 1e-9


def test_the_decision_is_wrong_least_often(sample):
    scores, labels = sample
    decision = choose_decision(scores, labels, np.ones(len(scores)))
    best = min(error_rate(scores, labels, value) for value in np.linspace(0, 1, 500))
    assert error_rate(scores, labels, decision) <= best


def test_one_kind_of_label_alone_decides_nothing():
    with pytest.raises(ThresholdError, match="both"):
        choose_threshold(np.array([0.1, 0.2]), np.array([True, True]), target_precision=0.9)
