"""Figures of merit for scores against labels, as pure functions of arrays."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float64]
Labels = NDArray[np.bool_]


def roc_auc(scores: Scores, labels: Labels) -> float:
    """The chance that a positive scores above a negative, ties counted half; NaN without both."""
    positives = int(labels.sum())
    negatives = len(labels) - positives
    if not positives or not negatives:
        return float("nan")
    _, group, count = np.unique(scores, return_inverse=True, return_counts=True)
    last = np.cumsum(count)
    mean_rank = (last - count + 1 + last) / 2  # of every tied group
    above = mean_rank[group][labels].sum() - positives * (positives + 1) / 2
    return float(above / (positives * negatives))


def average_precision(scores: Scores, labels: Labels) -> float:
    """Area under the precision–recall steps; NaN without a positive."""
    if not labels.any():
        return float("nan")
    order = np.argsort(-scores, kind="stable")
    ranked, hits = scores[order], labels[order].astype(float)
    # Tied scores are one step: their order must not earn anything.
    ends = np.append(np.flatnonzero(np.diff(ranked)), len(ranked) - 1)
    found = np.cumsum(hits)[ends]
    precision = found / (ends + 1)
    gained = np.diff(found, prepend=0.0)
    return float((precision * gained).sum() / hits.sum())


def expected_calibration_error(probabilities: Scores, labels: Labels, bins: int = 15) -> float:
    """Mean gap between stated and observed frequency over equal-width bins, weighted by size."""
    if not len(labels):
        return float("nan")
    bin_of = np.minimum((probabilities * bins).astype(int), bins - 1)
    stated = np.bincount(bin_of, weights=probabilities, minlength=bins)
    observed = np.bincount(bin_of, weights=labels.astype(float), minlength=bins)
    return float(np.abs(stated - observed).sum() / len(labels))


def reliability(probabilities: Scores, labels: Labels, bins: int = 10) -> list[list[float]]:
    """Points of a reliability plot: mean probability, observed frequency, count; empty bins out."""
    bin_of = np.minimum((probabilities * bins).astype(int), bins - 1)
    return [
        [float(probabilities[here].mean()), float(labels[here].mean()), int(here.sum())]
        for here in (bin_of == number for number in range(bins))
        if here.any()
    ]


def bootstrap_interval(
    metric: Callable[[NDArray[np.int64]], float], count: int, *, rounds: int = 300, seed: int = 0
) -> tuple[float, float]:
    """95% percentile interval of `metric` over resampled indices 0..count-1.

    Resample the independent units: for pairs that share a product, its index, not the pair's.
    """
    if not count:
        return float("nan"), float("nan")
    generator = np.random.default_rng(seed)
    values = [metric(generator.integers(0, count, count)) for _ in range(rounds)]
    low, high = np.nanpercentile(values, [2.5, 97.5])
    return float(low), float(high)
