"""What a part is made of: its colours and pattern, its texture, and how light meets it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from listing_assistant.demo.drawing.look import Colour, Pattern, darker, lighter, mixed

SIDE = 1000  # pixels of a drawing board, one for each unit: about twice what a photo shows
Texture = Literal["smooth", "cloth", "denim", "knit", "leather", "wood", "brushed", "fur"]
Form = Literal["flat", "cylinder", "tube", "sphere"]
Field = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Surface:
    colour: Colour
    second: Colour = (255, 255, 255)
    pattern: Pattern = "plain"

    def lit(self, shade: Image.Image, box: tuple[int, int, int, int]) -> Image.Image:
        """The part of the surface in `box`, darkened and lightened by `shade` around 128; RGBA."""
        opaque = Image.new("L", shade.size, 255)
        if self.pattern == "plain":
            # One colour: its answer to every shade is a table, far cheaper than blending.
            channels = [shade.point(_answers(level)) for level in self.colour]
            return Image.merge("RGBA", (*channels, opaque))
        ground = _pattern(self.pattern, self.colour, self.second).crop(box)
        blended = ImageChops.hard_light(ground, Image.merge("RGB", (shade,) * 3))
        blended.putalpha(opaque)
        return blended


@lru_cache(maxsize=512)
def _answers(level: int) -> list[int]:
    """Hard light: a shade below 128 multiplies, one above screens."""
    return [
        level * shade // 127 if shade < 128 else 255 - (255 - shade) * (255 - level) // 127
        for shade in range(256)
    ]


@dataclass(frozen=True)
class Finish:
    """`relief`: how far from its edge, in units, a part is rounded. `depth`: contrast of that.
    `form`: the large shape behind the outline. `cast`: darkness of the shadow it throws on what
    was drawn before."""

    relief: float = 14
    depth: float = 0.6
    texture: Texture = "smooth"
    form: Form = "flat"
    cast: float = 0.3


FLAT = Finish(relief=4, depth=0.2, cast=0.0)
PLASTIC = Finish(relief=12, depth=0.7)
METAL = Finish(relief=10, depth=0.9, texture="brushed")
CLOTH = Finish(relief=42, depth=0.6, texture="cloth", cast=0.35)
DENIM = Finish(relief=40, depth=0.7, texture="denim", cast=0.35)
KNIT = Finish(relief=44, depth=0.7, texture="knit", cast=0.35)
LEATHER = Finish(relief=26, depth=0.8, texture="leather", cast=0.4)
WOOD = Finish(relief=10, depth=0.6, texture="wood")
FUR = Finish(relief=60, depth=0.9, texture="fur", cast=0.35)
PADDED = Finish(relief=90, depth=1.0, texture="cloth", cast=0.35)
CYLINDER = Finish(relief=8, depth=0.3, form="cylinder")
TUBE = Finish(relief=8, depth=0.3, form="tube")
SPHERE = Finish(relief=8, depth=0.2, form="sphere")


def noise(shape: tuple[int, int], seed: int, coarse: tuple[int, int]) -> Field:
    """Smooth noise of mean 0 and deviation about 1, varying over `coarse` pixels (down, across)."""
    rng = np.random.default_rng(seed)
    small = rng.normal(size=(shape[0] // coarse[0] + 2, shape[1] // coarse[1] + 2))
    picture = Image.fromarray(small.astype(np.float32))
    resized = picture.resize((shape[1], shape[0]), Image.Resampling.BICUBIC)
    return np.asarray(resized, dtype=np.float64)


@lru_cache(maxsize=8)
def texture_image(texture: Texture) -> Image.Image:
    """Brightness around 128, to be added to a part's shade."""
    field = _TEXTURES[texture]()
    return Image.fromarray(np.clip(128 + field, 0, 255).astype(np.uint8))


_SHAPE = (SIDE, SIDE)


def _fold_field() -> Field:
    return noise(_SHAPE, 2, (220, 130)) * 9 + noise(_SHAPE, 3, (100, 50)) * 4


def _cloth_field() -> Field:
    return _fold_field() + noise(_SHAPE, 1, (2, 2)) * 2


def _denim_field() -> Field:
    y, x = np.mgrid[:SIDE, :SIDE]
    weave: Field = np.sin((x + y) * 1.3) * 5 + noise(_SHAPE, 1, (2, 2)) * 6
    weave += _fold_field() + noise(_SHAPE, 4, (260, 7)) * 4
    return weave


def _knit_field() -> Field:
    y, x = np.mgrid[:SIDE, :SIDE]
    loops: Field = 9 * np.abs(np.sin(x * 0.3)) * np.sign(np.sin(y * 0.36 + x * 0.3))
    return _fold_field() + loops


_TEXTURES: dict[Texture, Callable[[], Field]] = {
    "smooth": lambda: np.zeros(_SHAPE),
    "cloth": _cloth_field,
    "denim": _denim_field,
    "knit": _knit_field,
    "leather": lambda: noise(_SHAPE, 5, (6, 6)) * 4 + noise(_SHAPE, 6, (130, 130)) * 5,
    "wood": lambda: noise(_SHAPE, 7, (8, 250)) * 11 + noise(_SHAPE, 8, (34, 330)) * 9,
    "brushed": lambda: noise(_SHAPE, 9, (2, 170)) * 4,
    "fur": lambda: noise(_SHAPE, 10, (8, 4)) * 13 + noise(_SHAPE, 11, (76, 76)) * 6,
}


@lru_cache(maxsize=8)
def _pattern(pattern: Pattern, colour: Colour, second: Colour) -> Image.Image:
    image = Image.new("RGB", (SIDE, SIDE), colour)
    draw = ImageDraw.Draw(image)
    if pattern == "striped":
        for y in range(0, SIDE, 64):
            draw.rectangle((0, y, SIDE, y + 26), fill=second)
    elif pattern == "checked":
        _checks(draw, colour, second)
    elif pattern == "dotted":
        for row, y in enumerate(range(0, SIDE + 50, 48)):
            for x in range(-24 * (row % 2), SIDE + 50, 48):
                draw.ellipse((x - 11, y - 11, x + 11, y + 11), fill=second)
    elif pattern == "floral":
        _flowers(draw, colour, second)
    return image.filter(ImageFilter.GaussianBlur(0.8))


def _checks(draw: ImageDraw.ImageDraw, colour: Colour, second: Colour) -> None:
    half = mixed(colour, second, 0.45)
    for start in range(0, SIDE, 96):
        draw.rectangle((0, start, SIDE, start + 42), fill=half)
    for start in range(0, SIDE, 96):
        draw.rectangle((start, 0, start + 42, SIDE), fill=half)
        for y in range(0, SIDE, 96):
            draw.rectangle((start, y, start + 42, y + 42), fill=second)
        draw.line((start + 68, 0, start + 68, SIDE), fill=darker(colour, 0.35), width=5)


def _flowers(draw: ImageDraw.ImageDraw, colour: Colour, second: Colour) -> None:
    rng = np.random.default_rng(7)
    leaf = mixed((70, 130, 70), colour, 0.25)
    for row, y in enumerate(range(30, SIDE + 60, 90)):
        for x in range(30 - 45 * (row % 2), SIDE + 60, 90):
            cx, cy = x + rng.uniform(-14, 14), y + rng.uniform(-14, 14)
            turn, size = rng.uniform(0, 6.3), rng.uniform(11, 15)
            draw.ellipse((cx + 12, cy + 13, cx + 37, cy + 25), fill=leaf)
            for petal in range(5):
                px = cx + size * 1.1 * np.cos(turn + petal * 1.257)
                py = cy + size * 1.1 * np.sin(turn + petal * 1.257)
                draw.ellipse((px - size, py - size, px + size, py + size), fill=second)
            middle = (236, 186, 60) if second != (240, 198, 56) else lighter(colour, 0.6)
            draw.ellipse((cx - 8, cy - 8, cx + 8, cy + 8), fill=middle)
