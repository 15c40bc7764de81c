"""What a thing lies on or stands before, at the size of the photo."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from PIL import Image

from listing_assistant.demo.drawing.look import Colour
from listing_assistant.demo.drawing.surfaces import Field, noise

PHOTO_SIDE = 640
HORIZON = 0.74  # where the floor meets the wall, as a share of the height
_SHAPE = (PHOTO_SIDE, PHOTO_SIDE)

WOODS: tuple[Colour, ...] = ((176, 132, 88), (206, 172, 128), (122, 86, 60), (150, 122, 98))
PALE: tuple[Colour, ...] = ((238, 236, 231), (226, 230, 234), (240, 232, 224), (222, 226, 218))
RUGS: tuple[Colour, ...] = ((150, 146, 140), (112, 120, 134), (188, 176, 158), (132, 108, 104))
SHEETS: tuple[Colour, ...] = ((228, 230, 236), (206, 216, 226), (232, 222, 212), (198, 204, 196))
WALLS: tuple[Colour, ...] = ((226, 220, 210), (198, 210, 212), (214, 206, 216), (206, 214, 200))


def _tinted(colour: Colour, brightness: Field) -> Field:
    """An RGB picture (h, w, 3) of one colour; `brightness` is added."""
    return np.asarray(colour, dtype=np.float64) + brightness[..., None]


def wood(variant: int) -> Field:
    colour = WOODS[variant % len(WOODS)]
    picture = _tinted(
        colour,
        noise(_SHAPE, variant, (5, 260)) * 6 + noise(_SHAPE, variant + 50, (26, 400)) * 6,
    )
    rng = np.random.default_rng(variant)
    for start in range(0, PHOTO_SIDE, 128):
        picture[start : start + 128] += rng.uniform(-11, 11)
        picture[start : start + 2] *= 0.62
    return picture


def paper(variant: int) -> Field:
    y, x = np.mgrid[-1 : 1 : PHOTO_SIDE * 1j, -1 : 1 : PHOTO_SIDE * 1j]
    return _tinted(PALE[variant % len(PALE)], 10 - 22 * ((x + 0.2) ** 2 + (y + 0.3) ** 2))


def carpet(variant: int) -> Field:
    brightness = noise(_SHAPE, variant, (2, 2)) * 11 + noise(_SHAPE, variant + 9, (5, 5)) * 9
    return _tinted(RUGS[variant % len(RUGS)], brightness + noise(_SHAPE, 3, (150, 150)) * 5)


def sheet(variant: int) -> Field:
    y, x = np.mgrid[:PHOTO_SIDE, :PHOTO_SIDE]
    bend = noise(_SHAPE, variant, (180, 180)) * 34
    folds = np.sin((x * 0.7 + y + bend * 2.2) / 44) ** 3 * 9 + noise(_SHAPE, 5, (90, 40)) * 4
    return _tinted(SHEETS[variant % len(SHEETS)], folds + noise(_SHAPE, 6, (2, 2)))


def fading(variant: int) -> Field:
    rng = np.random.default_rng(variant + 400)
    top, bottom = rng.uniform(165, 215) + rng.uniform(-11, 11, (2, 3)) + ((0,), (26,))
    share = np.linspace(0, 1, PHOTO_SIDE)[:, None, None]
    return np.broadcast_to(top * (1 - share) + bottom * share, (*_SHAPE, 3)).copy()


def room(variant: int) -> Field:
    """A wall, a skirting board and a floor of planks."""
    edge = round(PHOTO_SIDE * HORIZON)
    picture = _tinted(WALLS[variant % len(WALLS)], noise(_SHAPE, variant, (3, 3)) * 1.5)
    picture += np.linspace(10, -16, PHOTO_SIDE)[None, :, None]
    picture[edge:] = wood(variant + 1)[: PHOTO_SIDE - edge] * np.linspace(
        0.8, 1.05, PHOTO_SIDE - edge
    ).reshape(-1, 1, 1)
    picture[edge - 26 : edge] = np.asarray((244, 242, 238)) - 8
    picture[edge - 28 : edge - 26] *= 0.86
    picture[edge : edge + 5] *= 0.7
    return picture


def studio(variant: int) -> Field:
    """A paper roll: the floor runs into the wall."""
    rows = np.arange(PHOTO_SIDE) / PHOTO_SIDE
    bend = -26 * np.exp(-(((rows - HORIZON) / 0.09) ** 2)) + 8 * (rows > HORIZON)
    return _tinted(
        PALE[variant % len(PALE)], np.broadcast_to(bend[:, None] * 0.7, _SHAPE)
    ) + np.linspace(6, -12, PHOTO_SIDE).reshape(1, -1, 1)


def shelf(variant: int) -> Field:
    """A table top before a wall."""
    edge = round(PHOTO_SIDE * HORIZON)
    picture = _tinted(WALLS[(variant + 2) % len(WALLS)], noise(_SHAPE, variant, (3, 3)) * 1.5)
    picture += np.linspace(-14, 8, PHOTO_SIDE)[None, :, None]
    picture[edge:] = wood(variant)[:1] * np.linspace(0.86, 1.08, PHOTO_SIDE - edge).reshape(
        -1, 1, 1
    )
    picture[edge:] += noise((PHOTO_SIDE - edge, PHOTO_SIDE), variant, (6, 200))[..., None] * 6
    picture[edge : edge + 3] *= 0.75
    return picture


LYING: tuple[Callable[[int], Field], ...] = (wood, paper, carpet, sheet, fading)
STANDING: tuple[Callable[[int], Field], ...] = (room, studio, shelf, fading)
VARIANTS = 4


@lru_cache(maxsize=40)
def background(*, standing: bool, name: int, variant: int) -> Image.Image:
    """A picture shared by its callers: copy it before painting on it."""
    make = (STANDING if standing else LYING)[name]
    return Image.fromarray(np.clip(make(variant), 0, 255).astype(np.uint8))
