"""How sellers put words together: an interpolated n-gram model with absolute discounting.

Ney, Essen and Kneser, "On structuring probabilistic dependences in stochastic language modelling",
Computer Speech and Language 8, 1994. Words and histories are kept as hashes: the artefact can
weigh a sentence but cannot recite one.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

KIND = "description"
FORMAT_VERSION = 1
START, END, UNKNOWN, NUMBER = 0, 1, 2, 3
_RESERVED = 4
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*|\d+(?:[.,]\d+)*|[.,;:!?]")
_PRIME = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class LanguageModelConfig:
    vocabulary: int = 12_000
    order: int = 3
    discount: float = 0.75
    least_count: int = 2  # of a trigram that is kept


@dataclass(frozen=True)
class Level:
    """The n-grams of one length: hash -> discounted probability, history hash -> what is left."""

    keys: NDArray[np.uint32]
    chances: NDArray[np.float16]
    histories: NDArray[np.uint32]
    left_over: NDArray[np.float16]


@dataclass(frozen=True)
class LanguageModel:
    """Probabilities of words after at most two others."""

    words: NDArray[np.uint32]  # sorted hashes of the vocabulary
    unigrams: NDArray[np.float32]  # (reserved + words,), sums to 1
    levels: tuple[Level, ...]  # bigrams, trigrams

    def log_probabilities(self, sentence: str) -> NDArray[np.float64]:
        """Natural log-probability of every token of `sentence` and of its end."""
        ids = np.array([START, START, *encode(sentence, self.words), END], dtype=np.uint64)
        chances = self.unigrams[ids[2:]].astype(np.float64)  # (tokens + 1,)
        for length, level in enumerate(self.levels, start=2):
            grams = sliding_window_view(ids, length)[3 - length :]  # (tokens + 1, length)
            history, known = _find(level.histories, ngram_hashes(grams[:, :-1]))
            place, listed = _find(level.keys, ngram_hashes(grams))
            own = np.where(listed, level.chances[place].astype(np.float64), 0.0)
            longer = level.left_over[history].astype(np.float64) * chances + own
            chances = np.where(known, longer, chances)
        return np.log(chances)

    def fluency(self, sentence: str) -> float:
        """Mean log-probability per token; higher reads more like a seller's own sentence."""
        return float(self.log_probabilities(sentence).mean())

    def unigram_log_probabilities(self, sentence: str) -> NDArray[np.float64]:
        """The baseline that looks at no history."""
        ids = [*encode(sentence, self.words), END]
        return np.log(self.unigrams[ids].astype(np.float64))

    def tensors(self) -> dict[str, NDArray[Any]]:
        held: dict[str, NDArray[Any]] = {"words": self.words, "unigrams": self.unigrams}
        for number, level in enumerate(self.levels, start=2):
            held[f"{number}.keys"] = level.keys
            held[f"{number}.chances"] = level.chances
            held[f"{number}.histories"] = level.histories
            held[f"{number}.left_over"] = level.left_over
        return held

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, NDArray[Any]]) -> LanguageModel:
        numbers = sorted(int(name.split(".")[0]) for name in tensors if name.endswith(".keys"))
        parts = ("keys", "chances", "histories", "left_over")
        levels = tuple(Level(*(tensors[f"{n}.{part}"] for part in parts)) for n in numbers)
        return cls(tensors["words"], tensors["unigrams"], levels)


def _find(
    keys: NDArray[np.uint32], wanted: NDArray[np.uint32]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """(place, whether it is there) of each hash in sorted keys."""
    places = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return places, keys[places] == wanted


def tokens_of(text: str) -> list[str]:
    return _WORD.findall(text.lower())


def encode(text: str, words: NDArray[np.uint32]) -> list[int]:
    """Word numbers of a text; figures are all one word, rare words another."""
    ids = []
    for token in tokens_of(text):
        if token[0].isdigit():
            ids.append(NUMBER)
            continue
        hashed = word_hash(token)
        place = int(np.searchsorted(words, hashed))
        known = place < len(words) and words[place] == hashed
        ids.append(place + _RESERVED if known else UNKNOWN)
    return ids


def word_hash(word: str) -> np.uint32:
    return np.uint32(zlib.crc32(word.encode()))


def ngram_hashes(ids: NDArray[np.uint64]) -> NDArray[np.uint32]:
    """One hash per row of word numbers (n, length): a multiplicative hash, its high half kept."""
    with np.errstate(over="ignore"):
        mixed = np.zeros(len(ids), np.uint64)
        for column in range(ids.shape[1]):
            mixed = (mixed ^ (ids[:, column].astype(np.uint64) + np.uint64(column + 1))) * _PRIME
            mixed ^= mixed >> np.uint64(29)
        return (mixed >> np.uint64(32)).astype(np.uint32)
