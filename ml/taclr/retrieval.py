"""How near a listing is to the values of its attributes, by the trained dual encoder.

A listing is encoded once and compared with all keys of its category in one matrix product; the keys
come from the value store, which encodes what it has not seen.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from ml.taclr.evidence import LEAST_LOG, Retrieval
from ml.taclr.model import (
    Bags,
    DualEncoder,
    TaclrConfig,
    key_ids,
    key_words,
    query_text,
    query_words,
)
from ml.taclr.taxonomy import CLOSED_LIST_LIMIT, AttributeSpec, key_text
from ml.taclr.value_store import ValueStore
from ml.taclr.value_store_keys import Key

EncodeTexts = Callable[[Sequence[str]], NDArray[np.float32]]

KEY_BATCH = 4096


class DualKeys:
    """Value sentences through the trained tower: the key encoder of a value store."""

    def __init__(
        self, dual: DualEncoder, encode: EncodeTexts, config: TaclrConfig, release: str
    ) -> None:
        self.release = release
        self.dim = config.dim
        self._dual, self._encode, self._config = dual, encode, config

    def encode_keys(self, keys: Sequence[Key]) -> NDArray[np.float32]:
        """Unit rows (n, dim)."""
        done = [
            self._rows(keys[start : start + KEY_BATCH]) for start in range(0, len(keys), KEY_BATCH)
        ]
        return np.concatenate(done) if done else np.zeros((0, self.dim), np.float32)

    def _rows(self, keys: Sequence[Key]) -> NDArray[np.float32]:
        sentences = self._encode([key_text(*key) for key in keys])
        words = Bags.of([key_words(key.value, self._config.buckets) for key in keys])
        ids = torch.tensor([key_ids(*key, self._config.values) for key in keys])
        with torch.inference_mode():
            rows: NDArray[np.float32] = self._dual.encode_keys(
                torch.from_numpy(np.asarray(sentences, np.float32)), words, ids
            ).numpy()
        return rows


class DualRetriever:
    """Log-probabilities of the values of a list and of null, for one listing."""

    def __init__(
        self, dual: DualEncoder, encode: EncodeTexts, config: TaclrConfig, store: ValueStore
    ) -> None:
        self._dual, self._encode, self._config, self._store = dual, encode, config, store

    def prepare(self, specs: Sequence[AttributeSpec]) -> None:
        """Encode the keys of `specs` now, so that the first listing does not wait for them."""
        self._store.prepare([spec for spec in specs if is_retrievable(spec)])

    def queries(
        self,
        listings: Sequence[tuple[str, str]],
        *,
        sentences: NDArray[np.float32] | None = None,
        photos: NDArray[np.float32] | None = None,
    ) -> NDArray[np.float32]:
        """Unit rows (n, dim) of (title, description) pairs.

        `sentences` (n, text_dim) if the frozen encoder has read them; `photos` (n, photo_dim), a
        row of zeros where there is none.
        """
        if sentences is None:
            sentences = self._encode([query_text(*listing) for listing in listings])
        if photos is None:
            photos = np.zeros((len(listings), self._config.photo_dim), np.float32)
        words = [query_words(*listing, self._config.buckets) for listing in listings]
        with torch.inference_mode():
            rows: NDArray[np.float32] = self._dual.encode_queries(
                torch.from_numpy(np.asarray(sentences, np.float32)),
                Bags.of(words),
                torch.from_numpy(np.asarray(photos, np.float32)),
            ).numpy()
        return rows

    def __call__(
        self,
        specs: Sequence[AttributeSpec],
        query: NDArray[np.float32],
        seen: NDArray[np.float32] | None = None,
    ) -> list[Retrieval | None]:
        """One answer per spec; None for a list of codes, which only the text itself can answer.

        `query` (dim,) holds the text alone, `seen` the photo as well.
        """
        asked = [spec for spec in specs if is_retrievable(spec)]
        read = self._logs(asked, query)
        both = [None] * len(asked) if seen is None else self._logs(asked, seen)
        found = dict(zip(asked, map(Retrieval, read, both), strict=True))
        return [found.get(spec) for spec in specs]

    def _logs(
        self, specs: Sequence[AttributeSpec], query: NDArray[np.float32]
    ) -> list[NDArray[np.float32]]:
        temperature = self._config.temperature
        return [_log_softmax(scores / temperature) for scores in self._store.scores(specs, query)]


def is_retrievable(spec: AttributeSpec) -> bool:
    """Whether meaning tells the values apart: long lists of figures or codes are read instead."""
    if not spec.values:
        return False
    return len(spec.values) <= CLOSED_LIST_LIMIT or spec.kind not in ("number", "identifier")


def _log_softmax(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    scores = scores - scores.max()
    logs: NDArray[np.float32] = scores - np.log(np.exp(scores).sum())
    return np.maximum(logs, LEAST_LOG)
