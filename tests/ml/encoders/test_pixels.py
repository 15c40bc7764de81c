"""Photos are decoded once, cut where the boxes say, and varied within bounds."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from ml.encoders.pixels import cropped, decode_photos, varied, view_boxes, whole

SIZE = 32


@pytest.fixture
def quarters() -> np.ndarray:
    """One picture whose quarters are red, green, blue and white."""
    pixels = np.zeros((1, SIZE, SIZE, 3), dtype=np.uint8)
    half = SIZE // 2
    pixels[0, :half, :half, 0] = 255
    pixels[0, :half, half:, 1] = 255
    pixels[0, half:, :half, 2] = 255
    pixels[0, half:, half:] = 255
    return pixels


def test_boxes_lie_in_the_photo_and_the_first_is_the_whole():
    boxes = view_boxes(200, 3, seed=0)
    left, top, width, height = np.moveaxis(boxes, 2, 0)
    assert (boxes[:, 0] == [0, 0, 1, 1]).all()
    assert (left >= 0).all() and (top >= 0).all()
    assert (left + width <= 1 + 1e-6).all() and (top + height <= 1 + 1e-6).all()
    area = (width * height)[:, 1:]
    assert area.min() > 0.33 and area.max() < 0.81
    np.testing.assert_array_equal(boxes, view_boxes(200, 3, seed=0))


@pytest.mark.parametrize(
    ("box", "colour"),
    [
        ((0, 0, 0.5, 0.5), (1, 0, 0)),
        ((0.5, 0, 0.5, 0.5), (0, 1, 0)),
        ((0, 0.5, 0.5, 0.5), (0, 0, 1)),
        ((0.5, 0.5, 0.5, 0.5), (1, 1, 1)),
    ],
)
def test_a_box_is_cut_where_it_lies(quarters, box, colour):
    cut = cropped(quarters, np.array([box], dtype=np.float32), 8)
    inner = cut[0, :, 1:-1, 1:-1]
    np.testing.assert_allclose(inner, np.broadcast_to(np.reshape(colour, (3, 1, 1)), (3, 6, 6)))


def test_the_whole_box_is_the_whole_photo(quarters):
    box = np.array([(0, 0, 1, 1)], dtype=np.float32)
    np.testing.assert_allclose(cropped(quarters, box, SIZE), whole(quarters, SIZE), atol=1e-5)


def test_variations_repeat_by_seed_and_stay_pictures(quarters):
    pixels, boxes = np.repeat(quarters, 16, axis=0), np.repeat([[0, 0, 1, 1]], 16, axis=0)
    boxes = boxes.astype(np.float32)
    first = varied(pixels, boxes, 16, torch.Generator().manual_seed(1))
    again = varied(pixels, boxes, 16, torch.Generator().manual_seed(1))
    assert torch.equal(first, again)
    assert first.shape == (16, 3, 16, 16) and first.min() >= 0 and first.max() <= 1
    assert not torch.allclose(first[0], first[1], atol=1e-2)


def test_light_varies_but_blue_stays_blue():
    pixels = np.zeros((64, SIZE, SIZE, 3), dtype=np.uint8)
    pixels[..., 2] = 200
    boxes = np.tile(np.array([0, 0, 1, 1], dtype=np.float32), (64, 1))
    means = varied(pixels, boxes, 16, torch.Generator().manual_seed(0)).mean(dim=(2, 3))
    assert (means.argmax(dim=1) == 2).all() and means[:, 2].std() > 0.02


def test_a_photo_that_is_no_picture_is_named(tmp_path):
    good, bad = tmp_path / "good.png", tmp_path / "bad.png"
    Image.new("RGB", (40, 20), "red").save(good)
    bad.write_bytes(b"no picture")
    pixels = decode_photos([good], 8, tmp_path / "one.npy")
    assert pixels.shape == (1, 8, 8, 3) and (pixels[0, 4, 4] == [255, 0, 0]).all()
    with pytest.raises(OSError, match=r"bad\.png"):
        decode_photos([good, bad], 8, tmp_path / "two.npy")
