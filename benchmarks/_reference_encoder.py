"""The encoder that the reference uses, RoBERTa-base, by its shape: what it costs, not what it says.

The weights are drawn, since its speed does not depend on them. Tokens are MiniLM's word pieces, of
which a text has about as many.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import AutoTokenizer, RobertaConfig, RobertaModel

from ml.encoders.text import MINILM_PACKAGE

MAX_TOKENS = 500
BATCH = 32


class ReferenceEncoder:
    """First token's state at unit length, in float32, 32 texts of like length at a time."""

    def __init__(self) -> None:
        torch.manual_seed(0)
        self._model = RobertaModel(RobertaConfig(), add_pooling_layer=False).eval()
        spec = find_spec(MINILM_PACKAGE)
        assert spec and spec.submodule_search_locations, f"{MINILM_PACKAGE} is not installed"
        folder = Path(spec.submodule_search_locations[0]) / "model"
        self._tokenizer = AutoTokenizer.from_pretrained(str(folder))

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit rows (n, 768), in the order of the texts."""
        order = sorted(range(len(texts)), key=lambda place: len(texts[place]))
        rows = np.empty((len(texts), self._model.config.hidden_size), np.float32)
        for start in range(0, len(order), BATCH):
            chosen = order[start : start + BATCH]
            batch = self._tokenizer(
                [texts[place] for place in chosen],
                padding=True,
                truncation=True,
                max_length=MAX_TOKENS,
                return_tensors="pt",
            )
            with torch.inference_mode():
                states = self._model(batch["input_ids"], batch["attention_mask"])[0]
            rows[chosen] = torch.nn.functional.normalize(states[:, 0], dim=-1).numpy()
        return rows
