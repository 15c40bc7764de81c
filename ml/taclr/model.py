"""TACLR as a hybrid: retrieval by a dual encoder, decided together with what the text states.

Su et al., "TACLR: A Scalable and Efficient Retrieval-based Method for Industrial Product
Attribute Value Identification", ACL 2025: the query is the listing, the keys are sentences about
the category's values, one tower reads both, the negatives are the other values of the same
attribute, and the null key competes with them, so the threshold moves with the item. Ours keeps
the sentence encoder frozen and trains the tower above it, which reads hashed words and, beyond the
paper, the photo; a second, small network then weighs the retrieval against the spans in which the
listing states a value.
"""

from __future__ import annotations

import math
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
from ml.taclr.rows import Rows, stretches
from ml.taclr.surface import compact, read

KIND = "taclr"
FORMAT_VERSION = 2
FLOOR = -1e9
MAX_QUERY_TOKENS = 256
# Of a description. On held-out folds of training 1,200 characters are worth no more, and cost a
# listing twice the time.
QUERY_CHARACTERS = 240


class TextEncoder(Protocol):
    """Anything that turns texts into unit rows, (n, dim) float32."""

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]: ...


@dataclass(frozen=True)
class Platt:
    """Probability that an answer is right, from the share of the softmax that it won."""

    scale: float = 1.0
    shift: float = 0.0

    def __call__(self, share: float) -> float:
        held = min(max(share, 1e-6), 1 - 1e-6)
        return 1 / (1 + math.exp(-(self.scale * math.log(held / (1 - held)) + self.shift)))


@dataclass(frozen=True)
class Calibration:
    """What turns logits into answers and confidences; all of it chosen out of fold."""

    null_bias: float = 0.0  # added to the null logit
    stated: Platt = Platt()
    inferred: Platt = Platt()

    @classmethod
    def from_json(cls, held: Mapping[str, Any]) -> Calibration:
        return cls(held["null_bias"], Platt(**held["stated"]), Platt(**held["inferred"]))


@dataclass(frozen=True)
class TaclrConfig:
    text_dim: int = 384
    photo_dim: int = 256
    dim: int = 96
    buckets: int = 1 << 15  # of words
    values: int = 1 << 14  # of residuals
    temperature: float = 0.05
    hidden: int = 48
    dropout: float = 0.2
    photo_release: str = ""  # of the model whose photo rows training saw; no other's are read
    known: Calibration = Calibration()  # for (category, attribute) pairs that training saw
    unseen: Calibration = Calibration()  # for all others

    @classmethod
    def from_json(cls, config: Mapping[str, Any]) -> TaclrConfig:
        names = {each.name for each in fields(cls)} - {"known", "unseen"}
        return cls(
            **{name: config[name] for name in names},
            known=Calibration.from_json(config["known"]),
            unseen=Calibration.from_json(config["unseen"]),
        )


@dataclass(frozen=True)
class Bags:
    """Hashed words of several texts one behind the other, as EmbeddingBag takes them."""

    ids: Tensor  # (words,)
    offsets: Tensor  # (n,)
    weights: Tensor  # (words,)

    @classmethod
    def of(cls, words: Sequence[Sequence[int]]) -> Bags:
        """Every text weighs the same: its words share one unit of squared weight."""
        lengths = np.array([len(ids) for ids in words], np.int64)
        return cls(
            torch.tensor([each for ids in words for each in ids], dtype=torch.long),
            torch.from_numpy(np.cumsum(lengths) - lengths),
            _shared(lengths),
        )

    def taken(self, places: NDArray[np.int64]) -> Bags:
        """The texts at `places` (m,), in that order."""
        starts = self.offsets.numpy()
        lengths = np.diff(np.append(starts, len(self.ids)))[places]
        ids = self.ids[torch.from_numpy(stretches(starts[places], lengths))]
        return Bags(ids, torch.from_numpy(np.cumsum(lengths) - lengths), _shared(lengths))


def _shared(lengths: NDArray[np.int64]) -> Tensor:
    each = np.maximum(lengths, 1).astype(np.float32) ** -0.5
    return torch.from_numpy(np.repeat(each, lengths))


class DualEncoder(nn.Module):
    """One tower for listings and value sentences; score = cosine / temperature (§1.2)."""

    def __init__(self, config: TaclrConfig) -> None:
        super().__init__()
        self.temperature = config.temperature
        self.text = nn.Linear(config.text_dim, config.dim, bias=False)
        self.words = nn.EmbeddingBag(config.buckets, config.dim, mode="sum")
        self.photo = nn.Linear(config.photo_dim, config.dim, bias=False)
        # A value that training never saw keeps a residual of zero: its sentence speaks for it.
        self.residual = nn.EmbeddingBag(config.values, config.dim, mode="sum")
        nn.init.normal_(self.words.weight, std=0.05)
        nn.init.zeros_(self.residual.weight)

    def encode_queries(self, text: Tensor, words: Bags, photos: Tensor) -> Tensor:
        """Unit rows (n, dim) of listings; a row of zeros in `photos` (n, photo_dim) is no photo."""
        return nn.functional.normalize(self._read(text, words) + self.photo(photos), dim=-1)

    def encode_keys(
        self, text: Tensor, words: Bags, ids: Tensor, kept: Tensor | None = None
    ) -> Tensor:
        """Unit rows (m, dim) of value sentences; `ids` (m, KEY_IDS) are their residuals.

        `kept` (m, KEY_IDS) weighs the residuals; training leaves some out, so that a value without
        one is read well too.
        """
        residual = self.residual(ids, per_sample_weights=kept)
        return nn.functional.normalize(self._read(text, words) + residual, dim=-1)

    def forward(self, queries: Tensor, keys: Tensor) -> Tensor:
        return queries @ keys.T / self.temperature  # (n, m)

    def _read(self, text: Tensor, words: Bags) -> Tensor:
        said = self.words(words.ids, words.offsets, per_sample_weights=words.weights)
        return torch.as_tensor(self.text(text) + said)  # (n, dim)


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


def shares(pair: Pair, logits: NDArray[Any], null_bias: float) -> dict[int, float]:
    """Value number (or NULL) -> share of the softmax, after `null_bias` was added to null."""
    logits = logits.astype(np.float64) + null_bias * (pair.values == NULL)
    weights = np.exp(logits - logits.max())
    weights /= weights.sum()
    totals: dict[int, float] = {}
    for value, weight in zip(pair.values.tolist(), weights.tolist(), strict=True):
        totals[value] = totals.get(value, 0.0) + weight
    return totals


def query_text(title: str, description: str) -> str:
    """What the encoder reads of a listing; hashed words cover the rest of a description."""
    return f"{title}. {description[:QUERY_CHARACTERS]}" if description else title


def query_words(title: str, description: str, buckets: int) -> list[int]:
    """Hashed words and word pairs of a listing; title words count twice.

    A title of nothing but emoji has no words: its bag is empty and the sentence speaks alone.
    """
    words: list[str] = []
    for prefix, text in (("t", title), ("", title), ("", description)):
        words += _words(prefix, text)
    return sorted({zlib.crc32(word.encode()) % buckets for word in words})


def key_words(value: str, buckets: int) -> list[int]:
    """Hashed words of a value: the same that a listing has which states it."""
    return sorted({zlib.crc32(word.encode()) % buckets for word in _words("", value)})


def _words(prefix: str, text: str) -> list[str]:
    tokens = [token.canonical for token in read(text).tokens[:MAX_QUERY_TOKENS]]
    pairs = (f"{prefix}:{left} {right}" for left, right in pairwise(tokens))
    return [*(f"{prefix}:{token}" for token in tokens), *pairs]


KEY_IDS = 2


def key_ids(category: str, attribute: str, value: str, buckets: int) -> list[int]:
    """Where a key's residual is kept: its own, and one for all categories of the attribute."""
    names = (f"{category}|{attribute}|{value}", f"*|{compact(attribute)}|{compact(value)}")
    return [zlib.crc32(name.encode()) % buckets for name in names]
