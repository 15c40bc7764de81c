"""Real encoders small enough to make in a moment: random weights, saved as their libraries do."""

from __future__ import annotations

import json
from pathlib import Path

import open_clip
import torch
from safetensors.torch import save_file
from transformers import BertConfig, BertModel, BertTokenizerFast

from ml.encoders.image import TowerConfig, build_tower, save_tower

OPEN_CLIP = {
    "embed_dim": 24,
    "vision_cfg": {"image_size": 32, "layers": 1, "width": 32, "head_width": 16, "patch_size": 16},
    "text_cfg": {"context_length": 16, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 1},
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


def save_open_clip(folder: Path, seed: int = 0) -> Path:
    """An open_clip model as its hub folders look."""
    folder.mkdir(parents=True)
    torch.manual_seed(seed)
    model = open_clip.CLIP(**OPEN_CLIP)
    save_file(
        {name: tensor.contiguous() for name, tensor in model.state_dict().items()},
        folder / "open_clip_model.safetensors",
    )
    config = {"model_cfg": OPEN_CLIP, "preprocess_cfg": PREPROCESSING}
    (folder / "open_clip_config.json").write_text(json.dumps(config))
    return folder


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


def save_small_tower(folder: Path, seed: int = 0) -> Path:
    """A compact tower as the project bundles them, untrained."""
    torch.manual_seed(seed)
    config = TowerConfig("mobilenetv4_conv_small_035", embed_dim=24, image_size=64)
    save_tower(folder, build_tower(config), config, metrics={}, card="untrained", extra={})
    return folder
