"""What people do to a photo before they use it as their own."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from types import MappingProxyType

from PIL import Image, ImageDraw, ImageOps

CUT = 0.1


def recompressed(image: Image.Image) -> Image.Image:
    """A JPEG of quality 40."""
    file = io.BytesIO()
    image.save(file, "JPEG", quality=40)
    return Image.open(file).convert("RGB")


def resized(image: Image.Image) -> Image.Image:
    """Half as large."""
    return image.resize((max(8, image.width // 2), max(8, image.height // 2)))


def cropped(image: Image.Image) -> Image.Image:
    """A tenth of each side gone, half of it on either hand."""
    across, down = round(image.width * CUT / 2), round(image.height * CUT / 2)
    return image.crop((across, down, image.width - across, image.height - down))


def cropped_at_a_corner(image: Image.Image) -> Image.Image:
    """A tenth of each side gone at the top left."""
    return image.crop(
        (round(image.width * CUT), round(image.height * CUT), image.width, image.height)
    )


def with_banner(image: Image.Image) -> Image.Image:
    """A bar with words over an eighth of the height."""
    image = image.copy()
    draw = ImageDraw.Draw(image)
    top, bottom = round(image.height * 0.8), round(image.height * 0.92)
    draw.rectangle((0, top, image.width, bottom), fill=(200, 30, 30))
    size = max(8, (bottom - top) * 2 // 3)
    draw.text((image.width * 0.08, top), "SALE · free shipping", fill="white", font_size=size)
    return image


EDITS: Mapping[str, Callable[[Image.Image], Image.Image]] = MappingProxyType(
    {
        "JPEG quality 40": recompressed,
        "half the size": resized,
        "cropped by 10%": cropped,
        "cropped at a corner": cropped_at_a_corner,
        "mirrored": ImageOps.mirror,
        "banner with words": with_banner,
    }
)
