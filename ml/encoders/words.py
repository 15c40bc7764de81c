"""The words of a training set's titles, for models that learn a vector of their own for each.

A sentence encoder's vector hardly moves when "red" becomes "blue"; a word's own vector does.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ml.negatives import normalised_word

LEAST_TITLES = 3  # a word of fewer titles is a name that tells nothing of other photos

_WORD = re.compile(r"[^\W_]+(?:[-'’][^\W_]+)*")


@dataclass(frozen=True)
class Vocabulary:
    """Known words in the order of their vectors."""

    words: tuple[str, ...]

    @cached_property
    def _places(self) -> dict[str, int]:
        return {word: place for place, word in enumerate(self.words)}

    def places(self, title: str) -> list[int]:
        """Where the title's known words stand, in its order; unknown ones are left out."""
        words = (normalised_word(word) for word in _WORD.findall(title))
        return [self._places[word] for word in words if word in self._places]


@dataclass(frozen=True)
class WordBags:
    """Places of the words of many titles: those of title i are `places[ends[i - 1]:ends[i]]`."""

    places: NDArray[np.int64]
    ends: NDArray[np.int64]

    def of(self, rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Places and offsets of the chosen titles, as an EmbeddingBag takes them."""
        starts = np.concatenate([[0], self.ends[:-1]])[rows]
        lengths = self.ends[rows] - starts
        offsets = np.concatenate([[0], np.cumsum(lengths)[:-1]])
        within = np.arange(lengths.sum()) - np.repeat(offsets, lengths)
        return self.places[np.repeat(starts, lengths) + within], offsets


def learn_vocabulary(titles: Iterable[str], least: int = LEAST_TITLES) -> Vocabulary:
    """The words of at least `least` different titles, the most frequent first; numbers left out."""
    counts: Counter[str] = Counter()
    for title in set(titles):
        counts.update({normalised_word(word) for word in _WORD.findall(title)})
    known = [word for word, count in counts.items() if count >= least and not word.isdigit()]
    return Vocabulary(tuple(sorted(known, key=lambda word: (-counts[word], word))))


def bags_of(vocabulary: Vocabulary, titles: Sequence[str]) -> WordBags:
    """The known words of every title."""
    rows = [vocabulary.places(title) for title in titles]
    return WordBags(
        places=np.array([place for row in rows for place in row], dtype=np.int64),
        ends=np.cumsum([len(row) for row in rows], dtype=np.int64),
    )
