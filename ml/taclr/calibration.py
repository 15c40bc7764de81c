"""From logits to answers: the null threshold and the confidences, chosen on a validation split."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml.taclr.evidence import NULL, Pair
from ml.taclr.metric import Counts, count
from ml.taclr.model import Calibration, probabilities

LEAST_INFERRED_PRECISION = 0.8  # of an answer that the text does not state, before it is shown
_BIASES = tuple(np.arange(-1.5, 1.75, 0.25).tolist())
_SHARPNESSES = (0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.15, 1.3)


@dataclass(frozen=True)
class Scored:
    """One pair of the validation split with its logits and the rows that are right."""

    pair: Pair
    gold: tuple[str, ...]
    right_rows: NDArray[np.bool_]
    logits: NDArray[np.float32]

    def answer(self, calibration: Calibration) -> tuple[str | None, float]:
        """(value or None, confidence), the floor of inferred answers not yet applied."""
        chances = probabilities(self.pair, self.logits, calibration)
        best = max(chances, key=lambda value: chances[value])
        return (None if best == NULL else self.pair.names[best]), chances[best]

    def states(self, value: str) -> bool:
        number = self.pair.names.index(value)
        return any(m is not None and m.value == number for m in self.pair.mentions)


def choose_calibration(scored: Sequence[Scored]) -> Calibration:
    """Null bias by F1, sharpness by likelihood, floor of inferred answers by their precision."""
    bias = max(_BIASES, key=lambda bias: (_f1(scored, Calibration(bias)), -abs(bias)))
    sharpness = max(_SHARPNESSES, key=lambda s: _likelihood(scored, Calibration(bias, s)))
    calibration = Calibration(bias, sharpness)
    return Calibration(bias, sharpness, _inferred_floor(scored, calibration))


def metrics_of(scored: Sequence[Scored], calibration: Calibration) -> dict[str, float]:
    """F1 and expected calibration error of the answers on these pairs."""
    answers = [(each.answer(calibration), each.gold) for each in scored]
    given = [(sure, value in gold) for (value, sure), gold in answers if value is not None]
    return {
        "pairs": len(scored),
        "f1": round(_f1(scored, calibration), 4),
        "ece_of_answers": round(expected_calibration_error(given), 4),
    }


def expected_calibration_error(given: Sequence[tuple[float, bool]], bins: int = 10) -> float:
    """Mean distance of confidence and accuracy over equal-width bins, weighted by their size."""
    if not given:
        return 0.0
    sure = np.array([confidence for confidence, _ in given])
    right = np.array([correct for _, correct in given], dtype=float)
    place = np.minimum((sure * bins).astype(int), bins - 1)
    gaps = [
        abs(sure[place == each].mean() - right[place == each].mean()) * np.mean(place == each)
        for each in np.unique(place)
    ]
    return float(np.sum(gaps))


def _f1(scored: Sequence[Scored], calibration: Calibration) -> float:
    total = Counts()
    for each in scored:
        value, _ = each.answer(calibration)
        total += count(each.gold, [] if value is None else [value])
    return total.f1


def _likelihood(scored: Sequence[Scored], calibration: Calibration) -> float:
    total = 0.0
    for each in scored:
        chances = probabilities(each.pair, each.logits, calibration)
        right = set(each.pair.values[each.right_rows].tolist())
        total += float(np.log(max(1e-9, sum(chances[value] for value in right))))
    return total


def _inferred_floor(scored: Sequence[Scored], calibration: Calibration) -> float:
    """The lowest confidence from which inferred answers are right often enough; 1 if never."""
    inferred = []
    for each in scored:
        value, confidence = each.answer(calibration)
        if value is not None and not each.states(value):
            inferred.append((confidence, value in each.gold))
    for floor in np.arange(0.0, 1.0, 0.05).tolist():
        kept = [right for confidence, right in inferred if confidence >= floor]
        if kept and float(np.mean(kept)) >= LEAST_INFERRED_PRECISION:
            return float(floor)
    return 1.0
