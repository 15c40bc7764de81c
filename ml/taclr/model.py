"""TACLR as a hybrid: retrieval by a dual encoder, decided together with what the text states.

Su et al., "TACLR: A Scalable and Efficient Retrieval-based Method for Industrial Product
Attribute Value Identification", ACL 2025: the query is the listing, the keys are sentences about
the category's values, the negatives are the other values of the same attribute, and the null key
competes with them, so the threshold moves with the item. Ours keeps the sentence encoder frozen
and trains a projection and hashed n-grams above it; a second, small network then weighs the
retrieval against the spans in which the listing states a value.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import pairwise
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ml.taclr.evidence import CONTEXT_BUCKETS, FEATURES, NULL, Pair
from ml.taclr.surface import read

KIND = "taclr"
FORMAT_VERSION = 1
FLOOR = -1e9
MAX_QUERY_TOKENS = 256


class TextEncoder(Protocol):
    """Anything that turns texts into unit rows, (n, dim) float32."""

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]: ...


@dataclass(frozen=True)
class Calibration:
    """What turns logits into confidences and answers; all of it chosen on the validation split."""

    null_bias: float = 0.0  # added to the null logit
    sharpness: float = 1.0  # multiplies the logits
    inferred_floor: float = 0.5  # least confidence of an answer that the text does not state


@dataclass(frozen=True)
class TaclrConfig:
    text_dim: int = 384
    dim: int = 64
    buckets: int = 1 << 14
    temperature: float = 0.05
    hidden: int = 48
    dropout: float = 0.2
    known: Calibration = Calibration()  # for (category, attribute) pairs that training saw
    unseen: Calibration = Calibration()  # for all others

    @classmethod
    def from_json(cls, config: Mapping[str, Any]) -> TaclrConfig:
        names = {each.name for each in fields(cls)} - {"known", "unseen"}
        return cls(
            **{name: config[name] for name in names},
            known=Calibration(**config["known"]),
            unseen=Calibration(**config["unseen"]),
        )


class DualEncoder(nn.Module):
    """Listing and value sentences to unit vectors; score = cosine / temperature (§1.2)."""

    def __init__(self, config: TaclrConfig) -> None:
        super().__init__()
        self.temperature = config.temperature
        self.query = nn.Linear(config.text_dim, config.dim, bias=False)
        self.key = nn.Linear(config.text_dim, config.dim, bias=False)
        self.words = nn.EmbeddingBag(config.buckets, config.dim, mode="sum")
        # A value that training never saw keeps a residual of zero: its sentence speaks for it.
        self.residual = nn.Embedding(config.buckets, config.dim)
        nn.init.normal_(self.words.weight, std=0.05)
        nn.init.zeros_(self.residual.weight)

    def encode_queries(self, text: Tensor, ids: Tensor, offsets: Tensor, weights: Tensor) -> Tensor:
        words = self.words(ids, offsets, per_sample_weights=weights)  # (n, dim)
        return nn.functional.normalize(self.query(text) + words, dim=-1)

    def encode_keys(self, text: Tensor, ids: Tensor) -> Tensor:
        return nn.functional.normalize(self.key(text) + self.residual(ids), dim=-1)  # (m, dim)

    def forward(self, queries: Tensor, keys: Tensor) -> Tensor:
        return queries @ keys.T / self.temperature  # (n, m)


class EvidenceScorer(nn.Module):
    """One logit per row of evidence; rows of an (item, attribute) pair compete in one softmax."""

    def __init__(self, config: TaclrConfig) -> None:
        super().__init__()
        width, hidden = len(FEATURES), config.hidden
        self.features = nn.Sequential(
            nn.Linear(width, hidden),
            nn.GELU(),
            nn.Dropout(config.dropout),
            nn.Linear(hidden, hidden),
            nn.GELU(),
            nn.Dropout(config.dropout),
            nn.Linear(hidden, 1),
        )
        self.linear = nn.Linear(width, 1)
        self.contexts = nn.EmbeddingBag(CONTEXT_BUCKETS, 1, mode="sum")
        nn.init.zeros_(self.contexts.weight)

    def forward(self, batch: Rows) -> Tensor:
        contexts = self.contexts(batch.context_ids, batch.context_offsets)
        logits = self.features(batch.features) + self.linear(batch.features) + contexts
        return torch.as_tensor(logits.squeeze(1))  # (rows,)


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


def log_sum_exp(logits: Tensor, pair: Tensor, count: int) -> Tensor:
    """log Σ exp over the rows of each pair, (count,)."""
    peak = torch.full((count,), FLOOR).scatter_reduce(0, pair, logits, "amax")
    total = torch.zeros(count).index_add(0, pair, (logits - peak[pair]).exp())
    return peak + total.clamp_min(1e-30).log()


def nce_loss(logits: Tensor, gold: Tensor, rows: Rows) -> Tensor:
    """InfoNCE over the pair's own values and null: −log of the probability on the gold rows."""
    everything = log_sum_exp(logits, rows.pair, rows.count)
    right = log_sum_exp(logits.masked_fill(~gold, FLOOR), rows.pair, rows.count)
    return (everything - right).mean()


def probabilities(pair: Pair, logits: NDArray[Any], calibration: Calibration) -> dict[int, float]:
    """Value number (or NULL) -> probability; the null bias moves with the item's own scores."""
    logits = calibration.sharpness * (
        logits.astype(np.float64) + calibration.null_bias * (pair.values == NULL)
    )
    weights = np.exp(logits - logits.max())
    weights /= weights.sum()
    totals: dict[int, float] = {}
    for value, weight in zip(pair.values.tolist(), weights.tolist(), strict=True):
        totals[value] = totals.get(value, 0.0) + weight
    return totals


def query_text(title: str, description: str) -> str:
    """What the encoder reads of a listing: it keeps 256 word pieces, so the title comes first."""
    return f"{title}. {description[:1200]}" if description else title


def query_words(title: str, description: str, buckets: int) -> tuple[list[int], list[float]]:
    """Hashed words and word pairs of a listing with weights; title words count twice."""
    words: list[str] = []
    for prefix, text in (("t", title), ("", title), ("", description)):
        tokens = [token.canonical for token in read(text).tokens[:MAX_QUERY_TOKENS]]
        words += [f"{prefix}:{token}" for token in tokens]
        words += [f"{prefix}:{left} {right}" for left, right in pairwise(tokens)]
    ids = sorted({zlib.crc32(word.encode()) % buckets for word in words})
    # A title of nothing but emoji has no words; its bag is empty and the sentence speaks alone.
    return ids, [len(ids) ** -0.5 for _ in ids]


def key_id(category: str, attribute: str, value: str, buckets: int) -> int:
    return zlib.crc32(f"{category}|{attribute}|{value}".encode()) % buckets
