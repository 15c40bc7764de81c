"""A listing's photos as models take them: upright RGB, sized down, the first few."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from pathlib import Path

import PIL.Image
import PIL.ImageOps
from PIL.Image import Image


def pictures(photos: Sequence[Path], *, most: int, side: int) -> list[Image]:
    """The first `most` photos, no side longer than `side` pixels.

    A photo that cannot be read is left out: words go on without it.
    """
    found = []
    for path in photos[:most]:
        try:
            with PIL.Image.open(path) as image:
                image.draft("RGB", (side, side))
                upright = PIL.ImageOps.exif_transpose(image).convert("RGB")
        except (OSError, ValueError, PIL.Image.DecompressionBombError):
            continue
        upright.thumbnail((side, side))
        found.append(upright)
    return found


def data_url(image: Image) -> str:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=85)
    return "data:image/jpeg;base64," + base64.b64encode(file.getvalue()).decode()
