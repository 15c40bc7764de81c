"""Confidences and thresholds against answers whose precision is known."""

from __future__ import annotations

import numpy as np
import pytest

from ml.taclr.calibration import (
    NEVER,
    TARGETS,
    Given,
    Scored,
    choose_calibration,
    expected_calibration_error,
    given,
    least_confidence,
    risk_coverage,
    thresholds_of,
)
from ml.taclr.evidence import NULL, Pair
from ml.taclr.model import Calibration, Platt
from ml.taclr.taxonomy import AttributeSpec, ValueSpec

SPEC = AttributeSpec("Shoes", "Colour", (ValueSpec("Red"), ValueSpec("Blue")))
OTHER = AttributeSpec("Shoes", "Size", (ValueSpec("1"), ValueSpec("2")))


def scored(red: float, blue: float, null: float, gold: str | None) -> Scored:
    pair = Pair(
        SPEC,
        np.array([NULL, 0, 1]),
        ("Red", "Blue"),
        np.zeros((3, 1), np.float32),
        [[], [], []],
        [[], [], []],
        [None, None, None],
    )
    logits = np.array([null, red, blue], np.float32)
    return Scored(pair, (gold,) if gold else (), True, logits)


def answers(spec: AttributeSpec, rows: list[tuple[float, bool]]) -> list[Given]:
    return [Given(spec, True, True, confidence, right) for confidence, right in rows]


def test_the_null_bias_is_the_one_that_separates_answers_from_none() -> None:
    held = [scored(1.0, -5, 0.0, None)] * 20 + [scored(2.0, -5, 0.0, "Red")] * 20
    bias = choose_calibration(held).null_bias
    assert 1.0 <= bias < 2.0


def test_confidences_say_how_often_answers_are_right() -> None:
    # Softmax shares near 1, right in three of four cases.
    held = [scored(9.0, 0, 0, "Red")] * 60 + [scored(9.0, 0, 0, "Blue")] * 20
    calibration = choose_calibration(held)
    confidences = {round(each.confidence, 2) for each in given(held, {True: calibration})}
    assert confidences == {0.75}


def test_a_confidence_rises_with_the_share_and_stays_a_probability() -> None:
    platt = Platt(1.7, -0.4)
    shares = [0.0, 0.1, 0.5, 0.9, 1.0]
    confidences = [platt(share) for share in shares]
    assert confidences == sorted(confidences) and confidences[0] > 0 and confidences[-1] < 1


def test_above_a_threshold_as_many_answers_are_right_as_its_target_says() -> None:
    rows = [(0.9, True)] * 90 + [(0.9, False)] * 10 + [(0.4, True)] * 50 + [(0.4, False)] * 50
    thresholds = thresholds_of(answers(SPEC, rows))["known, stated"]
    by_target = dict(zip(TARGETS, thresholds, strict=True))
    assert by_target[0.7] == 0.4 and by_target[0.9] == 0.9 and by_target[0.95] == NEVER


def test_an_attribute_with_enough_answers_has_a_threshold_of_its_own() -> None:
    good = answers(SPEC, [(0.6, True)] * 400)
    bad = answers(OTHER, [(0.6, True)] * 20 + [(0.6, False)] * 80 + [(0.95, True)] * 100)
    thresholds = thresholds_of(good + bad)

    def least(spec: AttributeSpec) -> float:
        return least_confidence(thresholds, spec, known=True, stated=True, target=0.8)

    assert least(SPEC) == 0.6 and least(OTHER) == 0.95


def test_an_attribute_that_training_never_met_takes_the_threshold_of_its_kind() -> None:
    thresholds = {"unseen, inferred": [0.5] * len(TARGETS)}
    kind = {"known": False, "stated": False}
    assert least_confidence(thresholds, SPEC, **kind, target=0.8) == 0.5
    assert least_confidence({}, SPEC, **kind, target=0.8) == 0.8


def test_the_risk_coverage_table_has_the_share_answered_and_the_share_right() -> None:
    rows = answers(SPEC, [(0.9, True)] * 40 + [(0.2, False)] * 10)
    table = risk_coverage(rows, {"Shoes | Colour": 100})["Shoes | Colour"]
    assert table[0] == [0.5, 0.8, 0.0]
    assert table[-2:] == [[0.4, 1.0, 0.8], [0.4, 1.0, 0.9]]


def test_the_calibration_error_is_the_mean_gap_of_the_bins() -> None:
    pairs = [(0.95, True)] * 3 + [(0.95, False)] + [(0.15, False)] * 4
    assert expected_calibration_error(pairs) == pytest.approx((0.2 + 0.15) / 2)
    assert expected_calibration_error([]) == 0.0


def test_a_calibration_is_read_back_as_it_was_written() -> None:
    from dataclasses import asdict

    held = Calibration(0.25, Platt(1.5, 0.1), Platt(0.7, -0.2))
    assert Calibration.from_json(asdict(held)) == held
