"""The region lies on what an encoder looks at: encoders here are simple enough to know."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw

from ml.mismatch.region import find_region

RED, BLUE, CREAM = (190, 30, 40), (40, 60, 180), (236, 228, 214)


def unit(rows) -> np.ndarray:
    rows = np.array(rows, dtype=np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def colours_of(pictures) -> np.ndarray:
    """Sees the mean colour; the last coordinate makes light and dark differ too."""
    return unit([[*np.asarray(one, dtype=np.float64).mean(axis=(0, 1)), 99] for one in pictures])


def redness_of(pictures) -> np.ndarray:
    """Sees the share of red pixels alone."""
    pixels = [np.asarray(one, dtype=np.int64) for one in pictures]
    return unit([[1, 20 * np.mean((p[..., 0] > 150) & (p[..., 1] < 90))] for p in pixels])


def constant(pictures) -> np.ndarray:
    return unit([[1, 1]] * len(pictures))


def picture(*things, size=(600, 400), ground=CREAM) -> Image.Image:
    """Ellipses (colour, box in shares) on a plain ground."""
    canvas = Image.new("RGB", size, ground)
    pen = ImageDraw.Draw(canvas)
    for colour, box in things:
        pen.ellipse([share * size[at % 2] for at, share in enumerate(box)], fill=colour)
    return canvas


def overlap(region, box) -> float:
    """Intersection over union of a region and a box in shares, on a fine grid."""
    at = (np.arange(1000) + 0.5) / 1000

    def inside(left, top, right, bottom):
        return ((left <= at) & (at < right))[None] & ((top <= at) & (at < bottom))[:, None]

    found = inside(region.left, region.top, region.right, region.bottom)
    true = inside(*box)
    return float((found & true).sum() / (found | true).sum())


@pytest.mark.parametrize(
    "box", [(0.1, 0.1, 0.35, 0.4), (0.7, 0.6, 0.95, 0.97), (0.1, 0.1, 0.9, 0.9)]
)
def test_a_thing_is_framed_wherever_it_lies_and_however_large(box):
    region = find_region(picture((RED, box)), colours_of)
    assert overlap(region, box) > 0.8
    assert region.weight > 0


def test_of_two_things_the_one_that_the_encoder_looks_at_is_framed():
    small, large = (0.7, 0.1, 0.9, 0.35), (0.05, 0.3, 0.6, 0.95)
    photo = picture((RED, small), (BLUE, large))
    assert overlap(find_region(photo, redness_of), small) > 0.7
    swapped = picture((BLUE, small), (RED, large))
    assert overlap(find_region(swapped, redness_of), large) > 0.7


def test_light_from_one_side_is_no_thing():
    across = np.linspace(90, 250, 400)
    shaded = np.repeat(np.broadcast_to(across, (400, 400))[..., None], 3, axis=2)
    photo = Image.fromarray(shaded.astype(np.uint8))
    box = (0.1, 0.55, 0.4, 0.85)
    ImageDraw.Draw(photo).ellipse([share * 400 for share in box], fill=RED)
    assert overlap(find_region(photo, colours_of), box) > 0.7


def test_a_thing_that_reaches_over_an_edge_is_framed_up_to_it():
    region = find_region(picture((RED, (-0.3, 0.2, 0.4, 0.8))), colours_of)
    assert region.left == 0
    assert overlap(region, (0, 0.2, 0.4, 0.8)) > 0.75


def test_where_nothing_stands_out_the_part_that_matters_is_framed():
    noise = np.random.default_rng(0).integers(0, 255, (400, 400, 3), dtype=np.uint8)
    photo = Image.fromarray(noise)

    def upper_left(pictures):
        corners = [np.asarray(one, dtype=np.float64) for one in pictures]
        return unit([[one[: len(one) // 3, : len(one) // 3].std(), 20] for one in corners])

    region = find_region(photo, upper_left)
    assert region.right <= 0.5 and region.bottom <= 0.5
    assert region.left < 1 / 6 < region.right and region.top < 1 / 6 < region.bottom


def test_there_is_none_where_hiding_changes_nothing():
    assert find_region(picture((RED, (0.2, 0.2, 0.6, 0.6))), constant) is None


@pytest.mark.parametrize("mode", ["L", "RGBA", "P"])
def test_pictures_of_any_mode_are_looked_at(mode):
    box = (0.2, 0.3, 0.6, 0.8)
    assert overlap(find_region(picture((RED, box)).convert(mode), colours_of), box) > 0.7


def test_encoding_takes_one_batch():
    batches = []

    def counted(pictures):
        batches.append(len(pictures))
        return colours_of(pictures)

    find_region(picture((RED, (0.1, 0.1, 0.4, 0.4)), (BLUE, (0.6, 0.5, 0.9, 0.9))), counted)
    assert batches == [3]
