"""An additive model of late fusion: every recall set that found an item adds to its score.

score(item) = Σ over the sets s that found it of  w_s · x_s(item), with x_s from what the set itself
says: its place, its score, its share of the set's best score, its support. Additive, so that what
each set gave is a number that staff can read; linear in a few columns, so that a few hundred
purchases teach it and it costs microseconds to serve.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

KIND = "merging"
FORMAT_VERSION = 1
COLUMNS = ("found", "place", "share", "share²", "support", "score", "score²")
# Beyond these, logarithms of scores say no more than "hardly" and "very".
LEAST_SHARE, LEAST_SCORE, MOST_SCORE = -8.0, -14.0, 14.0

Ids = NDArray[np.int64]
Row = NDArray[np.float64]


@dataclass(frozen=True)
class MergeConfig:
    """`sets` by name; `logarithmic` are those whose scores are positive and compared by ratio."""

    sets: tuple[str, ...]
    logarithmic: frozenset[str] = frozenset()
    l2: float = 1e-3


@dataclass(frozen=True)
class Found:
    """What one recall set found for one seed, best first: all of shape (n,)."""

    ids: Ids
    scores: Row
    supports: Row

    def __post_init__(self) -> None:
        if not len(self.ids) == len(self.scores) == len(self.supports):
            raise ValueError("ids, scores and supports differ in length")


Lists = Mapping[str, Found]  # by the set's name


def describe(found: Found, *, logarithmic: bool) -> Row:
    """The columns of a set's items, (n, len(COLUMNS))."""
    n = len(found.ids)
    if not n:
        return np.zeros((0, len(COLUMNS)))
    scores = np.log(np.maximum(found.scores, 1e-12)) if logarithmic else found.scores
    scores = np.clip(scores, LEAST_SCORE, MOST_SCORE)
    share = np.maximum(scores - scores.max(), LEAST_SHARE)
    place = -np.log1p(np.arange(n))
    support = np.log1p(found.supports)
    columns = [np.ones(n), place, share, share**2, support, scores, scores**2 / 10]
    return np.stack(columns, axis=1)


def gather(lists: Lists, config: MergeConfig) -> tuple[Ids, Row]:
    """Each item once: ids (n,) in ascending order and columns (n, sets × COLUMNS).

    The columns of a set that did not find an item are zero. Sets the config does not know are left
    out.
    """
    known = [name for name in config.sets if name in lists]
    ids = np.unique(np.concatenate([lists[name].ids for name in known] or [np.zeros(0, np.int64)]))
    rows = np.zeros((len(ids), len(config.sets), len(COLUMNS)))
    for name in known:
        found = lists[name]
        columns = describe(found, logarithmic=name in config.logarithmic)
        rows[np.searchsorted(ids, found.ids), config.sets.index(name)] = columns
    return ids, rows.reshape(len(ids), -1)
