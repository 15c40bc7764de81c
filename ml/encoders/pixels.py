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


def view_boxes(count: int, views: int, seed: int) -> NDArray[np.float32]:
    """Boxes (count, views, 4) as left, top, width, height of the unit square.

    The first view is the whole photo, the others are crops of 40–80% of it.
    """
    generator = np.random.default_rng(seed)
    side = np.sqrt(generator.uniform(0.4, 0.8, (count, views)))
    aspect = np.exp(generator.uniform(-math.log(1.2), math.log(1.2), (count, views)))
    width, height = np.minimum(side * aspect, 1), np.minimum(side / aspect, 1)
    left, top = generator.random((2, count, views)) * (1 - np.stack([width, height]))
    boxes = np.stack([left, top, width, height], axis=2).astype(np.float32)
    boxes[:, 0] = (0, 0, 1, 1)
    return boxes


def cropped(pixels: NDArray[np.uint8], boxes: NDArray[np.float32], size: int) -> Tensor:
    """The box (n, 4) of each photo (n, s, s, 3), as floats (n, 3, size, size)."""
    return _sampled(pixels, _map_of(torch.from_numpy(boxes)), size)


def varied(
    pixels: NDArray[np.uint8], boxes: NDArray[np.float32], size: int, generator: torch.Generator
) -> Tensor:
    """As `cropped`, with the box shrunk a little, flipped, tilted and in another light.

    Hue stays: a title that says "blue" must remain true.
    """
    jitter = _random_crops(len(pixels), generator)  # (n, 2, 3)
    placed = _map_of(torch.from_numpy(boxes))
    scale, shift = placed[:, :, :2], placed[:, :, 2:]
    maps = torch.cat([scale @ jitter[:, :, :2], scale @ jitter[:, :, 2:] + shift], dim=2)
    return _random_light(_sampled(pixels, maps, size), generator).clamp_(0, 1)


def _map_of(boxes: Tensor) -> Tensor:
    """Affine maps (n, 2, 3) from the square -1..1 onto the boxes in it."""
    left, top, width, height = boxes.unbind(1)
    nothing = torch.zeros_like(left)
    first = torch.stack([width, nothing, 2 * left + width - 1], 1)
    second = torch.stack([nothing, height, 2 * top + height - 1], 1)
    return torch.stack([first, second], 1)


def _sampled(pixels: NDArray[np.uint8], maps: Tensor, size: int) -> Tensor:
    batch = torch.from_numpy(pixels).permute(0, 3, 1, 2).float() / 255  # (n, 3, s, s)
    grid = F.affine_grid(maps, [len(batch), 3, size, size], align_corners=False)
    return F.grid_sample(batch, grid, padding_mode="reflection", align_corners=False)


def whole(pixels: NDArray[np.uint8], size: int) -> Tensor:
    """The photos (n, s, s, 3) as floats (n, 3, size, size), nothing varied."""
    batch = torch.from_numpy(pixels).permute(0, 3, 1, 2).float() / 255
    return F.interpolate(batch, size=(size, size), mode="bilinear", antialias=True)


def _random_crops(count: int, generator: torch.Generator) -> Tensor:
    """Affine maps (count, 2, 3) into the unit square: 70–100% of the area, tilted up to 12°."""

    def uniform(low: float, high: float) -> Tensor:
        return torch.rand(count, generator=generator) * (high - low) + low

    side = uniform(0.7, 1.0).sqrt()
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
