"""The predictor judges photos and titles, and says which word speaks against the photos."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import torch

from ml.artefacts import CorruptArtefactError, IncompatibleArtefactError, save_artefact
from ml.mismatch.model import FEATURES, FORMAT_VERSION, KIND, MismatchConfig, MismatchHeads
from ml.mismatch.predict import MismatchPredictor, load_mismatch

COLOURS = ("red", "blue", "green", "white")
DIM = len(COLOURS) + 1  # the last coordinate is "no colour"


class Colours:
    """An encoder of both sides: the mean of the colours named, or that a picture is filled with."""

    release, dim = "colours", DIM

    def encode(self, inputs: Sequence) -> np.ndarray:
        rows = [self._of(value) for value in inputs]
        return np.array(rows, dtype=np.float32).reshape(-1, DIM)

    def _of(self, value) -> np.ndarray:
        row = np.full(DIM, 0.0)
        row[-1] = 0.2
        for place, colour in enumerate(COLOURS):
            row[place] = colour in re.findall(r"\w+", str(value).lower())
        return row / np.linalg.norm(row)


CONFIG = MismatchConfig(
    image_dim=DIM,
    text_dim=DIM,
    image_release="colours",
    text_release="colours",
    shared_dim=DIM,
    hidden_dim=4,
    weights=(-8.0, *[0.0] * (len(FEATURES) - 1), 3.0),
    match_below=0.3,
    mismatch_above=0.7,
)


def save(folder: Path, config: MismatchConfig = CONFIG, *, sure: bool = False) -> Path:
    """Heads that change nothing: what is judged is the cosine of the encoders' own rows.

    `sure` gives the first value 3 nats over the second, whatever the photo.
    """
    heads = MismatchHeads(config)
    if sure:
        with torch.no_grad():
            heads.values.layers[-1].weight.zero_()
            heads.values.layers[-1].bias.copy_(torch.tensor([3.0, 0.0]))
    with torch.no_grad():
        for head in (heads.image, heads.text):
            head.linear.weight.copy_(torch.eye(DIM))
            head.linear.bias.zero_()
            for parameter in head.correction[-1].parameters():
                parameter.zero_()
    tensors = {name: tensor.numpy() for name, tensor in heads.state_dict().items()}
    anchors = np.eye(DIM, dtype=np.float32)
    save_artefact(
        folder,
        kind=KIND,
        format_version=FORMAT_VERSION,
        config=asdict(config),
        tensors=tensors | {"anchors.photo": anchors, "anchors.title": anchors},
        metrics={},
        card="colours",
    )
    return folder


@pytest.fixture
def predictor(tmp_path) -> MismatchPredictor:
    return load_mismatch(save(tmp_path / "mismatch"), Colours(), Colours())


def photos(predictor: MismatchPredictor, *colours: str) -> np.ndarray:
    return predictor.encode_photos(colours)


def test_a_true_title_matches_and_a_wrong_one_does_not(predictor):
    red = photos(predictor, "red")
    right, wrong = predictor.judge(red, "A red mug"), predictor.judge(red, "A blue mug")
    assert (right.verdict, wrong.verdict) == ("match", "mismatch")
    assert right.score < 0.3 < 0.7 < wrong.score
    assert not right.reason


def test_the_worst_word_comes_first_with_its_place_in_the_title(predictor):
    title = "Large  mug, BLUE (red lid)"
    words = predictor.judge(photos(predictor, "red"), title).words
    assert words[0].text == "BLUE" and words[0].contribution > 0
    assert words[-1].text == "red" and words[-1].contribution < 0
    assert [word.text for word in sorted(words, key=lambda word: word.start)] == [
        "Large",
        "mug",
        "BLUE",
        "red",
        "lid",
    ]
    assert all(title[word.start : word.end] == word.text for word in words)


def test_a_mismatch_says_without_which_word_it_would_be_none(predictor):
    pictures = photos(predictor, "green", "green", "red")
    judged = predictor.judge(pictures, "A red white mug")
    assert judged.verdict == "mismatch"
    found = judged.counterfactual
    assert (found.words, found.title, found.verdict) == (("white",), "A red mug", "unsure")
    assert found.score == pytest.approx(predictor.judge(pictures, found.title).score)
    assert predictor.judge(pictures, found.title).counterfactual is None


def test_a_title_of_one_word_is_its_own_evidence(predictor):
    (word,) = predictor.judge(photos(predictor, "red"), "blue").words
    assert word.text == "blue" and word.contribution > 0


def test_every_photo_has_its_own_score(predictor):
    result = predictor.judge(photos(predictor, "red", "blue", "red"), "red mug")
    first, second, third = result.photo_scores
    assert first == third < 0.3 < 0.7 < second
    assert first < result.score < second


def test_without_photos_or_words_the_verdict_is_unsure_and_says_why(predictor):
    no_photo = predictor.judge(photos(predictor), "red mug")
    assert (no_photo.verdict, no_photo.photo_scores, no_photo.words) == ("unsure", (), ())
    assert "no photo" in no_photo.reason
    for title in ("", "   ", "!!! --- ★"):
        assert "no word" in predictor.judge(photos(predictor, "red"), title).reason


def test_words_can_be_left_out(predictor):
    judged = predictor.judge(photos(predictor, "red"), "blue mug", explain=False)
    assert judged.words == () and judged.verdict == "mismatch"


def test_an_item_is_a_unit_vector_between_photos_and_title(predictor):
    red, blue = photos(predictor, "red", "blue")
    item = predictor.item_vector(red[None], blue)
    assert np.linalg.norm(item) == pytest.approx(1)
    assert item @ red == pytest.approx(item @ blue)
    alone = predictor.item_vector(np.empty((0, DIM), dtype=np.float32), blue)
    np.testing.assert_allclose(alone, blue, atol=1e-6)


def test_other_encoders_are_refused_and_told_what_to_do(tmp_path):
    folder = save(tmp_path / "mismatch", replace(CONFIG, text_release="another"))
    with pytest.raises(IncompatibleArtefactError, match="text encoder another, not colours"):
        load_mismatch(folder, Colours(), Colours())


def test_weights_of_another_size_are_refused(tmp_path):
    folder = save(tmp_path / "mismatch")
    config = folder / "config.json"
    config.write_text(config.read_text().replace('"hidden_dim": 4', '"hidden_dim": 6'))
    sums = (folder / "SHA256SUMS").read_text().splitlines()
    digest = hashlib.sha256(config.read_bytes()).hexdigest()
    lines = [f"{digest}  config.json" if line.endswith("config.json") else line for line in sums]
    (folder / "SHA256SUMS").write_text("\n".join(lines) + "\n")
    with pytest.raises(CorruptArtefactError, match="do not fit"):
        load_mismatch(folder, Colours(), Colours())


def test_a_category_has_thresholds_of_its_own_and_the_deepest_known_counts(tmp_path):
    own = {"clothing": (0.1, 0.2), "shoes": (0.999, 0.9999)}
    config = replace(CONFIG, category_thresholds=own)
    predictor = load_mismatch(save(tmp_path / "mismatch", config), Colours(), Colours())
    paths = (
        (),
        ("Clothing",),
        ("Clothing", "Shoes"),
        ("Clothing", "Shoes", "Never seen"),
        ("Toys",),
    )
    assert [predictor.verdict(0.5, path) for path in paths] == [
        "unsure",
        "mismatch",
        "match",
        "match",
        "unsure",
    ]
    blue = photos(predictor, "blue")
    assert predictor.judge(blue, "red mug").verdict == "mismatch"
    assert predictor.judge(blue, "red mug", category=("Shoes",)).verdict == "match"


def test_one_wrong_photo_among_right_ones_is_named(tmp_path):
    config = replace(CONFIG, outlier_weights=(0.0, 1.0, 0.0, 4.0, -4.0), outlier_above=0.5)
    predictor = load_mismatch(save(tmp_path / "mismatch", config), Colours(), Colours())
    judged = predictor.judge(photos(predictor, "red", "blue", "red"), "red mug")
    assert judged.outliers == (1,)
    assert predictor.judge(photos(predictor, "red", "red", "red"), "red mug").outliers == ()
    assert predictor.judge(photos(predictor, "red", "blue"), "red mug").outliers == ()


def test_the_value_that_a_title_states_weighs_as_the_photos_tell(tmp_path):
    """A head that is sure of the first colour of all photos: only titles stating others suffer."""
    values = {"colour": ("red", "blue"), "gender": ()}
    weights = (0.0, 0.0, 0.0, -1.0, 0.0, 0.0, 0.0, 0.0)
    folder = save(tmp_path / "mismatch", replace(CONFIG, values=values, weights=weights), sure=True)
    predictor = load_mismatch(folder, Colours(), Colours())
    red, blue, mug = predictor.all_logits(photos(predictor, "green"), ["red", "blue", "mug"])[:, 0]
    assert red == pytest.approx(np.log1p(np.exp(-3)), abs=1e-5)
    assert blue == pytest.approx(3 + np.log1p(np.exp(-3)), abs=1e-5)
    assert mug == 0
