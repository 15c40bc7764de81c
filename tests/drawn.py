"""Things that a picture model tells apart, drawn here."""

from __future__ import annotations

from PIL import Image, ImageDraw


def draw_shirt() -> Image.Image:
    picture = Image.new("RGB", (224, 224), "white")
    pen = ImageDraw.Draw(picture)
    left = [(64, 195), (64, 98), (39, 112), (19, 80), (75, 40)]
    pen.polygon([*left, *((224 - x, y) for x, y in reversed(left))], fill="navy")
    pen.ellipse((94, 26, 130, 54), fill="white")
    return picture


def draw_watch() -> Image.Image:
    picture = Image.new("RGB", (224, 224), "white")
    pen = ImageDraw.Draw(picture)
    pen.rectangle((88, 10, 136, 214), fill="black")
    pen.ellipse((57, 57, 167, 167), fill="black")
    pen.ellipse((68, 68, 156, 156), fill="white", outline="grey")
    pen.line((112, 112, 112, 78), fill="black", width=5)
    pen.line((112, 112, 140, 112), fill="black", width=4)
    return picture
