"""The titles of a training set as a bank of right and wrong answers for its photos."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from tqdm import tqdm

from ml.encoders.base import TextEncoder, Vectors
from ml.encoders.corpus import VARIANT_SHARES, Pair, title_variants
from ml.encoders.words import Vocabulary, WordBags, bags_of
from ml.negatives import agreement_matrix, category_groups, swapped_titles

SWAPS = 2  # titles a pair in which one stated value gave way to another of its kind
TEXTS = len(VARIANT_SHARES) + SWAPS

_CHUNK = 1024


@dataclass(frozen=True)
class Titles:
    """Titles as a head takes them: rows (n, text_dim), and their words as an EmbeddingBag's input.

    `places` (words,) are of all titles, one after the other; title i begins at `offsets[i]`.
    """

    vectors: Tensor
    places: Tensor
    offsets: Tensor


@dataclass(frozen=True)
class TitleBank:
    """Row i belongs to training pair i."""

    vectors: Vectors  # (pairs, TEXTS, text_dim): what is true of the photo, then swapped titles
    bags: WordBags  # of pairs · TEXTS titles
    has_swap: NDArray[np.bool_]  # (pairs, SWAPS)
    number: NDArray[np.int64]  # (pairs,) into `agree`: pairs with one title share a number
    agree: NDArray[np.bool_]  # (titles, titles): neither says what the other does not
    groups: list[NDArray[np.int64]]  # for every pair, the pairs of its category

    def candidates(
        self, rows: NDArray[np.int64], random: int, hard: int, generator: np.random.Generator
    ) -> NDArray[np.int64]:
        """Rows themselves, then `random` others, then `hard` a row out of its own category."""
        others = generator.integers(0, len(self.number), random)
        near = [generator.choice(self.groups[row], hard) for row in rows]
        return np.concatenate([rows, others, *near])

    def drawn(self, rows: NDArray[np.int64], generator: np.random.Generator) -> Titles:
        """One true wording of each row's title."""
        variants = generator.choice(len(VARIANT_SHARES), len(rows), p=VARIANT_SHARES)
        return self.titles(rows, variants)

    def swapped(self, rows: NDArray[np.int64]) -> tuple[Titles, Tensor]:
        """SWAPS wrong titles a row (rows · SWAPS, …), and (rows, SWAPS): whether it is there."""
        each = np.repeat(rows, SWAPS)
        which = np.tile(np.arange(len(VARIANT_SHARES), TEXTS), len(rows))
        return self.titles(each, which), torch.from_numpy(self.has_swap[rows])

    def titles(self, rows: NDArray[np.int64], texts: NDArray[np.int64]) -> Titles:
        """The text `texts[i]` of row `rows[i]`."""
        places, offsets = self.bags.of(rows * TEXTS + texts)
        return Titles(
            torch.from_numpy(self.vectors[rows, texts]),
            torch.from_numpy(places),
            torch.from_numpy(offsets),
        )

    def agreement(self, rows: NDArray[np.int64], candidates: NDArray[np.int64]) -> Tensor:
        """(rows, candidates): true where a candidate's title may be true of the row's photo."""
        return torch.from_numpy(self.agree[np.ix_(self.number[rows], self.number[candidates])])


def as_titles(vectors: Vectors, texts: Sequence[str], vocabulary: Vocabulary) -> Titles:
    """Encoded texts (n, text_dim) as a TitleHead takes them."""
    places, offsets = bags_of(vocabulary, texts).of(np.arange(len(texts)))
    return Titles(torch.from_numpy(vectors), torch.from_numpy(places), torch.from_numpy(offsets))


def texts_of(pairs: Sequence[Pair], seed: int = 0) -> list[list[str]]:
    """TEXTS titles a pair: those of `title_variants`, then swapped ones, "" where missing."""
    generator = np.random.default_rng(seed)
    swaps = swapped_titles([pair.record for pair in pairs], seed, SWAPS)
    return [
        title_variants(pair.record, generator) + swapped + [""] * (SWAPS - len(swapped))
        for pair, swapped in zip(pairs, swaps, strict=True)
    ]


def build_title_bank(
    pairs: Sequence[Pair], texts: Sequence[Sequence[str]], vectors: Vectors, vocabulary: Vocabulary
) -> TitleBank:
    """The bank of training pairs whose `texts_of` are encoded as `vectors`."""
    titles = [pair.record.title for pair in pairs]
    numbers = {title: number for number, title in enumerate(dict.fromkeys(titles))}
    members: dict[tuple[str, ...], list[int]] = defaultdict(list)
    paths = category_groups([pair.record for pair in pairs])
    for row, path in enumerate(paths):
        members[path].append(row)
    arrays = {path: np.array(rows) for path, rows in members.items()}
    return TitleBank(
        vectors=vectors,
        bags=bags_of(vocabulary, [text for row in texts for text in row]),
        has_swap=np.array([[bool(text) for text in row[-SWAPS:]] for row in texts]),
        number=np.array([numbers[title] for title in titles]),
        agree=agreement_matrix(list(numbers)),
        groups=[arrays[path] for path in paths],
    )


def encode_texts(texts: Sequence[Sequence[str]], text_encoder: TextEncoder) -> Vectors:
    """(pairs, TEXTS, text_dim); a text that repeats is encoded once."""
    unique = list(dict.fromkeys(text for row in texts for text in row))
    parts = [
        text_encoder.encode(unique[start : start + _CHUNK])
        for start in tqdm(range(0, len(unique), _CHUNK), desc="titles", mininterval=5)
    ]
    place = {text: row for row, text in enumerate(unique)}
    chosen = np.array([[place[text] for text in row] for row in texts])
    vectors: Vectors = np.concatenate(parts)[chosen]
    return vectors
