"""How far what is served has moved from what was trained on: the population stability index.

PSI = Σ (served − trained) · ln(served / trained) over bins with about equally much training in
each. Missing values have a bin of their own.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .model import Labels, Matrix, Row

BINS = 10
SCORE = "score"
# An empty bin would make the index infinite.
LEAST_SHARE = 1e-4
MOST_CODES = 12


@dataclass(frozen=True)
class Bins:
    """Of one column: `shares` are the training's, len(edges) + 1 ranges and the missing ones.

    A value v is in range i where edges[i − 1] < v ≤ edges[i]. A column of codes has a bin for each
    common code (codes[i]), then one for all others.
    """

    edges: tuple[float, ...]
    shares: tuple[float, ...]
    is_codes: bool = False

    def counts(self, values: NDArray[np.floating]) -> Labels:
        """(len(shares),)"""
        known = values[~np.isnan(values)]
        if self.is_codes:
            codes = np.array(self.edges, dtype=np.float64)
            hits = known[:, None] == codes  # (n, codes)
            place = np.where(hits.any(axis=1), hits.argmax(axis=1), len(codes))
        else:
            place = np.searchsorted(np.array(self.edges), known, side="left")
        counts = np.bincount(place, minlength=len(self.edges) + 1)
        return np.append(counts, len(values) - len(known)).astype(np.int64)

    def in_words(self) -> tuple[str, ...]:
        """What falls into each."""
        told = [f"{edge:.3g}" for edge in self.edges]
        if self.is_codes:
            return (*told, "others", "missing")
        if not told:
            return ("any", "missing")
        between = [f"{low} to {high}" for low, high in pairwise(told)]
        return (f"up to {told[0]}", *between, f"above {told[-1]}", "missing")

    def as_json(self) -> dict[str, Any]:
        return {"edges": self.edges, "shares": self.shares, "is_codes": self.is_codes}


def bins_of(values: NDArray[np.floating], *, is_codes: bool = False) -> Bins:
    known = values[~np.isnan(values)].astype(np.float64)
    if is_codes:
        codes, counts = np.unique(known, return_counts=True)
        edges = tuple(sorted(codes[np.argsort(-counts, kind="stable")][:MOST_CODES].tolist()))
    else:
        inner = np.quantile(known, np.linspace(0, 1, BINS + 1)[1:-1]) if len(known) else []
        edges = tuple(np.unique(inner).tolist())
    empty = Bins(edges, (), is_codes)
    counts = empty.counts(values)
    shares = counts / max(int(counts.sum()), 1)
    return Bins(edges, tuple(shares.tolist()), is_codes)


def training_bins(
    matrix: Matrix,
    scores: Row,
    columns: Sequence[str],
    *,
    codes: Collection[str],
    left_out: Collection[str],
) -> dict[str, Bins]:
    """Of each column but those left out, and of SCORE."""
    told = {
        name: bins_of(matrix[:, place], is_codes=name in codes)
        for place, name in enumerate(columns)
        if name not in left_out
    }
    return told | {SCORE: bins_of(scores)}


def bins_from_json(stored: Mapping[str, Any]) -> dict[str, Bins]:
    """Raises KeyError or TypeError where it was made by nobody's `as_json`."""
    return {
        name: Bins(tuple(each["edges"]), tuple(each["shares"]), bool(each["is_codes"]))
        for name, each in stored.items()
    }


def stability_index(shares: Sequence[float], counts: Sequence[int]) -> float:
    """0 for the same distribution; NaN where nothing was counted."""
    total = sum(counts)
    if not total:
        return float("nan")
    trained = np.maximum(np.array(shares), LEAST_SHARE)
    served = np.maximum(np.array(counts) / total, LEAST_SHARE)
    return float(((served - trained) * np.log(served / trained)).sum())
