"""Weights of the signals, accuracy and calibration, beside independent ways to work them out."""

from __future__ import annotations

import numpy as np
import pytest

from ml.category.evaluate import accuracy
from ml.category.signals import softmax
from ml.category.weighing import fit_weights
from ml.fitting import FitError


def drawn(planted: list[float], count: int = 6000) -> tuple[np.ndarray, np.ndarray]:
    """Random signals, and answers drawn with the chances that the planted weights give."""
    generator = np.random.default_rng(0)
    signals = generator.standard_normal((count, 4, 6)).astype(np.float32)
    chances = softmax(np.array(planted, np.float32) @ signals).cumsum(axis=1)
    return signals, (generator.random((count, 1)) > chances).sum(axis=1)


def test_the_weights_that_drew_the_answers_are_found_again():
    planted = [2.0, 0.0, 1.0, 0.5]
    assert fit_weights(*drawn(planted)).as_array() == pytest.approx(planted, abs=0.1)


def test_a_signal_against_its_category_weighs_nothing():
    weights = fit_weights(*drawn([2.0, -1.0, 0.0, 0.0]))
    assert weights.meaning > 1
    assert weights.words == pytest.approx(0, abs=1e-3)


def test_only_the_categories_that_compete_count():
    signals, answers = drawn([2.0, 0.0, 1.0, 0.5])
    # A seventh category that every signal speaks for would turn all the weights to nothing.
    wider = np.concatenate([signals, np.full((len(signals), 4, 1), 3, np.float32)], axis=2)
    among = np.arange(7) < 6
    found = fit_weights(wider, answers, np.tile(among, (len(signals), 1)))
    assert found.as_array() == pytest.approx(fit_weights(signals, answers).as_array(), abs=1e-3)


def test_nothing_held_out_cannot_be_fitted():
    with pytest.raises(FitError, match="no held-out listing"):
        fit_weights(np.zeros((0, 4, 3), np.float32), np.zeros(0, np.int64))


def test_accuracy_is_that_of_a_naive_loop_where_several_answers_are_right():
    generator = np.random.default_rng(2)
    logits = generator.standard_normal((200, 9)).astype(np.float32)
    right = generator.random((200, 9)) < 0.2
    right[:, 0] |= ~right.any(axis=1)
    found = accuracy(logits, right)
    for k in (1, 5):
        hits = [
            any(right[row, place] for place in np.argsort(-logits[row])[:k]) for row in range(200)
        ]
        assert found[f"top_{k}"] == pytest.approx(np.mean(hits))
        low, high = found[f"top_{k}_interval"]
        assert low < found[f"top_{k}"] < high


def test_ties_with_a_wrong_category_count_against_the_answer():
    logits = np.zeros((1, 3), np.float32)
    assert accuracy(logits, np.array([[True, False, False]]))["top_1"] == 0.0
