"""What the trees look at, and whether they keep to what must only rise or only fall."""

from __future__ import annotations

from typing import Any

import numpy as np

from .model import Matrix, RankingData, Row
from .predict import Ranker

# Rows that stand for all: their own order decides nothing.
EXPLAINED = 2000
ASKED = 200
STEPS = 16
# Sums of leaves are not exact.
ROUNDING = 1e-9


def column_report(ranker: Ranker, data: RankingData, gain: Row) -> list[dict[str, Any]]:
    """Of each column, the most important first: its share of the trees' gain, and the mean of
    what it adds to a score or takes from it (|TreeSHAP|)."""
    told = np.abs(ranker.contributions(_spread(data.matrix, EXPLAINED))[:, :-1]).mean(axis=0)
    shares = gain / max(float(gain.sum()), 1e-12)
    rows = [
        {"column": name, "gain": float(share), "shap": float(shap)}
        for name, share, shap in zip(ranker.config.columns, shares, told, strict=True)
    ]
    return sorted(rows, key=lambda row: (-row["shap"], row["column"]))


def monotone_report(ranker: Ranker, data: RankingData) -> list[dict[str, Any]]:
    """Of each column that must only rise (1) or fall (−1): its curve of partial dependence, the
    most that it goes the wrong way, and whether it holds."""
    rows = _spread(data.matrix, ASKED)
    report = []
    for name, direction in sorted(ranker.config.monotone.items()):
        values, curve = partial_dependence(ranker, rows, ranker.config.columns.index(name))
        wrong = float(np.max(-direction * np.diff(curve), initial=0.0))
        report.append(
            {
                "column": name,
                "direction": direction,
                "points": [[float(x), float(y)] for x, y in zip(values, curve, strict=True)],
                "wrong": wrong,
                "holds": wrong <= ROUNDING,
            }
        )
    return report


def partial_dependence(ranker: Ranker, rows: Matrix, place: int) -> tuple[Row, Row]:
    """The mean score of the rows with each of a column's own quantiles in the place of its value.

    Both of (k,); empty where the column has no values.
    """
    known = rows[:, place][~np.isnan(rows[:, place])].astype(np.float64)
    if not len(known):
        return np.zeros(0), np.zeros(0)
    values = np.unique(np.quantile(known, np.linspace(0, 1, STEPS)).astype(np.float32))
    changed = np.repeat(rows[None], len(values), axis=0)  # (k, n, F)
    changed[:, :, place] = values[:, None]
    scores = ranker.scores(changed.reshape(-1, rows.shape[1])).reshape(len(values), -1)
    return values.astype(np.float64), scores.mean(axis=1)


def _spread(matrix: Matrix, most: int) -> Matrix:
    """No more rows than `most`, evenly over all."""
    count = min(most, len(matrix))
    return matrix[np.arange(count) * len(matrix) // max(count, 1)]
