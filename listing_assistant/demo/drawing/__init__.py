"""Photos rendered by code, so that the demo marketplace owns every pixel it shows.

`draw` is the way in. A kind of thing is a function of a board in the file of its family: clothing,
worn, electronics, home, leisure,
sport; `kinds` names them all.
"""

from __future__ import annotations

from dataclasses import dataclass

from PIL import Image

from listing_assistant.demo.drawing.board import Board
from listing_assistant.demo.drawing.kinds import DRAWERS, STANDING
from listing_assistant.demo.drawing.look import COLOURS, PATTERNS, Look, Pattern
from listing_assistant.demo.drawing.outlines import Points
from listing_assistant.demo.drawing.scene import (
    Box,
    backdrop,
    choose_scene,
    develop,
    place_thing,
    project,
)

__all__ = ["COLOURS", "DRAWERS", "PATTERNS", "Drawing", "Look", "Pattern", "draw"]


@dataclass(frozen=True)
class Drawing:
    """A photo and what is known to be where: boxes are left, top, right, bottom in pixels.

    `brand_box` is None where the look has no brand or the kind has no place for it.
    """

    image: Image.Image
    object_box: Box
    brand_box: Box | None


def draw(look: Look, *, seed: int, angle: int = 0) -> Drawing:
    """A photo of 640 × 640 pixels. `seed` fixes room and light, `angle` is the photo's number.

    Raises KeyError for a kind or colour that does not exist.
    """
    # 1. The thing itself, cut out.
    board = Board(look)
    DRAWERS[look.kind](board)
    bounds = board.image.getbbox()
    assert bounds is not None, f"{look.kind} drew nothing"
    # 2. As the camera sees it.
    scene = choose_scene(seed=seed, angle=angle, standing=look.kind in STANDING)
    cutout = board.image.crop(bounds)
    seen, homography = place_thing(cutout.reduce(2), scene)
    # 3. On its ground, in its light.
    photo = backdrop(scene, seen)
    photo.paste(seen, mask=seen)
    corners = board.brand_corners
    if corners is not None:
        corners = project((corners - bounds[:2]) / 2, homography)
    # Where light is nearly gone the eye sees background: such pixels do not widen the box.
    solid = seen.getchannel("A").point(lambda alpha: 255 * (alpha > 8))
    return Drawing(
        image=develop(photo, scene),
        object_box=solid.getbbox() or (0, 0, 0, 0),
        brand_box=None if corners is None else _box_around(corners, photo.size),
    )


def _box_around(corners: Points, size: tuple[int, int]) -> Box:
    left, top = (max(0, int(edge)) for edge in corners.min(axis=0))
    right, bottom = (
        min(side, int(edge) + 1) for side, edge in zip(size, corners.max(axis=0), strict=True)
    )
    return left, top, right, bottom
