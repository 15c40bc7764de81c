"""Calibration makes probabilities that hold, and thresholds that keep what was asked."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from ml.metrics import expected_calibration_error, reliability
from ml.mismatch.calibration import CalibrationConfig, calibrate, unsaved_predictor
from ml.mismatch.model import MismatchConfig, MismatchHeads, calibrated
from ml.mismatch.pairs import EncodedItems
from ml.mismatch.planted import clean_sets, planted_sets
from ml.mismatch.scoring import named_photos, score_pairs
from ml.negatives import random_negatives
from ml.records import ItemRecord

KINDS, DIM, NOISE = 12, 16, 0.25


class Fixed:
    """An encoder of texts: one direction for each kind of thing that a title names."""

    release, dim = "fixed", DIM

    def __init__(self) -> None:
        self.directions = np.eye(DIM, dtype=np.float32)[:KINDS]

    def encode(self, texts) -> np.ndarray:
        return np.stack([self.directions[int(text.split()[1])] for text in texts])


@pytest.fixture(scope="module")
def items() -> EncodedItems:
    """Noisy photos, one to three of each item, of twelve kinds in two categories."""
    numbers = np.random.default_rng(0)
    kinds = numbers.integers(0, KINDS, 600)
    records = [
        ItemRecord(
            f"made:{number}",
            f"thing {kind} no{number}",
            "made",
            category=("Things", "Even" if kind % 2 == 0 else "Odd"),
            attributes={"Type": str(kind), "Color": "red"},
        )
        for number, kind in enumerate(kinds.tolist())
    ]
    owner = np.repeat(np.arange(600), numbers.integers(1, 4, 600))
    photos = Fixed().directions[kinds[owner]] + NOISE * numbers.normal(size=(len(owner), DIM))
    photos = (photos / np.linalg.norm(photos, axis=1, keepdims=True)).astype(np.float32)
    titles = Fixed().encode([record.title for record in records])
    return EncodedItems(records, photos, owner, titles, (), 0)


@pytest.fixture(scope="module")
def heads() -> dict[str, np.ndarray]:
    torch.manual_seed(0)
    module = MismatchHeads(model())
    with torch.no_grad():
        for head in (module.image, module.text):
            head.linear.weight.copy_(torch.eye(DIM))
            head.linear.bias.zero_()
            for parameter in head.correction[-1].parameters():
                parameter.zero_()
        module.text.words.weight.zero_()
    anchors = np.eye(DIM, dtype=np.float32)
    tensors = {name: tensor.numpy() for name, tensor in module.state_dict().items()}
    return tensors | {"anchors.photo": anchors, "anchors.title": anchors}


def model() -> MismatchConfig:
    sizes = {"image_dim": DIM, "text_dim": DIM, "shared_dim": DIM, "hidden_dim": 4}
    return MismatchConfig(image_release="fixed", text_release="fixed", **sizes)


@pytest.fixture(scope="module")
def predictor(items, heads):
    fitted = calibrate(model(), heads, items, (Fixed(), Fixed()), CalibrationConfig())
    return unsaved_predictor(fitted, heads, (Fixed(), Fixed()))


def test_probabilities_are_frequencies(predictor, items):
    scores, wrong = score_pairs(predictor, items, random_negatives(items.records, 9)).labelled()
    assert expected_calibration_error(scores, wrong) < 0.05
    stated, observed, _ = np.array(reliability(scores, wrong, bins=2)).T
    assert (np.diff(stated) > 0).all() and (np.diff(observed) > 0).all()


def test_verdicts_are_right_as_often_as_asked(predictor, items):
    scores, wrong = score_pairs(predictor, items, random_negatives(items.records, 9)).labelled()
    config = CalibrationConfig()
    assert (
        wrong[scores >= predictor.config.mismatch_above].mean() > config.mismatch_precision - 0.03
    )
    assert (~wrong)[scores <= predictor.config.match_below].mean() > config.match_precision - 0.03


def test_categories_with_products_enough_have_thresholds_near_those_of_all(predictor, items, heads):
    own = predictor.config.category_thresholds
    assert set(own) == {"things", "even", "odd"}
    assert all(below < above for below, above in own.values())
    few = replace(CalibrationConfig(), least_products=10_000)
    fitted = calibrate(model(), heads, items, (Fixed(), Fixed()), few)
    assert fitted.category_thresholds == {}


def test_the_planted_photo_is_named_and_clean_sets_are_left_alone(predictor, items):
    planted, clean = planted_sets(items, "own", 5), clean_sets(items, "own", 5)
    assert (named_photos(predictor, items, planted) == planted.planted).mean() > 0.8
    assert (named_photos(predictor, items, clean) >= 0).mean() < 0.1


def test_more_evidence_is_never_less_of_a_mismatch(predictor):
    logits = np.linspace(-8, 8, 50)
    assert (np.diff(calibrated(logits, predictor.config.slopes)) > 0).all()
