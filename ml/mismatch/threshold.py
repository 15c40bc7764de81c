"""From evidence to a probability, and from a probability to a verdict: pure functions of arrays.

Labels are true where photo and title do not belong together.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float64]
Labels = NDArray[np.bool_]


class ThresholdError(ValueError):
    """The labelled scores cannot decide a threshold; the message says what they lack."""


def sigmoid(logits: Scores) -> Scores:
    """Probabilities of log-odds, without overflow at either end."""
    positive: Scores = 0.5 * (1 + np.tanh(0.5 * logits))
    return positive


def fit_logistic(
    features: Scores, labels: Labels, sample_weight: Scores, ridge: float = 1e-3
) -> tuple[float, ...]:
    """Weights of a logistic regression over features (n, k), and its constant, last (Platt 1999).

    Newton's method with a slight ridge on the weights, so that separable data has an answer.
    """
    _require_both(labels)
    design = np.column_stack([features, np.ones(len(features))])  # (n, k + 1)
    penalty = ridge * np.append(np.ones(features.shape[1]), 0.0) * sample_weight.sum()
    weights = np.zeros(design.shape[1])
    for _ in range(100):
        probability = sigmoid(design @ weights)
        gradient = design.T @ (sample_weight * (probability - labels)) + penalty * weights
        curvature = sample_weight * np.maximum(probability * (1 - probability), 1e-9)
        hessian = (design * curvature[:, None]).T @ design + np.diag(penalty)
        step = np.linalg.solve(hessian, gradient)
        weights -= step
        if np.abs(step).max() < 1e-9:
            break
    return tuple(float(weight) for weight in weights)


def choose_threshold(scores: Scores, labels: Labels, *, target_precision: float) -> float:
    """The lowest score such that of all at or above it, `target_precision` are mismatches.

    Raises ThresholdError when no score reaches the target.
    """
    _require_both(labels)
    order = np.argsort(-scores, kind="stable")
    ranked = scores[order]
    ends = np.append(np.flatnonzero(np.diff(ranked)), len(ranked) - 1)  # tied scores go together
    precision = np.cumsum(labels[order])[ends] / (ends + 1)
    reached = np.flatnonzero(precision >= target_precision)
    if not len(reached):
        raise ThresholdError(
            f"no threshold reaches precision {target_precision}; best is {precision.max():.3f}"
        )
    return float(ranked[ends[reached[-1]]])


def choose_verdicts(
    scores: Scores, labels: Labels, *, match_precision: float, mismatch_precision: float
) -> tuple[float, float]:
    """(match_below, mismatch_above): each verdict is right as often as its precision says.

    Where both could be given, the middle of the overlap divides them and nothing is unsure.
    """
    mismatch_above = choose_threshold(scores, labels, target_precision=mismatch_precision)
    # Negated, not taken from 1: a score must equal the threshold that was made of it.
    match_below = -choose_threshold(-scores, ~labels, target_precision=match_precision)
    if match_below >= mismatch_above:
        middle = (match_below + mismatch_above) / 2
        return float(np.nextafter(middle, 0)), middle
    return match_below, mismatch_above


def choose_decision(scores: Scores, labels: Labels, sample_weight: Scores) -> float:
    """The score at or above which calling a mismatch is wrong least often."""
    _require_both(labels)
    order = np.argsort(scores, kind="stable")
    ranked, wrong = scores[order], np.where(labels[order], 1.0, -1.0) * sample_weight[order]
    # Cut before rank i: mismatches under it are missed, matches from it on are accused.
    errors = np.concatenate([[0.0], np.cumsum(wrong)])
    starts = np.concatenate([[0], np.flatnonzero(np.diff(ranked)) + 1, [len(ranked)]])
    best = int(starts[np.argmin(errors[starts])])
    low = ranked[best - 1] if best > 0 else 0.0
    high = ranked[best] if best < len(ranked) else 1.0
    return float((low + high) / 2)


def threshold_of_false_alarms(scores: Scores, share: float) -> float:
    """The lowest score above which at most `share` of these harmless ones lie; just above them."""
    ranked = np.sort(scores)[::-1]
    return float(np.nextafter(ranked[int(share * len(ranked))], np.inf))


def error_rate(scores: Scores, labels: Labels, threshold: float) -> float:
    """Share of wrong answers when a mismatch is called at or above the threshold."""
    return float(np.mean((scores >= threshold) != labels)) if len(labels) else float("nan")


def _require_both(labels: Labels) -> None:
    if labels.all() or not labels.any():
        raise ThresholdError("thresholds need both matches and mismatches among the labels")
