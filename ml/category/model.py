"""One tower for listings and category paths, in the manner of TACLR.

Su et al., "TACLR: A Scalable and Efficient Retrieval-based Method for Industrial Product
Attribute Value Identification", ACL 2025: query and key go through the same encoder, the key is a
sentence, the loss is InfoNCE against the other keys of the taxonomy (§3.2). Here the sentence
encoder is frozen; the tower adds what words it has seen mean for categories, and takes the photo
into the query. A category that training saw has a vector of its own besides; any other is placed
by its sentence and its words.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from ml.category.taxonomy import MOST_SYNONYMS, CategorySpec
from ml.category.words import bucket_of, hashed, words_of

KIND = "category"
FORMAT_VERSION = 1
ABOVE = 0.5  # weight of a word of a synonym or of what stands above the leaf

Vectors = NDArray[np.float32]
SIGNALS = ("meaning", "words", "tower", "photo")


@dataclass(frozen=True)
class Weights:
    """Log-odds that each signal is worth, fitted on held-out titles; see SIGNALS."""

    meaning: float  # cosine of the frozen encoder
    words: float  # `Lexicon.scores`
    tower: float  # cosine in the tower's space
    photo: float  # cosine of the photo with the leaf's name, above that of the mean leaf

    def as_array(self) -> NDArray[np.float32]:
        return np.array([getattr(self, name) for name in SIGNALS], np.float32)


# Without an artefact: the frozen signals by hand, chosen on the train split of the catalogue.
UNTRAINED = Weights(meaning=1 / 0.06, words=0.45 / 0.06, tower=0.0, photo=1 / 0.06)


@dataclass(frozen=True)
class CategoryConfig:
    """`known` are `key_of` the paths that training saw, in the order of their vectors."""

    text_release: str
    photo_release: str  # of the model whose shared space the photos' rows lie in
    known: tuple[int, ...]
    text_dim: int = 384
    photo_dim: int = 256
    dim: int = 128
    buckets: int = 1 << 13
    familiar: Weights = UNTRAINED  # for taxonomies whose leaves training saw
    foreign: Weights = UNTRAINED  # for all others
    familiar_share: float = 0.9  # of a taxonomy's leaves, from which it counts as familiar
    trained_on: tuple[str, ...] = ()

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> CategoryConfig:
        """Read what `asdict` wrote; raises TypeError or KeyError on a field that is missing."""
        named = {each.name: values[each.name] for each in fields(cls)}
        weights = {name: Weights(**named[name]) for name in ("familiar", "foreign")}
        lists = {name: tuple(named[name]) for name in ("known", "trained_on")}
        return cls(**named | weights | lists)


@dataclass(frozen=True)
class TokenBags:
    """Hashed tokens of many texts, as an EmbeddingBag takes them."""

    tokens: NDArray[np.int64]
    weights: NDArray[np.float32]
    lengths: NDArray[np.int64]

    @classmethod
    def of(cls, texts: Sequence[Sequence[tuple[int, float]]]) -> TokenBags:
        """From (bucket, weight) of each text; a text of many tokens weighs each of them less."""
        lengths = np.array([len(text) for text in texts], np.int64)
        flat = [pair for text in texts for pair in text]
        scale = np.repeat(1 / np.sqrt(np.maximum(lengths, 1)), lengths)
        weights = np.array([weight for _, weight in flat], np.float32) * scale.astype(np.float32)
        return cls(np.array([token for token, _ in flat], np.int64), weights, lengths)

    def rows(self, chosen: NDArray[np.int64]) -> TokenBags:
        starts = (np.cumsum(self.lengths) - self.lengths)[chosen]
        lengths = self.lengths[chosen]
        first = np.cumsum(lengths) - lengths
        places = np.repeat(starts - first, lengths) + np.arange(int(lengths.sum()))
        return TokenBags(self.tokens[places], self.weights[places], lengths)

    def tensors(self) -> tuple[Tensor, Tensor, Tensor]:
        """Tokens, offsets and weights."""
        offsets = np.cumsum(self.lengths) - self.lengths
        return (
            torch.from_numpy(self.tokens),
            torch.from_numpy(offsets),
            torch.from_numpy(self.weights),
        )


class CategoryTower(nn.Module):
    """Listings and categories to unit rows of one space; `scale` is the inverse temperature."""

    def __init__(self, config: CategoryConfig, temperature: float = 0.07) -> None:
        super().__init__()
        self.text = nn.Linear(config.text_dim, config.dim, bias=False)
        self.words = nn.EmbeddingBag(config.buckets, config.dim, mode="sum")
        nn.init.normal_(self.words.weight, std=0.5 / math.sqrt(config.dim))
        self.photo = nn.Linear(config.photo_dim, config.dim)
        self.own = nn.Embedding(max(1, len(config.known)), config.dim)
        nn.init.zeros_(self.own.weight)
        self.log_scale = nn.Parameter(torch.tensor(-math.log(temperature)))

    @property
    def scale(self) -> Tensor:
        return self.log_scale.exp().clamp(max=100)

    def query(self, texts: Tensor, bags: TokenBags, photos: Tensor) -> Tensor:
        """Listings (n, dim); a zero row of `texts` or `photos` says that there is none."""
        has_photo = (photos != 0).any(dim=1, keepdim=True)
        return functional.normalize(self._said(texts, bags) + self.photo(photos) * has_photo, dim=1)

    def key(self, texts: Tensor, bags: TokenBags, own: Tensor) -> Tensor:
        """Categories (n, dim); `own` (n, dim) are their own vectors, zero where they have none."""
        return functional.normalize(self._said(texts, bags) + own, dim=1)

    def _said(self, texts: Tensor, bags: TokenBags) -> Tensor:
        tokens, offsets, weights = bags.tensors()
        sums: Tensor = self.words(tokens, offsets, per_sample_weights=weights)
        mapped: Tensor = self.text(texts)
        return mapped + sums


def key_of(path: str) -> int:
    """A number that stands for a path, so that no name of a training set is stored."""
    return bucket_of(path, 1 << 31)


def title_tokens(title: str, buckets: int) -> list[tuple[int, float]]:
    """Words, pairs of neighbours, and the last word once more: it mostly names the thing."""
    return [(token, 1.0) for token in _tokens(title, buckets)]


def category_tokens(category: CategorySpec, buckets: int) -> list[tuple[int, float]]:
    """The same of the leaf; what it is also called and what stands above it weigh less."""
    *above, leaf = category.parts
    found = [(token, 1.0) for token in _tokens(leaf, buckets)]
    for name in (*above, *category.synonyms[:MOST_SYNONYMS]):
        found += [(token, ABOVE) for token in hashed(_forms(name), buckets)]
    return found


def _tokens(text: str, buckets: int) -> list[int]:
    forms = _forms(text)
    last = [bucket_of(f"last {forms[-1]}", buckets)] if forms else []
    return hashed(forms, buckets) + last


def _forms(text: str) -> list[str]:
    return [word.form for word in words_of(text)]
