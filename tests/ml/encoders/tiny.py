"""Real encoders small enough to make in a moment: random weights, saved as their libraries do."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import open_clip
import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from transformers import (
    BertConfig,
    BertModel,
    BertTokenizerFast,
    LlamaConfig,
    LlamaModel,
    PreTrainedTokenizerFast,
)

from ml.encoders.image import TowerConfig, TowerPixels, build_tower, save_tower

TEXT = {"context_length": 16, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 1}
VISION = {
    "vit": {"layers": 1, "width": 32, "head_width": 16, "patch_size": 16, "image_size": 32},
    "convnext": {"timm_model_name": "convnext_atto", "timm_pool": "avg", "image_size": 32},
    "resnet50": {"layers": [3, 4, 6, 3], "width": 16, "image_size": 64},
}
PREPROCESSING = {
    "mean": [0.5, 0.5, 0.5],
    "std": [0.5, 0.5, 0.5],
    "interpolation": "bicubic",
    "resize_mode": "squash",
}
WORDS = [
    "blue",
    "red",
    "shirt",
    "shoe",
    "mug",
    "men",
    "women",
    "a",
    "b",
    "c",
    "d",
    "e",
    "s",
    "t",
    "h",
    "i",
    "r",
]


def save_open_clip(folder: Path, seed: int = 0, vision: str = "vit") -> Path:
    """An open_clip model as its hub folders look."""
    folder.mkdir(parents=True)
    torch.manual_seed(seed)
    shape = {"embed_dim": 24, "vision_cfg": VISION[vision], "text_cfg": TEXT}
    model = open_clip.CLIP(**shape)
    save_file(
        {name: tensor.contiguous() for name, tensor in model.state_dict().items()},
        folder / "open_clip_model.safetensors",
    )
    config = {"model_cfg": shape, "preprocess_cfg": PREPROCESSING}
    (folder / "open_clip_config.json").write_text(json.dumps(config))
    return folder


def save_convnext(folder: Path, seed: int = 0) -> Path:
    return save_open_clip(folder, seed, "convnext")


def save_resnet50(folder: Path, seed: int = 0) -> Path:
    return save_open_clip(folder, seed, "resnet50")


def save_transformer(folder: Path, seed: int = 0) -> Path:
    """A BERT with a vocabulary of a few words and letters."""
    folder.mkdir(parents=True)
    torch.manual_seed(seed)
    letters = [f"##{letter}" for letter in "abcdefghijklmnopqrstuvwxyz"]
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS, *letters]
    (folder / "vocab.txt").write_text("\n".join(vocabulary))
    tokenizer = BertTokenizerFast(vocab_file=str(folder / "vocab.txt"))
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=32,
    )
    BertModel(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def save_llama(folder: Path, seed: int = 0) -> Path:
    """A LLaMA whose tokenizer is as decoders' often are: no padding token, padding on the left."""
    folder.mkdir(parents=True)
    torch.manual_seed(seed)
    words = {word: place for place, word in enumerate(["<unk>", "<s>", *WORDS])}
    backend = Tokenizer(WordLevel(words, unk_token="<unk>"))
    backend.pre_tokenizer = Whitespace()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=backend, unk_token="<unk>", bos_token="<s>", padding_side="left"
    )
    config = LlamaConfig(
        vocab_size=len(words),
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        max_position_embeddings=32,
    )
    LlamaModel(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def small_tower(seed: int = 0, **changes: float) -> TowerPixels:
    """A compact tower as the project bundles them, untrained; `changes` are of its config."""
    torch.manual_seed(seed)
    config = TowerConfig("mobilenetv4_conv_small_035", embed_dim=24, image_size=64)
    config = replace(config, **changes)
    return TowerPixels(build_tower(config), config)


def save_small_tower(folder: Path, seed: int = 0) -> Path:
    save_tower(folder, small_tower(seed), metrics={}, card="untrained", extra={})
    return folder
