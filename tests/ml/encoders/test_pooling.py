"""One row from the states of many tokens, as the model was trained for."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoModel, AutoTokenizer, BertConfig, LlamaConfig, T5Config

from ml.artefacts import CorruptArtefactError, IncompatibleArtefactError
from ml.encoders.pooling import PooledText, pooling_of
from ml.encoders.registry import load_text_encoder


def _tiny():
    spec = importlib.util.spec_from_file_location("tiny", Path(__file__).with_name("tiny.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


tiny = _tiny()


class States(torch.nn.Module):
    """A language model whose state at each token is known: the token's id, and its square."""

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor):
        hidden = torch.stack([input_ids, input_ids**2], dim=-1).float()
        return type("Output", (), {"last_hidden_state": hidden})


IDS = torch.tensor([[3, 5, 7, 0], [2, 0, 0, 0]])
MASK = torch.tensor([[1, 1, 1, 0], [1, 0, 0, 0]])


@pytest.mark.parametrize(
    ("pooling", "expected"),
    [
        ("mean", [[5, 83 / 3], [2, 4]]),
        ("first", [[3, 9], [2, 4]]),
        ("last", [[7, 49], [2, 4]]),
    ],
)
def test_padding_counts_for_nothing(pooling, expected):
    rows = PooledText(States(), pooling)(IDS, MASK)
    np.testing.assert_allclose(rows.numpy(), expected, rtol=1e-6)


def test_a_decoder_is_read_at_its_last_token(tmp_path):
    folder = tiny.save_llama(tmp_path / "llama")
    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder)
    assert tokenizer.pad_token is None and tokenizer.padding_side == "left"
    texts = ["blue shirt", "red shoe men a b c"]
    rows = load_text_encoder(str(folder)).encode(texts)
    for row, text in zip(rows, texts, strict=True):
        with torch.inference_mode():
            states = model(**tokenizer(text, return_tensors="pt")).last_hidden_state[0]
        last = states[-1].numpy()
        np.testing.assert_allclose(row, last / np.linalg.norm(last), atol=1e-5)


def test_an_encoder_is_read_on_average(tmp_path):
    folder = tiny.save_transformer(tmp_path / "bert")
    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder)
    with torch.inference_mode():
        states = model(**tokenizer("blue shirt", return_tensors="pt")).last_hidden_state[0]
    mean = states.mean(0).numpy()
    row = load_text_encoder(str(folder)).encode(["blue shirt", "red shoe for men"])[0]
    np.testing.assert_allclose(row, mean / np.linalg.norm(mean), atol=1e-5)


@pytest.mark.parametrize(
    ("config", "expected"), [(LlamaConfig(), "last"), (BertConfig(), "mean")], ids=["llama", "bert"]
)
def test_a_folder_that_says_nothing_is_read_by_its_kind(tmp_path, config, expected):
    assert pooling_of(str(tmp_path), config) == expected


@pytest.mark.parametrize(
    "saved",
    [
        {"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False},
        {"pooling_mode": "cls", "embedding_dimension": 16},
    ],
)
def test_a_folder_that_names_its_pooling_is_kept_to(tmp_path, saved):
    (tmp_path / "1_Pooling").mkdir()
    (tmp_path / "1_Pooling" / "config.json").write_text(json.dumps(saved))
    assert pooling_of(str(tmp_path), LlamaConfig()) == "first"


def test_another_pooling_is_another_release(tmp_path):
    folder = tiny.save_transformer(tmp_path / "bert")
    mean = load_text_encoder(str(folder))
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling" / "config.json").write_text('{"pooling_mode": "lasttoken"}')
    last = load_text_encoder(str(folder))
    assert mean.release != last.release
    assert np.abs(mean.encode(["blue shirt"]) - last.encode(["blue shirt"])).max() > 1e-3


@pytest.mark.parametrize("mode", ['{"pooling_mode": "max"}', '{"pooling_mode_max_tokens": true}'])
def test_a_pooling_that_is_not_known_is_named(tmp_path, mode):
    (tmp_path / "1_Pooling").mkdir()
    (tmp_path / "1_Pooling" / "config.json").write_text(mode)
    with pytest.raises(IncompatibleArtefactError, match="asks for max, not one of"):
        pooling_of(str(tmp_path), BertConfig())


def test_a_pooling_file_that_does_not_parse_is_named(tmp_path):
    (tmp_path / "1_Pooling").mkdir()
    (tmp_path / "1_Pooling" / "config.json").write_text("{")
    with pytest.raises(CorruptArtefactError, match=r"1_Pooling/config\.json is not JSON"):
        pooling_of(str(tmp_path), BertConfig())


def test_further_layers_are_refused_rather_than_left_out(tmp_path):
    rows = [{"type": "sentence_transformers.models.Transformer"}, {"type": "models.Dense"}]
    (tmp_path / "modules.json").write_text(json.dumps(rows))
    with pytest.raises(IncompatibleArtefactError, match="adds Dense"):
        pooling_of(str(tmp_path), BertConfig())


def test_a_model_that_rewrites_texts_is_refused_with_what_fits(tmp_path):
    with pytest.raises(IncompatibleArtefactError, match="needs an encoder or a decoder"):
        pooling_of(str(tmp_path), T5Config())
