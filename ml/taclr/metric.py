"""Attribute F1 exactly as the TACLR authors' released code counts it (papers.md §1.5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

MEASURES = frozenset({"Width", "Height", "Depth", "Length"})


@dataclass(frozen=True)
class Counts:
    """True positives, false positives and false negatives."""

    tp: int = 0
    fp: int = 0
    fn: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.tp + other.tp, self.fp + other.fp, self.fn + other.fn)

    @property
    def precision(self) -> float:
        return self.tp / (self.tp + self.fp) if self.tp + self.fp else 0.0

    @property
    def recall(self) -> float:
        return self.tp / (self.tp + self.fn) if self.tp + self.fn else 0.0

    @property
    def f1(self) -> float:
        """0 where there is nothing to find and nothing was found."""
        total = 2 * self.tp + self.fp + self.fn
        return 2 * self.tp / total if total else 0.0


def count(gold: Sequence[str], predicted: Sequence[str]) -> Counts:
    """One (item, attribute).

    Any gold value suffices, only the first answer counts, and a wrong answer is both a false
    positive and a false negative.
    """
    if not gold:
        return Counts(fp=1) if predicted else Counts()
    if not predicted:
        return Counts(fn=1)
    return Counts(tp=1) if predicted[0] in gold else Counts(fp=1, fn=1)


def bootstrap_f1(
    items: Sequence[Counts], *, draws: int = 1000, seed: int = 0
) -> tuple[float, float]:
    """95% interval of micro F1 when whole items are drawn again."""
    table = np.array([(each.tp, each.fp, each.fn) for each in items], dtype=float)
    generator = np.random.default_rng(seed)
    drawn = generator.integers(0, len(items), (draws, len(items)))
    tp, fp, fn = (table[:, column][drawn].sum(axis=1) for column in range(3))
    f1 = 2 * tp / np.maximum(2 * tp + fp + fn, 1)
    low, high = np.percentile(f1, [2.5, 97.5])
    return float(low), float(high)


def pooled(
    items: Sequence[Mapping[str, Counts]], *, without: frozenset[str] = frozenset()
) -> Counts:
    """Counts over all items and all attributes but those in `without`."""
    total = Counts()
    for attributes in items:
        for attribute, counts in attributes.items():
            if attribute not in without:
                total += counts
    return total
