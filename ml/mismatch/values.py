"""Values that a title can state and a photo can deny: which are known, and how likely each is.

A cosine hears "blue" among many words. Asked alone, "which colour is this?", a photo answers far
more clearly, and the answer weighs against a title that states another colour.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from ml.negatives import normalised_word
from ml.records import ItemRecord

# Kind of value → the attributes that state it.
KINDS: Mapping[str, tuple[str, ...]] = {"colour": ("Color", "Colour"), "gender": ("Gender",)}
LEAST_PRODUCTS = 8  # of a value, to be known
NOT_STATED = -1
LEAST_LOG_PROBABILITY = -6.0  # no photo is so clear that one value should decide alone

_SCALE = 5.0  # of unit rows before the head: brings coordinates near to 1
_LONGEST_VALUE = 3  # words
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True)
class KnownValues:
    """The values of every kind, each in lower case, the most frequent first."""

    by_kind: Mapping[str, tuple[str, ...]]

    @cached_property
    def _places(self) -> dict[str, dict[tuple[str, ...], int]]:
        return {
            kind: {_words(value): place for place, value in reversed(list(enumerate(values)))}
            for kind, values in self.by_kind.items()
        }

    def stated(self, titles: Sequence[str]) -> NDArray[np.int64]:
        """(n, kinds): the first value of each kind that a title names, or NOT_STATED.

        Of values that begin at one word the longest counts: "navy blue", not "navy".
        """
        rows = [[self._first(kind, _words(title)) for kind in self.by_kind] for title in titles]
        return np.array(rows, dtype=np.int64).reshape(len(titles), len(self.by_kind))

    def labels(self, records: Sequence[ItemRecord]) -> NDArray[np.int64]:
        """(n, kinds): what the records' attributes say, and where they say nothing, the titles."""
        labels = self.stated([record.title for record in records])
        for column, kind in enumerate(self.by_kind):
            for row, record in enumerate(records):
                known = _attribute(record, kind)
                place = self._places[kind].get(_words(known)) if known else None
                labels[row, column] = labels[row, column] if place is None else place
        return labels

    def _first(self, kind: str, words: tuple[str, ...]) -> int:
        places = self._places[kind]
        for start in range(len(words)):
            for length in range(_LONGEST_VALUE, 0, -1):
                place = places.get(words[start : start + length])
                if place is not None:
                    return place
        return NOT_STATED


def learn_values(records: Sequence[ItemRecord], least: int = LEAST_PRODUCTS) -> KnownValues:
    """The values that at least `least` records state as an attribute."""
    by_kind = {}
    for kind in KINDS:
        stated = [_attribute(record, kind).lower() for record in records]
        counts = Counter(value for value in stated if value)
        known = [value for value, count in counts.items() if count >= least]
        by_kind[kind] = tuple(sorted(known, key=lambda value: (-counts[value], value)))
    return KnownValues(by_kind)


class ValueHead(nn.Module):
    """Unit rows of the shared space (n, d) to log-probabilities (n, v) of all values of all kinds.

    Each kind's columns, in the order of its values, are a distribution of their own.
    """

    def __init__(self, inputs: int, hidden: int, sizes: Sequence[int], dropout: float) -> None:
        super().__init__()
        self.sizes = tuple(sizes)
        self.layers = nn.Sequential(
            nn.Linear(inputs, hidden),
            nn.GELU(),
            nn.Dropout(dropout),
            nn.Linear(hidden, max(1, sum(self.sizes))),
        )

    def forward(self, rows: Tensor) -> Tensor:
        return torch.cat([F.log_softmax(kind, dim=1) for kind in self._kinds(rows)], dim=1)

    def loss(self, rows: Tensor, labels: Tensor, smoothing: float = 0.0) -> Tensor:
        """Cross-entropy over labels (n, kinds), summed over kinds; NOT_STATED counts nothing."""
        total = rows.new_zeros(())
        for column, logits in enumerate(self._kinds(rows)):
            known = labels[:, column] != NOT_STATED
            if known.any():
                total = total + F.cross_entropy(
                    logits[known], labels[known, column], label_smoothing=smoothing
                )
        return total

    def _kinds(self, rows: Tensor) -> tuple[Tensor, ...]:
        every: Tensor = self.layers(rows * _SCALE)
        return torch.split(every[:, : sum(self.sizes)], list(self.sizes), dim=1)


def value_features(
    log_probabilities: NDArray[np.float32], stated: NDArray[np.int64], sizes: Sequence[int]
) -> NDArray[np.float64]:
    """(n, 2 · kinds): log-probability of the stated value, and whether one is; 0 where none is."""
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int64)
    features = np.zeros((len(stated), 2 * len(sizes)))
    for column, start in enumerate(starts):
        rows = np.flatnonzero(stated[:, column] != NOT_STATED)
        chosen = log_probabilities[rows, start + stated[rows, column]]
        features[rows, 2 * column] = np.maximum(chosen, LEAST_LOG_PROBABILITY)
        features[rows, 2 * column + 1] = 1.0
    return features


def _attribute(record: ItemRecord, kind: str) -> str:
    return next((record.attributes[name] for name in KINDS[kind] if name in record.attributes), "")


def _words(text: str) -> tuple[str, ...]:
    return tuple(normalised_word(word) for word in _WORD.findall(text))
