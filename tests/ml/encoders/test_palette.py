"""The palette tells colours apart, of the thing more than of what is behind it."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw

from ml.encoders.image import load_tower, save_tower
from ml.encoders.palette import Palette, lab_pixels, typical_colours

from .tiny import small_tower

COLOURS = ("red", "blue", "green", "black", "white", "yellow", "grey")
COUNT = 16


def picture(thing: str, background: str) -> np.ndarray:
    image = Image.new("RGB", (64, 64), background)
    ImageDraw.Draw(image).ellipse((12, 12, 52, 52), fill=thing)
    return np.asarray(image)


@pytest.fixture(scope="module")
def palette() -> Palette:
    pixels = np.stack([picture(one, other) for one in COLOURS for other in COLOURS])
    palette = Palette(COUNT)
    palette.centres.copy_(typical_colours(pixels, COUNT, seed=0))
    return palette


def rows(palette: Palette, *pictures: np.ndarray) -> np.ndarray:
    batch = torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).float() / 255
    return palette(batch).numpy()


@pytest.mark.parametrize(
    ("rgb", "lab"),
    [  # of D65, from the CIE's definition
        ((255, 0, 0), (53.24, 80.09, 67.20)),
        ((0, 0, 255), (32.30, 79.19, -107.86)),
        ((255, 255, 255), (100.0, 0.0, 0.0)),
        ((0, 0, 0), (0.0, 0.0, 0.0)),
    ],
)
def test_colours_have_their_place_in_lab(rgb, lab):
    image = torch.tensor(rgb).float().view(1, 3, 1, 1).expand(1, 3, 40, 40) / 255
    np.testing.assert_allclose(lab_pixels(image)[0, 0], lab, atol=0.1)


def test_typical_colours_of_few_colours_are_these():
    pixels = np.stack([picture("red", "red"), picture("blue", "blue")])
    centres = typical_colours(pixels, 2, seed=0).numpy()
    lab = sorted(centres.tolist())
    np.testing.assert_allclose(lab, [[32.3, 79.2, -107.9], [53.2, 80.1, 67.2]], atol=0.2)


def test_rows_are_of_length_one(palette):
    found = rows(palette, picture("red", "white"), picture("black", "black"))
    assert found.shape == (2, 2 * COUNT)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-4)


def test_a_red_thing_is_nearer_to_a_red_one_elsewhere_than_to_a_blue_one_there(palette):
    red, red_on_black, blue = rows(
        palette, picture("red", "white"), picture("red", "black"), picture("blue", "white")
    )[:, :COUNT]
    assert red @ red_on_black > 2 * red @ blue


def test_a_tower_with_a_palette_serves_both_in_one_unit_row(tmp_path):
    tower = small_tower(palette_colours=COUNT, palette_share=0.36)
    save_tower(tmp_path / "tower", tower, metrics={}, card="untrained", extra={})
    loaded = load_tower(tmp_path / "tower")
    found = loaded.encode([Image.fromarray(picture("red", "white"))])
    assert loaded.dim == 24 + 2 * COUNT and found.shape == (1, loaded.dim)
    assert (found[0, :24] ** 2).sum() == pytest.approx(0.64, abs=1e-2)
    assert (found[0, 24:] ** 2).sum() == pytest.approx(0.36, abs=1e-2)
