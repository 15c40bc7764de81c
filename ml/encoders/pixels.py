"""Photos decoded once for training, and the ways in which a batch of them is varied."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F
from tqdm import tqdm

from ml.encoders.base import read_photo
from ml.encoders.image import squeeze


def decode_photos(paths: Sequence[Path], size: int, file: Path) -> NDArray[np.uint8]:
    """All photos as (n, size, size, 3) in a memory-mapped file: decoding once, not once an epoch.

    Raises OSError naming the photo that is not a whole picture.
    """
    pixels = np.lib.format.open_memmap(
        file, mode="w+", dtype=np.uint8, shape=(len(paths), size, size, 3)
    )
    for row, path in enumerate(tqdm(paths, desc="decode", mininterval=5)):
        try:
            pixels[row] = squeeze(read_photo(path, size), size)
        except OSError as error:
            raise OSError(f"{path.name}: {error}") from error
    pixels.flush()
    return pixels


def varied(pixels: NDArray[np.uint8], size: int, generator: torch.Generator) -> Tensor:
    """Random crops, flips, tilts and light of photos (n, s, s, 3), as floats (n, 3, size, size).

    Hue stays: a title that says "blue" must remain true.
    """
    batch = torch.from_numpy(pixels).permute(0, 3, 1, 2).float() / 255  # (n, 3, s, s)
    grid = F.affine_grid(
        _random_crops(len(batch), generator), [len(batch), 3, size, size], align_corners=False
    )
    crops = F.grid_sample(batch, grid, padding_mode="reflection", align_corners=False)
    return _random_light(crops, generator).clamp_(0, 1)


def whole(pixels: NDArray[np.uint8], size: int) -> Tensor:
    """The photos (n, s, s, 3) as floats (n, 3, size, size), nothing varied."""
    batch = torch.from_numpy(pixels).permute(0, 3, 1, 2).float() / 255
    return F.interpolate(batch, size=(size, size), mode="bilinear", antialias=True)


def _random_crops(count: int, generator: torch.Generator) -> Tensor:
    """Affine maps (count, 2, 3) into the unit square: 35–100% of the area, tilted up to 12°."""

    def uniform(low: float, high: float) -> Tensor:
        return torch.rand(count, generator=generator) * (high - low) + low

    side = uniform(0.35, 1.0).sqrt()
    aspect = torch.exp(uniform(-math.log(1.25), math.log(1.25)))
    width, height = (side * aspect.sqrt()).clamp(max=1), (side / aspect.sqrt()).clamp(max=1)
    flip = torch.where(uniform(0, 1) < 0.5, -1.0, 1.0)
    tilt = uniform(-0.21, 0.21) * (uniform(0, 1) < 0.5)
    shift_x, shift_y = uniform(-1, 1) * (1 - width), uniform(-1, 1) * (1 - height)
    first = torch.stack([flip * width * tilt.cos(), -height * tilt.sin(), shift_x], 1)
    second = torch.stack([flip * width * tilt.sin(), height * tilt.cos(), shift_y], 1)
    return torch.stack([first, second], 1)


def _random_light(images: Tensor, generator: torch.Generator) -> Tensor:
    """Brightness and contrast as lamps vary them, and a faint cast of warm or cold light."""
    count = len(images)
    brightness = torch.rand(count, 1, 1, 1, generator=generator) * 0.5 + 0.75
    contrast = torch.rand(count, 1, 1, 1, generator=generator) * 0.5 + 0.75
    cast = torch.rand(count, 3, 1, 1, generator=generator) * 0.12 + 0.94
    mean = images.mean(dim=(1, 2, 3), keepdim=True)
    return ((images - mean) * contrast + mean) * brightness * cast
