"""Everything that the valid split decides: the weights of the evidence and all thresholds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.artefacts import Artefact
from ml.encoders.base import ImageEncoder, TextEncoder, Vectors
from ml.mismatch.evaluate import SEED, score_pairs
from ml.mismatch.model import MismatchConfig, pair_features
from ml.mismatch.pairs import EncodedItems
from ml.mismatch.predict import MismatchPredictor
from ml.mismatch.threshold import choose_decision, choose_verdicts, fit_logistic
from ml.negatives import hard_negatives, random_negatives

Encoders = tuple[ImageEncoder, TextEncoder]
# Other wrong titles than those that `evaluate` draws.
CALIBRATION_SEED = SEED + 1


def calibrate(
    model: MismatchConfig,
    tensors: Mapping[str, NDArray[Any]],
    valid: EncodedItems,
    encoders: Encoders,
    *,
    hard_share: float,
    match_precision: float,
    mismatch_precision: float,
) -> MismatchConfig:
    """Fit the probability to true and wrong pairs, then choose the thresholds on it.

    `hard_share` of the wrong pairs' weight is on titles out of the same category. The thresholds
    are about whole items and random wrong titles: what a swapped photo looks like.
    """
    features, labels, weights = _evidence(model, tensors, valid, encoders, hard_share)
    model = replace(model, weights=fit_logistic(features, labels, weights))
    predictor = unsaved_predictor(model, tensors, encoders)
    pairs = score_pairs(predictor, valid, random_negatives(valid.records, CALIBRATION_SEED))
    scores, wrong = pairs.labelled()
    below, above = choose_verdicts(
        scores, wrong, match_precision=match_precision, mismatch_precision=mismatch_precision
    )
    decision = choose_decision(scores, wrong, np.ones(len(scores)))
    return replace(model, match_below=below, mismatch_above=above, decision=decision)


def unsaved_predictor(
    model: MismatchConfig, tensors: Mapping[str, NDArray[Any]], encoders: Encoders
) -> MismatchPredictor:
    """A predictor of weights that are not written yet, so that fitting measures what will serve."""
    artefact = Artefact(Path("unsaved"), asdict(model), dict(tensors), release="unsaved")
    return MismatchPredictor(artefact, *encoders)


def _evidence(
    model: MismatchConfig,
    tensors: Mapping[str, NDArray[Any]],
    valid: EncodedItems,
    encoders: Encoders,
    hard_share: float,
) -> tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.float64]]:
    """Features, labels and weights of photos with their own, random and hard titles."""
    predictor = unsaved_predictor(model, tensors, encoders)
    photos = predictor.project_photos(valid.photos)
    titles = predictor.project_titles(valid.titles, [record.title for record in valid.records])
    anchors: tuple[Vectors, Vectors] = tensors["anchors.photo"], tensors["anchors.title"]
    own = np.arange(len(valid.records))
    sets = (
        (own, False, 1.0),
        (random_negatives(valid.records, CALIBRATION_SEED), True, 1 - hard_share),
        (hard_negatives(valid.records, CALIBRATION_SEED), True, hard_share),
    )
    features, labels, weights = [], [], []
    for title_of, wrong, share in sets:
        rows = np.flatnonzero(title_of[valid.owner] >= 0)
        chosen = title_of[valid.owner[rows]]
        features.append(pair_features(photos[rows], titles[chosen], *anchors))
        labels.append(np.full(len(rows), wrong))
        weights.append(np.full(len(rows), share * len(own) / max(1, len(rows))))
    return np.concatenate(features), np.concatenate(labels), np.concatenate(weights)
