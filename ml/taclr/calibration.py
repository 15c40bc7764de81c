"""From logits to answers: null bias, confidences and thresholds, all chosen out of fold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from ml import metrics
from ml.taclr.evidence import NULL, Pair
from ml.taclr.metric import Counts, count
from ml.taclr.model import Calibration, Platt, shares
from ml.taclr.taxonomy import AttributeSpec

TARGETS = (0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 0.98)  # precisions with a threshold
LEAST_SHOWN = 0.5  # an answer that is likelier wrong than right helps nobody, whatever the target
NEVER = 2.0  # a threshold that no confidence reaches
LEAST_ANSWERS = 40  # of an attribute before it has thresholds of its own
PULL = 10.0  # answers by which an attribute's precision is drawn towards that of all
_BIASES = tuple(np.arange(-1.5, 1.75, 0.25).tolist())


@dataclass(frozen=True)
class Scored:
    """One pair with logits of a scorer that did not train on it."""

    pair: Pair
    gold: tuple[str, ...]
    known: bool
    logits: NDArray[np.float32]

    def answer(self, null_bias: float) -> tuple[str | None, float, bool]:
        """(value or None, its share of the softmax, whether the text states it)."""
        chances = shares(self.pair, self.logits, null_bias)
        best = max(chances, key=lambda value: chances[value])
        if best == NULL:
            return None, chances[best], False
        stated = any(m is not None and m.value == best for m in self.pair.mentions)
        return self.pair.names[best], chances[best], stated


@dataclass(frozen=True)
class Given:
    """An answer with its calibrated confidence and whether it was right."""

    spec: AttributeSpec
    known: bool
    stated: bool
    confidence: float
    right: bool


def choose_calibration(scored: Sequence[Scored]) -> Calibration:
    """Null bias by F1, then confidences by logistic regression on whether answers were right."""
    bias = max(_BIASES, key=lambda bias: (_f1(scored, bias), -abs(bias)))
    answers = [(each.answer(bias), each.gold) for each in scored]
    platts = []
    for wanted in (True, False):
        own = [
            (share, value in gold)
            for (value, share, stated), gold in answers
            if value is not None and stated == wanted
        ]
        platts.append(_platt(own))
    return Calibration(bias, *platts)


def _platt(answers: Sequence[tuple[float, bool]]) -> Platt:
    """The identity where the answers cannot tell: all of them right, or wrong, or none there."""
    right = [correct for _, correct in answers]
    if len(set(right)) < 2:
        return Platt()
    held = np.clip([share for share, _ in answers], 1e-6, 1 - 1e-6)
    model = LogisticRegression(C=100.0).fit(np.log(held / (1 - held))[:, None], right)
    return Platt(float(model.coef_[0, 0]), float(model.intercept_[0]))


def given(scored: Iterable[Scored], calibrations: Mapping[bool, Calibration]) -> list[Given]:
    """The answers, by the calibration for known attributes (True) or for others (False)."""
    found = []
    for each in scored:
        calibration = calibrations[each.known]
        value, share, stated = each.answer(calibration.null_bias)
        if value is not None:
            platt = calibration.stated if stated else calibration.inferred
            right = value in each.gold
            found.append(Given(each.pair.spec, each.known, stated, platt(share), right))
    return found


def thresholds_of(answers: Sequence[Given]) -> dict[str, list[float]]:
    """Least confidences by key, one per target of TARGETS.

    A key is an attribute that training saw often enough, or all answers alike; stated values and
    inferred ones apart, for what is written is far more often right.
    """
    groups: dict[str, list[Given]] = {}
    own: dict[str, list[Given]] = {}
    for each in answers:
        groups.setdefault(group_key(each.known, each.stated), []).append(each)
        if each.known:
            own.setdefault(own_key(each.spec, each.stated), []).append(each)
    curves = {key: _thresholds(held, _Plain()) for key, held in groups.items()}
    for key, held in own.items():
        if len(held) >= LEAST_ANSWERS:
            alike = groups[group_key(True, held[0].stated)]
            curves[key] = _thresholds(held, _Pulled(alike))
    return curves


class _Plain:
    def __call__(self, right: int, total: int, threshold: float) -> float:
        return right / total


class _Pulled:
    """Precision drawn towards what all answers of the kind above the threshold have."""

    def __init__(self, answers: Sequence[Given]) -> None:
        ordered = sorted(answers, key=lambda each: each.confidence)
        self._confidences = np.array([each.confidence for each in ordered])
        right = np.array([each.right for each in ordered], float)
        self._right = np.append(np.cumsum(right[::-1])[::-1], 0.0)

    def __call__(self, right: int, total: int, threshold: float) -> float:
        first = int(np.searchsorted(self._confidences, threshold))
        every = len(self._confidences) - first
        usual = float(self._right[first]) / every if every else 1.0
        return (right + PULL * usual) / (total + PULL)


def _thresholds(answers: Sequence[Given], precision: _Plain | _Pulled) -> list[float]:
    """For each target the least threshold above which answers are right often enough."""
    ordered = sorted(answers, key=lambda each: -each.confidence)
    right = np.cumsum([each.right for each in ordered])
    # Answers alike in confidence pass a threshold together.
    lasts = {each.confidence: place for place, each in enumerate(ordered)}
    points = [
        (confidence, precision(int(right[place]), place + 1, confidence))
        for confidence, place in lasts.items()
    ]
    return [
        round(min((at for at, reached in points if reached >= target), default=NEVER), 4)
        for target in TARGETS
    ]


def risk_coverage(answers: Sequence[Given], asked: Mapping[str, int]) -> dict[str, Any]:
    """Attribute -> [coverage, precision, threshold] rows, as staff look at them.

    `asked` has the number of pairs of each attribute: coverage is the share of them answered.
    """
    groups: dict[str, list[Given]] = {}
    for each in answers:
        groups.setdefault(attribute_key(each.spec), []).append(each)
    table = {}
    for key, held in sorted(groups.items()):
        if len(held) < LEAST_ANSWERS:
            continue
        rows = []
        for threshold in (0.0, 0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95):
            kept = [each.right for each in held if each.confidence >= threshold]
            if kept:
                share, precision = len(kept) / asked[key], float(np.mean(kept))
                rows.append([round(share, 4), round(precision, 4), threshold])
        table[key] = rows
    return table


def least_confidence(
    thresholds: Mapping[str, Sequence[float]],
    spec: AttributeSpec,
    *,
    known: bool,
    stated: bool,
    target: float,
) -> float:
    """The confidence from which answers are shown, so that `target` of them are right.

    The attribute's own threshold where there is one, else that of answers alike.
    """
    place = next((n for n, each in enumerate(TARGETS) if each >= target), len(TARGETS) - 1)
    group = thresholds.get(group_key(known, stated))
    own = thresholds.get(own_key(spec, stated)) if known else None
    chosen = own if own is not None else group
    # Without any answer of this kind to learn from, the confidence is taken at its word.
    return max(LEAST_SHOWN, target if chosen is None else chosen[place])


def attribute_key(spec: AttributeSpec) -> str:
    return f"{spec.category} | {spec.attribute}"


def own_key(spec: AttributeSpec, stated: bool) -> str:
    return f"{attribute_key(spec)} | {'stated' if stated else 'inferred'}"


def group_key(known: bool, stated: bool) -> str:
    return f"{'known' if known else 'unseen'}, {'stated' if stated else 'inferred'}"


def metrics_of(scored: Sequence[Scored], calibration: Calibration) -> dict[str, float]:
    """F1 and expected calibration error of the answers on these pairs."""
    answers = given(scored, {True: calibration, False: calibration})
    pairs = [(each.confidence, each.right) for each in answers]
    return {
        "pairs": len(scored),
        "f1": round(_f1(scored, calibration.null_bias), 4),
        "ece_of_answers": round(expected_calibration_error(pairs), 4),
    }


def expected_calibration_error(given: Sequence[tuple[float, bool]], bins: int = 10) -> float:
    """Mean gap of confidence and accuracy over (confidence, right) pairs; 0 without any."""
    if not given:
        return 0.0
    sure, right = (np.array(column) for column in zip(*given, strict=True))
    return metrics.expected_calibration_error(sure, right, bins)


def _f1(scored: Sequence[Scored], null_bias: float) -> float:
    total = Counts()
    for each in scored:
        value, _, _ = each.answer(null_bias)
        total += count(each.gold, [] if value is None else [value])
    return total.f1
