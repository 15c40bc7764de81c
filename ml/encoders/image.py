"""Image encoders: the compact tower that ships with the project, and any open_clip model."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from open_clip.timm_model import TimmModel
from PIL import Image

from ml.artefacts import Artefact, IncompatibleArtefactError, load_artefact, save_artefact
from ml.encoders.base import Vectors, as_rgb, unit_rows

KIND = "image_tower"
FORMAT_VERSION = 1
BATCH = 8  # larger batches fall out of a core's cache: measured slower, not faster


@dataclass(frozen=True)
class TowerConfig:
    """A timm trunk under open_clip's adapter, and the pre-processing it was trained with."""

    timm_model_name: str
    embed_dim: int
    image_size: int
    mean: tuple[float, float, float] = (0.5, 0.5, 0.5)
    std: tuple[float, float, float] = (0.25, 0.25, 0.25)

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> TowerConfig:
        """Read what `asdict` wrote; raises TypeError or KeyError on a field that is missing."""
        named = {field.name: values[field.name] for field in fields(cls)}
        return cls(**named | {"mean": tuple(named["mean"]), "std": tuple(named["std"])})


def build_tower(config: TowerConfig) -> TimmModel:
    """The tower with fresh weights: images (n, 3, size, size) to rows (n, embed_dim)."""
    # No projection of the adapter's: it would miss the trunk's last layer before the classifier.
    return TimmModel(
        config.timm_model_name,
        embed_dim=config.embed_dim,
        image_size=config.image_size,
        pool="avg",
        proj="",
    )


def squeeze(image: Image.Image, size: int) -> NDArray[np.uint8]:
    """The whole picture as (size, size, 3): nothing of the product is cut off, it is only bent."""
    return np.asarray(
        as_rgb(image).resize((size, size), Image.Resampling.BICUBIC, reducing_gap=2.0)
    )


def normalised(pixels: torch.Tensor, config: TowerConfig) -> torch.Tensor:
    """Floats 0..1 (n, 3, size, size) to what the trunk expects, laid out for fast convolution."""
    mean = torch.tensor(config.mean).view(1, 3, 1, 1)
    std = torch.tensor(config.std).view(1, 3, 1, 1)
    return ((pixels - mean) / std).contiguous(memory_format=torch.channels_last)


class TowerEncoder:
    """The bundled tower as an ImageEncoder."""

    def __init__(self, tower: TimmModel, config: TowerConfig, release: str) -> None:
        self._tower = tower.eval().to(memory_format=torch.channels_last)
        self.config = config
        self.release = release

    @property
    def dim(self) -> int:
        return self.config.embed_dim

    def encode(self, images: Sequence[Image.Image]) -> Vectors:
        chunks = [images[start : start + BATCH] for start in range(0, len(images), BATCH)]
        rows = [self._encode_batch(chunk) for chunk in chunks]
        return np.concatenate(rows) if rows else np.empty((0, self.dim), dtype=np.float32)

    def _encode_batch(self, images: Sequence[Image.Image]) -> Vectors:
        pixels = np.stack([squeeze(image, self.config.image_size) for image in images])
        batch = torch.from_numpy(pixels).permute(0, 3, 1, 2).float() / 255  # (n, 3, size, size)
        with torch.inference_mode():
            return unit_rows(self._tower(normalised(batch, self.config)).numpy())


def save_tower(
    folder: Path,
    tower: TimmModel,
    config: TowerConfig,
    *,
    metrics: Mapping[str, Any],
    card: str,
    extra: Mapping[str, Any],
) -> Artefact:
    """Write the tower with weights in half precision; `extra` joins the config."""
    tensors = {
        name: tensor.half().numpy() if tensor.is_floating_point() else tensor.numpy()
        for name, tensor in tower.state_dict().items()
    }
    return save_artefact(
        folder,
        kind=KIND,
        format_version=FORMAT_VERSION,
        config={**asdict(config), **extra},
        tensors=tensors,
        metrics=metrics,
        card=card,
    )


def load_tower(folder: Path) -> TowerEncoder:
    """Read a tower; raises ArtefactError when it is missing, corrupt or another model's."""
    artefact = load_artefact(folder, kind=KIND, format_version=FORMAT_VERSION)
    try:
        config = TowerConfig.from_mapping(artefact.config)
        tower = build_tower(config)
        tensors = {name: torch.from_numpy(array) for name, array in artefact.tensors.items()}
        tower.load_state_dict(tensors)
    except (KeyError, TypeError, RuntimeError) as error:
        raise IncompatibleArtefactError(folder, "config and weights do not fit together") from error
    return TowerEncoder(tower, config, artefact.release)


class OpenClipImageEncoder:
    """The image side of any open_clip model, with the transform that came with its weights."""

    def __init__(self, model: Any, transform: Any) -> None:
        self._model = model.eval()
        self._transform = transform
        self.release = weights_release(model)
        self.dim = len(self._encode_batch([Image.new("RGB", (8, 8))])[0])

    def encode(self, images: Sequence[Image.Image]) -> Vectors:
        chunks = [images[start : start + BATCH] for start in range(0, len(images), BATCH)]
        rows = [self._encode_batch(chunk) for chunk in chunks]
        return np.concatenate(rows) if rows else np.empty((0, self.dim), dtype=np.float32)

    def _encode_batch(self, images: Sequence[Image.Image]) -> Vectors:
        batch = torch.stack([self._transform(as_rgb(image)) for image in images])
        with torch.inference_mode():
            return unit_rows(self._model.encode_image(batch).float().numpy())


def weights_release(model: torch.nn.Module) -> str:
    """12 hex digits over names and values of all weights: equal weights, equal release."""
    digest = hashlib.sha256()
    for name, tensor in sorted(model.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.detach().cpu().contiguous().float().numpy().tobytes())
    return digest.hexdigest()[:12]
