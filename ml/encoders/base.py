"""What every encoder promises, and the two steps all of them share."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

Vectors = NDArray[np.float32]


class ImageEncoder(Protocol):
    """Pictures to unit rows. `release` changes whenever the answers may."""

    @property
    def release(self) -> str: ...

    @property
    def dim(self) -> int: ...

    def encode(self, images: Sequence[Image.Image]) -> Vectors:
        """Unit rows (n, dim), in the order given; any Pillow mode, upright pictures."""
        ...


class TextEncoder(Protocol):
    """Texts to unit rows. `release` changes whenever the answers may."""

    @property
    def release(self) -> str: ...

    @property
    def dim(self) -> int: ...

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Unit rows (n, dim), in the order given; an empty text has a vector too."""
        ...


def as_rgb(image: Image.Image) -> Image.Image:
    """Three channels; what is transparent becomes white, as a marketplace's page shows it."""
    if image.mode == "RGB":
        return image
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        layered = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", image.size, "white"), layered).convert("RGB")
    if image.mode.startswith(("I", "F")):
        return _scaled_grey(image).convert("RGB")
    return image.convert("RGB")


def read_photo(path: Path, size: int) -> Image.Image:
    """An upright RGB photo, decoded at `size` or more pixels a side.

    Raises OSError (FileNotFoundError, UnidentifiedImageError) for what is not a whole picture.
    """
    with Image.open(path) as image:
        image.draft("RGB", (size, size))
        return as_rgb(ImageOps.exif_transpose(image))


def unit_rows(rows: Vectors) -> Vectors:
    """Rows scaled to length 1; a zero row stays zero rather than becoming NaN."""
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    scaled: Vectors = (rows / np.maximum(norms, 1e-12)).astype(np.float32)
    return scaled


def _scaled_grey(image: Image.Image) -> Image.Image:
    """Eight bits from deeper greys: Pillow would clip 16-bit pictures to white."""
    values = np.asarray(image, dtype=np.float64)
    low, high = float(values.min()), float(values.max())
    scaled = (values - low) * (255 / (high - low)) if high > low else np.zeros_like(values)
    return Image.fromarray(scaled.astype(np.uint8))
