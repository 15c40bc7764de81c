"""Thresholds and figures of searches whose outcome is known."""

from __future__ import annotations

import numpy as np
import pytest

from ml.artefacts import IncompatibleArtefactError, bundled, save_artefact
from ml.duplicates.edits import EDITS
from ml.duplicates.evaluate import NEVER, Searched, choose_threshold, figures, half_of
from ml.duplicates.predict import load_comparer


def scores_of(*rows: list[float]) -> np.ndarray:
    return np.array(rows, dtype=np.float32)


def test_the_lowest_threshold_of_the_precision_asked_for_is_chosen():
    scores = scores_of([0.9, 0.1], [0.2, 0.6], [0.3, 0.4], [0.1, 0.35])
    truth = np.array([0, 1, 1, 1])
    # At 0.35 all four are found and nothing else is; at 0.9 only one would be.
    assert choose_threshold(scores, truth, 1.0) == pytest.approx(0.35)


def test_a_wrong_answer_above_a_right_one_costs_precision():
    scores = scores_of([0.9, 0.1], [0.8, 0.6])
    truth = np.array([0, 1])
    assert choose_threshold(scores, truth, 0.99) == pytest.approx(0.9)
    assert choose_threshold(scores, truth, 0.6) == pytest.approx(0.6)


def test_where_no_threshold_is_good_enough_the_best_is_taken():
    scores = scores_of([0.5, 0.9], [0.7, 0.6])
    truth = np.array([0, 1])
    # From 0.5 two of four are right, from 0.6 one of three.
    assert choose_threshold(scores, truth, 0.9) == pytest.approx(0.5)


def test_what_was_not_looked_at_is_never_a_threshold():
    scores = scores_of([NEVER, NEVER], [NEVER, 0.4])
    assert choose_threshold(scores, np.array([0, 1]), 0.5) == pytest.approx(0.4)


def test_precision_and_recall_are_counted_over_all_edits():
    names = tuple(EDITS)
    scores = np.zeros((len(names), 3), dtype=np.float32)
    scores[:, 0] = 1.0  # the right one is always found
    scores[0, 1] = 1.0  # and once another beside it
    searched = Searched(names, np.zeros(len(names), dtype=np.int64), *[scores] * 5)
    found = figures(searched, scores, 0.5)
    assert found["recall"]["value"] == 1
    assert found["precision"]["value"] == pytest.approx(len(names) / (len(names) + 1))
    assert set(found["by_edit"].values()) == {1.0}


def test_a_product_is_always_in_the_same_half():
    halves = [half_of(f"shop:{number}") for number in range(2000)]
    assert halves == [half_of(f"shop:{number}") for number in range(2000)]
    assert 900 < sum(halves) < 1100


def test_the_bundled_threshold_is_read():
    assert 0.3 < load_comparer(bundled("duplicates")).least_agreement < 1


def test_an_artefact_without_a_threshold_is_refused(tmp_path):
    save_artefact(
        tmp_path / "broken",
        kind="duplicates",
        format_version=1,
        config={},
        tensors={},
        metrics={},
        card="made by a test",
    )
    with pytest.raises(IncompatibleArtefactError, match="least_agreement"):
        load_comparer(tmp_path / "broken")
