"""Multi-relevance ranking (eBay, "Multi-Relevance Ranking Model for Similar Item Recommendation").

Each group is one strip that somebody saw. A row is a place of it: what the ranker saw of the item,
and the most that this person did with it. papers.md section 8.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

KIND = "ranker"
FORMAT_VERSION = 1
MODEL_FILE = "model.txt"

# In the seed's order; how far each is from a purchase is computed from a log (labels.py).
LEVELS = ("none", "click", "watch", "cart", "offer", "buy_now", "purchase")
NONE, CLICK, PURCHASE = LEVELS.index("none"), LEVELS.index("click"), LEVELS.index("purchase")

Matrix = NDArray[np.float32]
Labels = NDArray[np.int64]
Row = NDArray[np.float64]


class Scheme(StrEnum):
    """Which acts are told apart."""

    PURCHASE = "purchase"  # bought or not
    CLICK = "click"  # nothing, something, bought
    MULTI = "multi"  # all of them


class Gain(StrEnum):
    """What a step on the scale is worth to the loss."""

    LINEAR = "linear"  # l
    EXPONENTIAL = "exponential"  # 2^l − 1


class RankerError(Exception):
    """There is nothing to learn or judge from, or it does not fit; the message says what."""


@dataclass(frozen=True)
class RankerConfig:
    """`order` is LEVELS from the least to the most; `weights` by level, 1 where none is named.

    `monotone` holds columns by name: 1 where more may only be better, −1 where only worse.
    """

    columns: tuple[str, ...]
    order: tuple[str, ...] = LEVELS
    scheme: Scheme = Scheme.MULTI
    weights: Mapping[str, float] = field(default_factory=dict)
    gain: Gain = Gain.LINEAR
    categories: tuple[str, ...] = ()
    monotone: Mapping[str, int] = field(default_factory=dict)
    leaves: int = 15
    learning_rate: float = 0.08
    min_data: int = 40
    l2: float = 1.0
    truncation: int = 20  # pairs with one of so many places at the top are looked at
    rounds: int = 100  # each costs serving some 35 µs a thousand rows
    patience: int = 25
    seed: int = 0

    def __post_init__(self) -> None:
        if sorted(self.order) != sorted(LEVELS) or self.order[0] != "none":
            raise ValueError(f"order: the {len(LEVELS)} levels, none first, not {self.order}")
        unknown = set(self.weights) - set(LEVELS)
        if unknown or min(self.weights.values(), default=1.0) <= 0:
            raise ValueError(f"weights: positive, of {', '.join(LEVELS)}")
        named = {*self.categories, *self.monotone} - set(self.columns)
        if named:
            raise ValueError(f"columns: {', '.join(sorted(named))} are not among them")

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """Raises KeyError, TypeError or ValueError where it was made by nobody's `as_json`."""
        known = {name: stored[name] for name in cls.__dataclass_fields__}
        for name in ("columns", "order", "categories"):
            known[name] = tuple(known[name])
        return cls(**known | {"scheme": Scheme(known["scheme"]), "gain": Gain(known["gain"])})


@dataclass(frozen=True, eq=False)
class RankingData:
    """n rows in g groups that follow each other.

    `labels` are places in LEVELS. `weights` are inverse propensities, None where nothing was left
    to chance. Raises ValueError where these do not fit together.
    """

    matrix: Matrix  # (n, F)
    labels: Labels  # (n,)
    groups: Labels  # (g,) sizes
    weights: Row | None  # (n,)
    columns: tuple[str, ...]  # F names

    def __post_init__(self) -> None:
        n = len(self.matrix)
        if self.matrix.shape != (n, len(self.columns)):
            raise ValueError(f"matrix of {self.matrix.shape} for {len(self.columns)} columns")
        if len(self.labels) != n or int(self.groups.sum()) != n or (self.groups < 1).any():
            raise ValueError("labels and groups do not cover the rows")
        if n and not (self.labels.min() >= 0 and self.labels.max() < len(LEVELS)):
            raise ValueError("labels: a place in LEVELS")
        if self.weights is not None and not (self.weights.shape == (n,) and self._positive()):
            raise ValueError("weights: a positive number for each row")

    def _positive(self) -> bool:
        assert self.weights is not None
        return bool(np.isfinite(self.weights).all() and (self.weights > 0).all())

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def group_of(self) -> Labels:
        """Whose each row is, (n,), from 0."""
        return np.repeat(np.arange(len(self.groups)), self.groups)

    def part(self, first: int, last: int) -> RankingData:
        """The groups first ≤ g < last."""
        ends = np.concatenate([[0], np.cumsum(self.groups)])
        rows = slice(int(ends[first]), int(ends[last]))
        weights = None if self.weights is None else self.weights[rows]
        return RankingData(
            self.matrix[rows], self.labels[rows], self.groups[first:last], weights, self.columns
        )


def together(parts: Sequence[RankingData]) -> RankingData:
    """One after the other. Raises ValueError where they have other columns, or there is none."""
    if len({part.columns for part in parts}) != 1:
        raise ValueError("parts with the same columns, one at least")
    weighted = any(part.weights is not None for part in parts)
    ones = [np.ones(len(part)) if part.weights is None else part.weights for part in parts]
    return RankingData(
        np.concatenate([part.matrix for part in parts]),
        np.concatenate([part.labels for part in parts]),
        np.concatenate([part.groups for part in parts]),
        np.concatenate(ones) if weighted else None,
        parts[0].columns,
    )
