"""The drawing board: parts are laid on it from the back to the front, each shaded by its outline.

A part's outline, blurred, serves as its height; the slope of that towards the light (from the
upper left) gives its shade. So every part looks rounded without a model of its body.
"""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

from listing_assistant.demo.drawing.look import COLOURS, Colour, Look, darker, ink_on, lighter
from listing_assistant.demo.drawing.outlines import PointList, Points, band, ellipse, polygon
from listing_assistant.demo.drawing.surfaces import (
    FLAT,
    PLASTIC,
    SIDE,
    Field,
    Finish,
    Form,
    Surface,
    texture_image,
)

COARSE = 5  # shades are smooth: they are computed on every fifth pixel
Box = tuple[int, int, int, int]


class Board:
    """One thing being drawn. `main` and `second` are the surfaces its look asks for."""

    def __init__(self, look: Look) -> None:
        self.look = look
        self.image = Image.new("RGBA", (SIDE, SIDE), (0, 0, 0, 0))
        self.main = Surface(COLOURS[look.colour], COLOURS[look.second], look.pattern)
        self.plain = Surface(COLOURS[look.colour])
        self.second = Surface(COLOURS[look.second])
        self.dark = Surface(darker(COLOURS[look.colour], 0.35))
        self.light = Surface(lighter(COLOURS[look.colour], 0.3))
        self.brand_corners: Points | None = None  # pixels of the board

    def part(
        self, outline: PointList | Points, surface: Surface | Colour, finish: Finish = PLASTIC
    ) -> None:
        box, mask = self._mask(outline)
        if isinstance(surface, tuple):
            surface = Surface(surface)
        shade = _relief(outline, box, finish)
        if finish.texture != "smooth":
            texture = texture_image(finish.texture).crop(box)
            shade = ImageChops.add(shade, texture, offset=-128)
        if finish.cast:
            self._cast_shadow(outline, finish.cast)
        self.image.paste(surface.lit(shade, box), box, mask)

    def line(
        self,
        points: PointList | Points,
        width: float,
        surface: Surface | Colour,
        finish: Finish = FLAT,
    ) -> None:
        self.part(band(points, width), surface, finish)

    def stitches(self, points: PointList | Points, colour: Colour, dash: float = 14) -> None:
        """A row of stitches along the points."""
        draw = ImageDraw.Draw(self.image)
        for a, b in zip(polygon(points)[:-1], polygon(points)[1:], strict=True):
            count = max(1, round(float(np.hypot(*(b - a))) / dash / 1.7))
            for step in range(count):
                ends = [a + (b - a) * (step + part) / count for part in (0.0, 0.6)]
                draw.line([tuple(end) for end in ends], fill=(*colour, 255), width=4)

    def glow(
        self,
        outline: PointList | Points,
        strength: float = 0.5,
        blur: float = 8,
        colour: Colour = (255, 255, 255),
    ) -> None:
        """Light (or, in a dark colour, a shadow) on what is there already."""
        box = _bounds(outline, blur * 2)
        soft_mask = _softened(outline, box, blur, strength)
        below = self.image.crop(box)
        lit = Image.new("RGBA", below.size, (*colour, 255))
        lit.putalpha(below.getchannel("A"))
        self.image.paste(Image.composite(lit, below, soft_mask), box)

    def cut(self, outline: PointList | Points) -> None:
        """A hole through which the background shows."""
        box, mask = self._mask(outline)
        self.image.paste((0, 0, 0, 0), box, mask)

    def text(
        self,
        words: str,
        centre: tuple[float, float],
        size: float,
        colour: Colour,
        *,
        width: float = 900,
        turn: float = 0,
        is_brand: bool = False,
    ) -> None:
        """Print, made smaller until it is at most `width` wide; `turn` in degrees, clockwise."""
        if not words:
            return
        font = ImageFont.load_default(size)
        length = font.getlength(words)
        if length > width:
            font = ImageFont.load_default(size * width / length)
        left, top, right, bottom = (round(edge) for edge in font.getbbox(words))
        label = Image.new("L", (right - left + 8, bottom - top + 8))
        ImageDraw.Draw(label).text((4 - left, 4 - top), words, fill=255, font=font)
        label = label.rotate(-turn, Image.Resampling.BICUBIC, expand=True)
        x = round(centre[0] - label.width / 2)
        y = round(centre[1] - label.height / 2)
        ink = Image.new("RGBA", label.size, (*colour, 255))
        self.image.paste(ink, (x, y), label.point(lambda value: round(value * 0.92)))
        if is_brand:
            corners = [(x, y), (x + label.width, y + label.height)]
            self.brand_corners = polygon(
                [corners[0], (corners[1][0], y), corners[1], (x, corners[1][1])]
            )

    def brand(
        self,
        centre: tuple[float, float],
        size: float,
        *,
        on: Colour | None = None,
        ink: Colour | None = None,
        width: float = 900,
        turn: float = 0,
    ) -> None:
        colour = ink or ink_on(on or self.main.colour)
        self.text(self.look.brand, centre, size, colour, width=width, turn=turn, is_brand=True)

    def disc(
        self, cx: float, cy: float, radius: float, surface: Surface | Colour, finish: Finish = FLAT
    ) -> None:
        self.part(ellipse(cx, cy, radius), surface, finish)

    def _mask(self, outline: PointList | Points) -> tuple[Box, Image.Image]:
        box = _bounds(outline)
        return box, _filled(outline, box)

    def _cast_shadow(self, outline: PointList | Points, darkness: float) -> None:
        box = _bounds(outline, 14)
        blurred = _softened(outline, box, 9, darkness)
        shifted = (box[0] + 7, box[1] + 10, box[2] + 7, box[3] + 10)
        below = self.image.crop(shifted)
        black = Image.new("RGBA", below.size, (0, 0, 0, 255))
        black.putalpha(below.getchannel("A"))
        self.image.paste(Image.composite(black, below, blurred), shifted)


def _bounds(outline: PointList | Points, margin: float = 0) -> Box:
    points, pad = polygon(outline), round(margin) + 2
    left, top = np.floor(points.min(axis=0)).astype(int) - pad
    right, bottom = np.ceil(points.max(axis=0)).astype(int) + pad
    return int(left), int(top), int(right), int(bottom)


def _filled(outline: PointList | Points, box: Box, scale: int = 1) -> Image.Image:
    """The outline's inside within the box, `scale` times smaller."""
    size = (-(-(box[2] - box[0]) // scale), -(-(box[3] - box[1]) // scale))
    mask = Image.new("L", size)
    points = (polygon(outline) - box[:2]) / scale
    ImageDraw.Draw(mask).polygon([(x, y) for x, y in points.tolist()], fill=255)
    return mask


def _softened(outline: PointList | Points, box: Box, blur: float, strength: float) -> Image.Image:
    small = _filled(outline, box, COARSE).filter(ImageFilter.GaussianBlur(blur / COARSE))
    weaker = small.point([round(value * strength) for value in range(256)])
    return weaker.resize((box[2] - box[0], box[3] - box[1]), Image.Resampling.BILINEAR)


def _relief(outline: PointList | Points, box: Box, finish: Finish) -> Image.Image:
    """Brightness in the box, 128 where the light meets the part square."""
    sigma = max(finish.relief / COARSE / 2, 0.6)
    # The blur must see how far the part's outside reaches, which the shade need not show.
    pad = 2 * round(sigma) + 1
    left, top, right, bottom = box
    margin = pad * COARSE
    wide = (left - margin, top - margin, right + margin, bottom + margin)
    small = _filled(outline, wide, COARSE)
    height = np.asarray(small.filter(ImageFilter.GaussianBlur(sigma)), dtype=np.float64) / 255
    down, across = (np.asarray(slope, dtype=np.float64) for slope in np.gradient(height))
    shade: Field = (0.5 * across + 0.85 * down) * (230 * finish.depth * sigma) + 128
    if finish.form != "flat":
        shade = shade + _form(finish.form, small)
    inside = np.clip(shade, 8, 250).astype(np.uint8)[pad:-pad, pad:-pad]
    size = (right - left, bottom - top)
    return Image.fromarray(inside).resize(size, Image.Resampling.BILINEAR)


def _form(form: Form, mask: Image.Image) -> Field:
    """The light on a cylinder that stands, a tube that lies or a sphere, within the outline."""
    bounds = mask.getbbox()
    if form == "flat" or bounds is None:
        return np.zeros((mask.height, mask.width))
    left, top, right, bottom = bounds
    x = _from_middle(mask.width, left, right)
    y = _from_middle(mask.height, top, bottom)
    if form == "sphere":
        u, v = np.meshgrid(x, y)
        lit = np.exp(-((u + 0.38) ** 2 + (v + 0.42) ** 2) / 0.22)
        dim = np.clip((u - 0.1) ** 2 + (v - 0.05) ** 2, 0, 1.6) ** 1.4
        sphere: Field = 62 * (lit - dim)
        return sphere
    profile = _cylinder(x if form == "cylinder" else y)
    return np.broadcast_to(
        profile[None, :] if form == "cylinder" else profile[:, None], (mask.height, mask.width)
    )


def _from_middle(count: int, start: int, end: int) -> Field:
    """Of `count` pixels, where each lies: -1 at `start`, 1 at `end`."""
    middle, half = (start + end) / 2, max(1, (end - start) / 2)
    return np.linspace(-middle / half, (count - 1 - middle) / half, count)


def _cylinder(u: Field) -> Field:
    lit: Field = 52 * np.exp(-(((u + 0.42) / 0.3) ** 2))
    return lit - 70 * np.clip(u - 0.05, 0, 1) ** 1.5 - 60 * np.clip(-u - 0.6, 0, 1)
