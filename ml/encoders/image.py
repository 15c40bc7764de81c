"""Image encoders: the compact tower that ships with the project, and any open_clip model."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from ml.artefacts import Artefact, IncompatibleArtefactError, load_artefact, save_artefact
from ml.encoders.acceleration import Acceleration, Arrays, Forward, Part, forward_of
from ml.encoders.base import Vectors, as_rgb, unit_rows
from ml.encoders.palette import Palette

if TYPE_CHECKING:
    from open_clip.timm_model import TimmModel

KIND = "image_tower"
FORMAT_VERSION = 2
BATCH = 8  # larger batches fall out of a core's cache: measured slower, not faster


@dataclass(frozen=True)
class TowerConfig:
    """A timm trunk under open_clip's adapter, and the pre-processing it was trained with.

    With `palette_colours`, rows end in a histogram of colours, which holds `palette_share` of
    their squared length.
    """

    timm_model_name: str
    embed_dim: int
    image_size: int
    mean: tuple[float, float, float] = (0.5, 0.5, 0.5)
    std: tuple[float, float, float] = (0.25, 0.25, 0.25)
    palette_colours: int = 0
    palette_share: float = 0.0

    @property
    def dim(self) -> int:
        """Of the rows."""
        return self.embed_dim + 2 * self.palette_colours

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> TowerConfig:
        """Read what `asdict` wrote; raises TypeError or KeyError on a field that is missing."""
        named = {field.name: values[field.name] for field in fields(cls) if field.name in values}
        return cls(**named | {"mean": tuple(named["mean"]), "std": tuple(named["std"])})


def build_tower(config: TowerConfig) -> TimmModel:
    """The tower with fresh weights: images (n, 3, size, size) to rows (n, embed_dim)."""
    # Imported here: a tower whose compiled form is kept is served without these five seconds.
    from open_clip.timm_model import TimmModel

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


def probe_images() -> list[Image.Image]:
    """Pictures to try an encoder with: plain, shaded, noisy; the same in every process."""
    across, down = np.meshgrid(np.linspace(0, 1, 160), np.linspace(0, 1, 120))
    noise = np.random.default_rng(0).random((120, 160))
    channels = {
        "plain": (0 * across + 0.9, 0 * across + 0.2, 0 * across + 0.1),
        "shaded": (across, down, 1 - across),
        "striped": (np.sin(40 * across) / 2 + 0.5, 0 * across + 0.4, down),
        "disc": ((across - 0.5) ** 2 + (down - 0.5) ** 2 < 0.1, 0 * across + 1, across),
        "noisy": (noise, noise * across, noise * down),
    }
    return [
        Image.fromarray((np.stack(picture, axis=-1) * 255).astype(np.uint8))
        for picture in channels.values()
    ]


class TowerPixels(torch.nn.Module):
    """A tower with what comes before and beside it: bytes (n, size, size, 3) to rows (n, dim)."""

    def __init__(self, tower: TimmModel, config: TowerConfig) -> None:
        super().__init__()
        self.tower = tower.to(memory_format=torch.channels_last)
        self.palette = Palette(config.palette_colours) if config.palette_colours else None
        self.config = config

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        batch = pixels.permute(0, 3, 1, 2).float() / 255  # (n, 3, size, size)
        rows: torch.Tensor = self.tower(normalised(batch, self.config))
        if self.palette is None:
            return rows
        share = self.config.palette_share
        seen = torch.nn.functional.normalize(rows, dim=1) * (1 - share) ** 0.5
        return torch.cat([seen, self.palette(batch) * share**0.5], dim=1)


class TowerEncoder:
    """The bundled tower as an ImageEncoder."""

    def __init__(self, forward: Forward, config: TowerConfig, release: str) -> None:
        self._forward = forward
        self.config = config
        self.release = release

    @property
    def dim(self) -> int:
        return self.config.dim

    def encode(self, images: Sequence[Image.Image]) -> Vectors:
        chunks = [images[start : start + BATCH] for start in range(0, len(images), BATCH)]
        rows = [unit_rows(self._forward(tower_pixels(chunk, self.config))) for chunk in chunks]
        return np.concatenate(rows) if rows else np.empty((0, self.dim), dtype=np.float32)


def tower_pixels(images: Sequence[Image.Image], config: TowerConfig) -> NDArray[np.uint8]:
    """What a tower's module takes: bytes (n, size, size, 3)."""
    return np.stack([squeeze(image, config.image_size) for image in images])


def save_tower(
    folder: Path,
    module: TowerPixels,
    *,
    metrics: Mapping[str, Any],
    card: str,
    extra: Mapping[str, Any],
) -> Artefact:
    """Write the tower with weights in half precision; `extra` joins the config."""
    tensors = {
        name: tensor.half().numpy() if tensor.is_floating_point() else tensor.numpy()
        for name, tensor in module.state_dict().items()
    }
    return save_artefact(
        folder,
        kind=KIND,
        format_version=FORMAT_VERSION,
        config={**asdict(module.config), **extra},
        tensors=tensors,
        metrics=metrics,
        card=card,
    )


def load_tower(folder: Path, how: Acceleration | None = None) -> TowerEncoder:
    """Read a tower; raises ArtefactError when it is missing, corrupt or another model's."""
    artefact = load_artefact(folder, kind=KIND, format_version=FORMAT_VERSION)
    try:
        config = TowerConfig.from_mapping(artefact.config)
    except (KeyError, TypeError) as error:
        raise IncompatibleArtefactError(folder, f"config lacks {error}") from error
    part = Part(
        name="image",
        release=artefact.release,
        build=lambda: _tower_of(artefact, config),
        probe=lambda: (tower_pixels(probe_images(), config),),
    )
    return TowerEncoder(forward_of(part, how), config, artefact.release)


def _tower_of(artefact: Artefact, config: TowerConfig) -> TowerPixels:
    try:
        module = TowerPixels(build_tower(config), config)
        tensors = {name: torch.from_numpy(array) for name, array in artefact.tensors.items()}
        module.load_state_dict(tensors)
    except (TypeError, RuntimeError) as error:
        reason = "config and weights do not fit together"
        raise IncompatibleArtefactError(artefact.folder, reason) from error
    return module


class OpenClipImageEncoder:
    """The image side of any open_clip model, with the transform that came with its weights."""

    def __init__(self, model: Any, transform: Any, how: Acceleration | None = None) -> None:
        self._transform = transform
        # The same weights behind another transform give other rows.
        preparation = json.dumps(getattr(model.visual, "preprocess_cfg", {}), sort_keys=True)
        self.release = weights_release(model, preparation)
        part = Part(
            name="image",
            release=self.release,
            build=lambda: _OpenClipPixels(model),
            probe=lambda: self._pixels(probe_images()),
        )
        self._forward = forward_of(part, how)
        self.dim = self._forward(*self._pixels(probe_images()[:1])).shape[1]

    def encode(self, images: Sequence[Image.Image]) -> Vectors:
        chunks = [images[start : start + BATCH] for start in range(0, len(images), BATCH)]
        rows = [unit_rows(self._forward(*self._pixels(chunk))) for chunk in chunks]
        return np.concatenate(rows) if rows else np.empty((0, self.dim), dtype=np.float32)

    def _pixels(self, images: Sequence[Image.Image]) -> Arrays:
        return (torch.stack([self._transform(as_rgb(image)) for image in images]).numpy(),)


class _OpenClipPixels(torch.nn.Module):
    """The image half alone as a forward pass."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        rows: torch.Tensor = self.model.encode_image(pixels)
        return rows


def weights_release(model: torch.nn.Module, preparation: str) -> str:
    """12 hex digits over all weights and what prepares their input: equal ones, equal release."""
    digest = hashlib.sha256(preparation.encode())
    for name, tensor in sorted(model.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.detach().cpu().contiguous().float().numpy().tobytes())
    return digest.hexdigest()[:12]
