"""One photo laid over the other: edits of a photo agree, pictures that only look alike do not."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw

from ml.duplicates.alignment import Thumbnail, agreement
from ml.duplicates.edits import EDITS


def scene(seed: int, ground: str = "#d9cfc0") -> Image.Image:
    random = np.random.default_rng(seed)
    image = Image.new("RGB", (320, 240), ground)
    draw = ImageDraw.Draw(image)
    for _ in range(45):
        x, y = int(random.integers(0, 290)), int(random.integers(0, 210))
        width, height = (int(one) for one in random.integers(10, 80, 2))
        colour = tuple(int(one) for one in random.integers(0, 255, 3))
        draw.ellipse((x, y, x + width, y + height), fill=colour)
    return image


def shoe(colour: str, laces: int) -> Image.Image:
    """A silhouette on white, as one shop photographs all its shoes; its laces tell them apart."""
    image = Image.new("RGB", (320, 240), "white")
    draw = ImageDraw.Draw(image)
    draw.polygon([(30, 180), (40, 110), (120, 90), (280, 160), (290, 190)], fill=colour)
    for number in range(laces):
        draw.line((90 + 14 * number, 95, 110 + 14 * number, 150), fill="white", width=3)
    return image


def compared(first: Image.Image, second: Image.Image) -> float:
    return agreement(Thumbnail.of(first), Thumbnail.of(second))


@pytest.mark.parametrize("edit", EDITS)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_an_edited_photo_agrees_with_its_original(edit, seed):
    image = scene(seed)
    # A JPEG blurs the colours of drawings more than those of photos.
    assert compared(EDITS[edit](image), image) > 0.6


@pytest.mark.parametrize("edit", ["cropped by 10%", "mirrored"])
def test_it_does_not_matter_which_of_the_two_was_edited(edit):
    image = scene(4)
    assert compared(image, EDITS[edit](image)) > 0.75


def test_different_photos_do_not_agree():
    shares = [compared(scene(one), scene(other)) for one in range(4) for other in range(10, 13)]
    assert max(shares) < 0.3


def test_the_same_outline_in_another_colour_is_another_photo():
    assert compared(shoe("#a3402c", 6), shoe("#1d1d22", 6)) < 0.4
    assert compared(shoe("#5a3019", 6), shoe("#5a3019", 6)) == 1


def test_a_picture_that_shows_nothing_agrees_with_nothing():
    plain = Image.new("RGB", (320, 240), "white")
    assert compared(plain, plain) == 0
    assert compared(plain, scene(1)) < 0.1


@pytest.mark.parametrize("size", [(1, 1), (400, 3), (3, 400), (9, 9)])
def test_every_shape_can_be_compared(size):
    assert 0 <= compared(scene(1).resize(size), scene(2)) <= 1


@pytest.mark.parametrize("mode", ["L", "RGBA", "P", "CMYK"])
def test_every_mode_can_be_compared(mode):
    assert compared(scene(1).convert(mode), scene(1).convert(mode)) == 1
