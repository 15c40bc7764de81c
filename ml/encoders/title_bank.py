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
from ml.negatives import agreement_matrix, category_groups

_CHUNK = 1024


@dataclass(frozen=True)
class TitleBank:
    """Row i belongs to training pair i."""

    vectors: Vectors  # (pairs, variants, text_dim)
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

    def drawn(self, rows: NDArray[np.int64], generator: np.random.Generator) -> Tensor:
        """One variant (n, text_dim) of each row's title."""
        variants = generator.choice(len(VARIANT_SHARES), len(rows), p=VARIANT_SHARES)
        return torch.from_numpy(self.vectors[rows, variants])

    def agreement(self, rows: NDArray[np.int64], candidates: NDArray[np.int64]) -> Tensor:
        """(rows, candidates): true where a candidate's title may be true of the row's photo."""
        return torch.from_numpy(self.agree[np.ix_(self.number[rows], self.number[candidates])])


def build_title_bank(pairs: Sequence[Pair], vectors: Vectors) -> TitleBank:
    """The bank of training pairs whose titles' variants are encoded as `vectors`."""
    titles = [pair.record.title for pair in pairs]
    numbers = {title: number for number, title in enumerate(dict.fromkeys(titles))}
    members: dict[tuple[str, ...], list[int]] = defaultdict(list)
    paths = category_groups([pair.record for pair in pairs])
    for row, path in enumerate(paths):
        members[path].append(row)
    arrays = {path: np.array(rows) for path, rows in members.items()}
    return TitleBank(
        vectors=vectors,
        number=np.array([numbers[title] for title in titles]),
        agree=agreement_matrix(list(numbers)),
        groups=[arrays[path] for path in paths],
    )


def encode_variants(pairs: Sequence[Pair], text_encoder: TextEncoder, seed: int = 0) -> Vectors:
    """(pairs, variants, text_dim) of what `title_variants` makes of each pair's record."""
    generator = np.random.default_rng(seed)
    texts = [text for pair in pairs for text in title_variants(pair.record, generator)]
    parts = [
        text_encoder.encode(texts[start : start + _CHUNK])
        for start in tqdm(range(0, len(texts), _CHUNK), desc="title variants", mininterval=5)
    ]
    return np.concatenate(parts).reshape(len(pairs), len(VARIANT_SHARES), text_encoder.dim)
