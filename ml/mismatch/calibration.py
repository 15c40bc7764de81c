"""Everything that the valid split decides: the weights of the evidence and all thresholds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from ml.artefacts import Artefact
from ml.encoders.base import ImageEncoder, TextEncoder
from ml.mismatch.model import MismatchConfig, mismatch_logits, two_sided
from ml.mismatch.outliers import outlier_features
from ml.mismatch.pairs import EncodedItems
from ml.mismatch.planted import PhotoSets, Rights, clean_sets, planted_sets
from ml.mismatch.predict import MismatchPredictor
from ml.mismatch.scoring import SEED, PairScores, score_pairs, set_logits
from ml.mismatch.threshold import (
    ThresholdError,
    choose_decision,
    choose_verdicts,
    fit_logistic,
    threshold_of_false_alarms,
)
from ml.negatives import hard_negatives, random_negatives

Encoders = tuple[ImageEncoder, TextEncoder]
_LEAST_SLOPE = 0.05  # more evidence is never less of a mismatch

Evidence = tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.float64]]
# Other wrong titles than those that `evaluate` draws.
CALIBRATION_SEEDS = tuple(range(SEED + 1, SEED + 4))


@dataclass(frozen=True)
class CalibrationConfig:
    """What people want of the thresholds; what they come to is read from the valid split."""

    # Of the weight of wrong pairs that the probability is fitted to, on titles out of the same
    # category. More finds more of them, and makes it timid about photos of another thing.
    hard_share: float = 0.10
    # Of each verdict. To accuse a seller wrongly costs more than to overlook something.
    match_precision: float = 0.93
    mismatch_precision: float = 0.96
    least_products: int = 40  # of a category, to have thresholds of its own
    shrinkage: float = 100.0  # products as many as which the thresholds of all count
    outlier_false_alarms: float = 0.03  # of listings whose photos are all right


def calibrate(
    model: MismatchConfig,
    tensors: Mapping[str, NDArray[Any]],
    valid: EncodedItems,
    encoders: Encoders,
    config: CalibrationConfig,
) -> MismatchConfig:
    """Fit the probability to true and wrong pairs, then choose the thresholds on it.

    The thresholds are about whole items and random wrong titles: what a swapped photo looks like.
    """
    features, labels, sample_weight = _evidence(
        unsaved_predictor(model, tensors, encoders), valid, config.hard_share
    )
    weights = fit_logistic(features, labels, sample_weight)
    sides = two_sided(mismatch_logits(features, weights))
    under, over, constant = fit_logistic(sides, labels, sample_weight)
    model = replace(
        model,
        weights=weights,
        slopes=(max(under, _LEAST_SLOPE), max(over, _LEAST_SLOPE), constant),
        hard_share=config.hard_share,
    )
    predictor = unsaved_predictor(model, tensors, encoders)
    pairs = score_pairs(predictor, valid, random_negatives(valid.records, CALIBRATION_SEEDS[0]))
    below, above = _verdicts_of(pairs, config)
    scores, wrong = pairs.labelled()
    model = replace(
        model,
        match_below=below,
        mismatch_above=above,
        decision=choose_decision(scores, wrong, np.ones(len(scores))),
        category_thresholds=_by_category(pairs, (below, above), config),
    )
    return _with_outliers(model, predictor, valid, config)


def unsaved_predictor(
    model: MismatchConfig, tensors: Mapping[str, NDArray[Any]], encoders: Encoders
) -> MismatchPredictor:
    """A predictor of weights that are not written yet, so that fitting measures what will serve."""
    artefact = Artefact(Path("unsaved"), asdict(model), dict(tensors), release="unsaved")
    return MismatchPredictor(artefact, *encoders)


def _evidence(predictor: MismatchPredictor, valid: EncodedItems, hard_share: float) -> Evidence:
    """Features, labels and weights of photos with their own, random and hard titles.

    Right and wrong pairs weigh the same.
    """
    photos = predictor.project_photos(valid.photos)
    titles = predictor.title_rows(valid.titles, [record.title for record in valid.records])
    count, draws = len(valid.records), len(CALIBRATION_SEEDS)
    sets = [(np.arange(count), False, 1.0)]
    for seed in CALIBRATION_SEEDS:
        sets.append((random_negatives(valid.records, seed), True, (1 - hard_share) / draws))
        sets.append((hard_negatives(valid.records, seed), True, hard_share / draws))
    features, labels, weights = [], [], []
    for title_of, wrong, share in sets:
        rows = np.flatnonzero(title_of[valid.owner] >= 0)
        chosen = title_of[valid.owner[rows]]
        features.append(predictor.features(photos[rows], titles.take(chosen)))
        labels.append(np.full(len(rows), wrong))
        weights.append(np.full(len(rows), share * count / max(1, len(rows))))
    return np.concatenate(features), np.concatenate(labels), np.concatenate(weights)


def _verdicts_of(pairs: PairScores, config: CalibrationConfig) -> tuple[float, float]:
    return choose_verdicts(
        *pairs.labelled(),
        match_precision=config.match_precision,
        mismatch_precision=config.mismatch_precision,
    )


def _by_category(
    pairs: PairScores, of_all: tuple[float, float], config: CalibrationConfig
) -> dict[str, tuple[float, float]]:
    """Thresholds of each category that has products enough, drawn towards those of all."""
    members: dict[str, list[int]] = defaultdict(list)
    for row, record in enumerate(pairs.records):
        for name in {name.lower() for name in record.category}:
            members[name].append(row)
    chosen: dict[str, tuple[float, float]] = {}
    for name, rows in sorted(members.items()):
        if len(rows) < config.least_products:
            continue
        keep = np.zeros(len(pairs.records), dtype=np.bool_)
        keep[rows] = True
        try:
            own = _verdicts_of(pairs.only(keep), config)
        except ThresholdError:
            continue  # the category is too hard to reach the precision: those of all serve
        share = len(rows) / (len(rows) + config.shrinkage)
        below, above = (
            share * mine + (1 - share) * all_ for mine, all_ in zip(own, of_all, strict=True)
        )
        chosen[name] = below, max(above, float(np.nextafter(below, 1)))
    return chosen


def _with_outliers(
    model: MismatchConfig,
    predictor: MismatchPredictor,
    valid: EncodedItems,
    config: CalibrationConfig,
) -> MismatchConfig:
    """Weights and threshold of the wrong photo among right ones; as they are without any set."""
    drawn = [clean_sets(valid, rights, SEED + 1) for rights in get_args(Rights)]
    clean = [sets for sets in drawn if len(sets.record)]
    planted = [
        planted_sets(valid, rights, seed, same_source=same)
        for rights in get_args(Rights)
        for seed, same in ((SEED + 1, False), (SEED + 2, True))
    ]
    if not clean:
        return model
    features, labels, weights = _outlier_evidence(predictor, valid, [*clean, *planted])
    model = replace(model, outlier_weights=fit_logistic(features, labels, weights))
    fitted = np.array(model.outlier_weights)
    worst = np.concatenate(
        [
            (features_of_set @ fitted[:-1] + fitted[-1]).max(axis=1)
            for features_of_set in (_set_features(predictor, valid, sets) for sets in clean)
        ]
    )
    above = threshold_of_false_alarms(1 / (1 + np.exp(-worst)), config.outlier_false_alarms)
    return replace(model, outlier_above=above)


def _outlier_evidence(
    predictor: MismatchPredictor, valid: EncodedItems, groups: Sequence[PhotoSets]
) -> Evidence:
    """Features, labels and weights of every photo of every set; each group weighs the same."""
    features, labels, weights = [], [], []
    for sets in groups:
        if not len(sets.record):
            continue
        of_photos = _set_features(predictor, valid, sets)
        features.append(of_photos.reshape(-1, of_photos.shape[-1]))
        labels.append((np.arange(sets.photos.shape[1]) == sets.planted[:, None]).ravel())
        weights.append(np.full(sets.photos.size, 1000 / sets.photos.size))
    return np.concatenate(features), np.concatenate(labels), np.concatenate(weights)


def _set_features(
    predictor: MismatchPredictor, items: EncodedItems, sets: PhotoSets
) -> NDArray[np.float64]:
    """(sets, 3, f) outlier features."""
    photos, logits = set_logits(predictor, items, sets)
    rows = [outlier_features(one, photos[of]) for one, of in zip(logits, sets.photos, strict=True)]
    return np.array(rows).reshape(len(sets.record), sets.photos.shape[1], -1)
