"""A fit goes from a catalogue to an artefact that judges what it never saw."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from ml.fitting import FitConfig, FitError
from ml.mismatch.calibration import CalibrationConfig
from ml.mismatch.fit import MismatchFitConfig, fit
from ml.mismatch.predict import load_mismatch
from ml.records import ItemRecord, split_of

COLOURS = ("red", "blue", "green", "black", "yellow", "purple")
SHAPES = ("plate", "tower")
CONFIG = MismatchFitConfig(
    fit=FitConfig(epochs=15, batch_size=32, learning_rate=5e-3),
    values_fit=FitConfig(epochs=15, batch_size=32, learning_rate=5e-3),
    dropout=0.0,
    random_titles=32,
    views=2,
    anchors=8,
    calibration=CalibrationConfig(match_precision=0.7, mismatch_precision=0.7, least_products=10),
)


class Pixels:
    """A picture's small copy: what is nearest to having no encoder."""

    release, dim = "pixels", 6 * 6 * 3

    def encode(self, images) -> np.ndarray:
        small = [np.asarray(image.convert("RGB").resize((6, 6))).ravel() for image in images]
        rows = np.array(small, dtype=np.float32).reshape(-1, self.dim) / 255 - 0.5
        return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-6)


class Words:
    """A place for each word that can be said."""

    release, dim = "words", len(COLOURS) + len(SHAPES) + 1

    def encode(self, texts) -> np.ndarray:
        rows = np.zeros((len(texts), self.dim), dtype=np.float32)
        rows[:, -1] = 0.1
        for row, text in zip(rows, texts, strict=True):
            said = re.findall(r"\w+", text.lower())
            row[: self.dim - 1] = [word in said for word in (*COLOURS, *SHAPES)]
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.fixture(scope="module")
def records(tmp_path_factory) -> list[ItemRecord]:
    folder = tmp_path_factory.mktemp("photos")
    numbers = np.random.default_rng(0)
    made = []
    for number in range(420):
        colour, shape = COLOURS[number % 6], SHAPES[number // 6 % 2]
        picture = Image.new("RGB", (48, 48), (235, 235, 235))
        left, top = numbers.integers(2, 14, 2).tolist()
        pen = ImageDraw.Draw(picture)
        draw = pen.ellipse if shape == "plate" else pen.rectangle
        draw((left, top, left + (28 if shape == "plate" else 12), top + 30), fill=colour)
        path = folder / f"{number}.png"
        picture.save(path)
        made.append(
            ItemRecord(
                f"drawn:{number}",
                f"{colour} {shape} no{number}",
                "drawn",
                category=("Goods", shape.title()),
                attributes={"Color": colour, "Type": shape},
                photos=(path,),
            )
        )
    return made


@pytest.fixture(scope="module")
def artefact(records, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("fit") / "mismatch"
    fit(records, Pixels(), Words(), CONFIG, out, "python -m ml.mismatch.fit")
    return out


def test_photos_never_seen_are_told_from_those_of_other_things(artefact, records):
    predictor = load_mismatch(artefact, Pixels(), Words())
    held_out = [record for record in records if split_of(record.id) == "test"]
    right, wrong = [], []
    for record in held_out:
        with Image.open(record.photos[0]) as image:
            photo = predictor.encode_photos([image])
        other = COLOURS[(COLOURS.index(record.attributes["Color"]) + 1) % 6]
        right.append(predictor.judge(photo, record.title, explain=False).score)
        swapped = record.title.replace(record.attributes["Color"], other)
        wrong.append(predictor.judge(photo, swapped, explain=False).score)
    assert np.mean(np.array(wrong)[:, None] > np.array(right)[None]) > 0.9


def test_a_photo_names_its_colour(artefact, records):
    predictor = load_mismatch(artefact, Pixels(), Words())
    named = []
    for record in records[:48]:
        with Image.open(record.photos[0]) as image:
            chances = predictor.name_values(predictor.encode_photos([image])[0])["colour"]
        assert set(chances) == set(COLOURS) and sum(chances.values()) == pytest.approx(1, abs=1e-4)
        named.append(max(chances, key=chances.__getitem__) == record.attributes["Color"])
    assert np.mean(named) > 0.8


def test_the_card_names_the_command_and_the_figures_of_the_test_split(artefact):
    card = (artefact / "card.md").read_text()
    assert "python -m ml.mismatch.fit" in card
    assert "| hard type or colour |" in card and "found, same source" in card


def test_the_same_seed_gives_the_same_artefact(artefact, records, tmp_path):
    again = fit(records, Pixels(), Words(), CONFIG, tmp_path / "again", "again")
    first = load_mismatch(artefact, Pixels(), Words()).config
    second = load_mismatch(again.folder, Pixels(), Words()).config
    np.testing.assert_allclose(first.weights, second.weights, rtol=1e-3)
    assert replace(first, weights=()).values == second.values


def test_without_photos_to_learn_from_the_fit_says_what_it_needs(records, tmp_path):
    bare = [replace(record, photos=()) for record in records[:20]]
    with pytest.raises(FitError, match="photos in train and in valid"):
        fit(bare, Pixels(), Words(), CONFIG, tmp_path / "none", "none")
