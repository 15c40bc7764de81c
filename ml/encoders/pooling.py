"""From the states of a language model's tokens to one row for the text."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor, nn
from transformers.models.auto.modeling_auto import (
    MODEL_FOR_CAUSAL_LM_MAPPING_NAMES,
    MODEL_FOR_MASKED_LM_MAPPING_NAMES,
)
from transformers.utils import cached_file

from ml.artefacts import CorruptArtefactError, IncompatibleArtefactError

Pooling = Literal["mean", "first", "last"]

# As sentence-transformers names them in 1_Pooling/config.json; older files hold a switch for each.
_SAVED: dict[str, Pooling] = {"mean": "mean", "cls": "first", "lasttoken": "last"}
_SWITCH = re.compile(r"pooling_mode_(\w+?)(?:_tokens?)?")
_MODULES = ("Transformer", "Pooling", "Normalize")


class PooledText(nn.Module):
    """Token ids and mask (n, tokens) to rows (n, dim); padding on the right changes nothing."""

    def __init__(self, model: nn.Module, pooling: Pooling) -> None:
        super().__init__()
        self.model = model
        self.pooling = pooling

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        hidden: Tensor = self.model(
            input_ids=ids, attention_mask=mask
        ).last_hidden_state  # (n, tokens, d)
        if self.pooling == "first":
            return torch.select(hidden, 1, 0)
        if self.pooling == "last":
            chosen = _last_of(mask)[..., None].to(hidden.dtype)  # (n, tokens, 1)
            last: Tensor = (hidden * chosen).sum(1)
            return last
        there = mask[..., None].to(hidden.dtype)
        mean: Tensor = (hidden * there).sum(1) / there.sum(1).clamp(min=1)
        return mean


def _last_of(mask: Tensor) -> Tensor:
    """One at each row's last token (n, tokens), zero elsewhere."""
    return mask * (mask.cumsum(1) == mask.sum(1, keepdim=True)).to(mask.dtype)


def pooling_of(name: str, config: Any) -> Pooling:
    """What the model's folder says; else the last token of a decoder, the mean of an encoder.

    Only a decoder's last token has seen the whole text. Raises ArtefactError for a model whose rows
    would come out otherwise than it was trained for.
    """
    if getattr(config, "is_encoder_decoder", False):
        raise IncompatibleArtefactError(
            Path(name), "writes texts from texts; TEXT_ENCODER needs an encoder or a decoder alone"
        )
    others = [kind for kind in _modules(name) if kind not in _MODULES]
    if others:
        raise IncompatibleArtefactError(
            Path(name), f"adds {', '.join(others)} to the transformer, which is not supported"
        )
    saved = _saved_json(name, "1_Pooling/config.json")
    if isinstance(saved, dict):
        return _named_pooling(name, saved)
    return "last" if _is_decoder(config) else "mean"


def _modules(name: str) -> list[str]:
    saved = _saved_json(name, "modules.json")
    rows = saved if isinstance(saved, list) else []
    return [str(row.get("type", "")).rpartition(".")[2] for row in rows]


def _named_pooling(name: str, saved: dict[str, Any]) -> Pooling:
    switches = {_SWITCH.fullmatch(key): on for key, on in saved.items()}
    modes = [switch[1] for switch, on in switches.items() if switch and on is True]
    mode = saved.get("pooling_mode", modes[0] if len(modes) == 1 else modes)
    if isinstance(mode, str) and mode in _SAVED:
        return _SAVED[mode]
    raise IncompatibleArtefactError(
        Path(name), f"1_Pooling/config.json asks for {mode or 'nothing'}, not one of {[*_SAVED]}"
    )


def _is_decoder(config: Any) -> bool:
    """transformers lists BERT among the decoders too, since it could be one."""
    kind = getattr(config, "model_type", "")
    decodes = kind in MODEL_FOR_CAUSAL_LM_MAPPING_NAMES
    return decodes and kind not in MODEL_FOR_MASKED_LM_MAPPING_NAMES


def _saved_json(name: str, file: str) -> Any:
    """A file of a local folder or hub model, or None where it has none."""
    try:
        path = cached_file(
            name,
            file,
            _raise_exceptions_for_missing_entries=False,
            _raise_exceptions_for_connection_errors=False,
        )
    except OSError:
        return None
    if path is None:
        return None
    try:
        return json.loads(Path(path).read_text())
    except ValueError as error:
        raise CorruptArtefactError(Path(name), f"{file} is not JSON") from error
