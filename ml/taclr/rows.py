"""Evidence of many (item, attribute) pairs as the scorer takes it: one row below the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ml.taclr.evidence import FEATURES, Pair


@dataclass(frozen=True)
class Rows:
    """The rows of several pairs one below the other; `pair[r]` is the pair of row r."""

    features: Tensor  # (rows, features)
    context_ids: Tensor  # (ids,)
    context_offsets: Tensor  # (rows,)
    pair: Tensor  # (rows,)
    count: int


def stack(pairs: Sequence[Pair], *, known: Sequence[bool]) -> Rows:
    """Put pairs together; for a pair that is not `known` only contexts common to all attributes."""
    contexts = [
        ids
        for pair, own in zip(pairs, known, strict=True)
        for ids in (pair.contexts if own else pair.generic)
    ]
    lengths = np.array([len(ids) for ids in contexts])
    flat = np.array([each for ids in contexts for each in ids], dtype=np.int64)
    rows = [len(pair.values) for pair in pairs]
    return Rows(
        torch.from_numpy(np.concatenate([pair.features for pair in pairs])),
        torch.from_numpy(flat),
        torch.from_numpy(np.concatenate([[0], np.cumsum(lengths)[:-1]])),
        torch.from_numpy(np.repeat(np.arange(len(pairs)), rows)),
        len(pairs),
    )


def stretches(starts: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """The numbers start, start + 1, … of each stretch, one stretch behind the other."""
    ends = np.cumsum(lengths)
    total = int(ends[-1]) if len(ends) else 0
    return np.arange(total) + np.repeat(starts - ends + lengths, lengths)


class RowTable:
    """The rows of all training pairs, laid out once; batches are cut from it by index alone."""

    def __init__(self, pairs: Sequence[Pair], known: Sequence[bool]) -> None:
        every = [
            ids
            for pair, own in zip(pairs, known, strict=True)
            for ids in (pair.contexts if own else pair.generic)
        ]
        self._sizes = np.array([len(pair.values) for pair in pairs], np.int64)
        self._starts = np.cumsum(self._sizes) - self._sizes
        self._features = np.concatenate(
            [pair.features for pair in pairs] or [np.zeros((0, len(FEATURES)), np.float32)]
        )
        self._lengths = np.array([len(ids) for ids in every], np.int64)
        self._offsets = np.cumsum(self._lengths) - self._lengths
        self._ids = np.fromiter(chain.from_iterable(every), np.int64, int(self._lengths.sum()))

    def taken(self, places: NDArray[np.int64]) -> tuple[Rows, NDArray[np.int64]]:
        """The rows of the pairs at `places`, and which rows of the table they are."""
        sizes = self._sizes[places]
        rows = stretches(self._starts[places], sizes)
        lengths = self._lengths[rows]
        ids = self._ids[stretches(self._offsets[rows], lengths)]
        cut = Rows(
            torch.from_numpy(self._features[rows]),
            torch.from_numpy(ids),
            torch.from_numpy(np.cumsum(lengths) - lengths),
            torch.from_numpy(np.repeat(np.arange(len(places)), sizes)),
            len(places),
        )
        return cut, rows
