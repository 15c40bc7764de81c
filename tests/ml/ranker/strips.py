"""Made-up strips whose right order is known."""

from __future__ import annotations

import numpy as np

from ml.ranker.model import LEVELS, RankingData

COLUMNS = ("wanted", "eye_catching", "noise", "codes")
SIZE = 8


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def made_strips(groups: int, seed: int) -> RankingData:
    """`wanted` decides what is watched and bought, `eye_catching` what is clicked."""
    rng = np.random.default_rng(seed)
    n = groups * SIZE
    matrix = rng.normal(size=(n, len(COLUMNS))).astype(np.float32)
    matrix[:, 3] = rng.integers(0, 3, n)
    matrix[rng.random(n) < 0.05, 2] = np.nan
    clicked = rng.random(n) < sigmoid(2 * matrix[:, 1] - 1)
    watched = clicked & (rng.random(n) < sigmoid(2 * matrix[:, 0] - 1))
    bought = clicked & (rng.random(n) < sigmoid(3 * matrix[:, 0] - 4))
    labels = np.zeros(n, dtype=np.int64)
    for rows, level in ((clicked, "click"), (watched, "watch"), (bought, "purchase")):
        labels[rows] = LEVELS.index(level)
    return RankingData(matrix, labels, np.full(groups, SIZE), None, COLUMNS)
