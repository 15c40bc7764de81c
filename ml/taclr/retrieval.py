"""The value sentences of a taxonomy as vectors, and how near a listing is to each.

Keys are encoded once per (category, attribute) and kept: the next item costs one matrix product.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from ml.taclr.evidence import Retrieval
from ml.taclr.model import DualEncoder, TaclrConfig, TextEncoder, key_id, query_text, query_words
from ml.taclr.taxonomy import CLOSED_LIST_LIMIT, NULL_VALUE, AttributeSpec, key_text
from ml.taclr.value_store import ValueStore
from ml.taclr.value_store_keys import Key

ZERO_SHOT_TEMPERATURE = 0.05


@dataclass(frozen=True)
class Query:
    """One listing as both encoders see it."""

    sentence: NDArray[np.float32]  # (text_dim,)
    projected: NDArray[np.float32]  # (dim,)


class SentenceKeys:
    """Value sentences through the frozen encoder: the key encoder of a value store."""

    def __init__(self, encoder: TextEncoder, dim: int) -> None:
        self.release = f"sentences-{getattr(encoder, 'release', '')}"
        self.dim = dim
        self._encoder = encoder

    def encode_keys(self, keys: Sequence[Key]) -> NDArray[np.float32]:
        """Unit rows (n, dim)."""
        return self._encoder.encode([key_text(*key) for key in keys])


class KeyBank:
    """Value sentences through the frozen encoder, (values + 1, text_dim); the last row is null."""

    def __init__(
        self, encoder: TextEncoder, dim: int = TaclrConfig.text_dim, folder: Path | None = None
    ) -> None:
        self._encoder = encoder
        self.store = ValueStore(SentenceKeys(encoder, dim), folder)

    def prepare(self, specs: Sequence[AttributeSpec]) -> None:
        """Encode what is missing for all `specs` in one call to the encoder."""
        self.store.prepare(specs)

    def __getitem__(self, spec: AttributeSpec) -> NDArray[np.float32]:
        return self.store.rows(spec)

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self._encoder.encode(texts)


class DualRetriever:
    """Log-probabilities of the values of a closed list and of null, for one listing."""

    def __init__(self, dual: DualEncoder, bank: KeyBank, config: TaclrConfig) -> None:
        self._dual = dual
        self._bank = bank
        self._config = config
        self._projected: dict[AttributeSpec, NDArray[np.float32]] = {}

    def prepare(self, specs: Sequence[AttributeSpec]) -> None:
        self._bank.prepare([spec for spec in specs if is_closed(spec)])

    def queries(
        self, listings: Sequence[tuple[str, str]], sentences: NDArray[np.float32] | None = None
    ) -> list[Query]:
        """Encode (title, description) pairs; `sentences` if the frozen encoder has read them."""
        if sentences is None:
            sentences = self._bank.encode([query_text(*listing) for listing in listings])
        words = [query_words(*listing, self._config.buckets) for listing in listings]
        with torch.inference_mode():
            projected = encode_queries(self._dual, sentences, words).numpy()
        return [Query(one, two) for one, two in zip(sentences, projected, strict=True)]

    def __call__(self, spec: AttributeSpec, query: Query, *, known: bool) -> Retrieval | None:
        """None for an open or empty list, which only the text itself can answer."""
        if not is_closed(spec):
            return None
        if not known:
            cosines = self._bank[spec] @ query.sentence
            return _log_softmax(cosines / ZERO_SHOT_TEMPERATURE, known=False)
        if spec not in self._projected:
            with torch.inference_mode():
                self._projected[spec] = encode_keys(
                    self._dual, spec, self._bank[spec], self._config
                ).numpy()
        cosines = self._projected[spec] @ query.projected
        return _log_softmax(cosines / self._config.temperature, known=True)


def is_closed(spec: AttributeSpec) -> bool:
    return 0 < len(spec.values) <= CLOSED_LIST_LIMIT


def encode_queries(
    dual: DualEncoder,
    sentences: NDArray[np.float32],
    words: Sequence[tuple[list[int], list[float]]],
) -> torch.Tensor:
    """Query vectors (n, dim) from sentence vectors and hashed words."""
    lengths = [len(ids) for ids, _ in words]
    return dual.encode_queries(
        torch.from_numpy(np.asarray(sentences, np.float32)),
        torch.tensor([each for ids, _ in words for each in ids], dtype=torch.long),
        torch.tensor([0, *np.cumsum(lengths)[:-1].tolist()]),
        torch.tensor([each for _, weights in words for each in weights], dtype=torch.float32),
    )


def encode_keys(
    dual: DualEncoder, spec: AttributeSpec, sentences: NDArray[np.float32], config: TaclrConfig
) -> torch.Tensor:
    """Key vectors (values + 1, dim) of one attribute; the last one is null."""
    values = [*(value.value for value in spec.values), NULL_VALUE]
    ids = [key_id(spec.category, spec.attribute, value, config.buckets) for value in values]
    return dual.encode_keys(torch.from_numpy(sentences), torch.tensor(ids))


def _log_softmax(scores: NDArray[np.float32], *, known: bool) -> Retrieval:
    scores = scores - scores.max()
    logs = scores - np.log(np.exp(scores).sum())
    logs = np.maximum(logs, -9.0).astype(np.float32)
    return Retrieval(logs[:-1], float(logs[-1]), known)
