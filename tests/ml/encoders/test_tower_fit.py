"""The tower learns from teachers and titles; what is saved serves what was trained."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ml.encoders.corpus import Pair
from ml.encoders.fit import TowerFitConfig, fit_tower, with_palette
from ml.encoders.image import TowerConfig, load_tower, save_tower
from ml.encoders.pixels import view_boxes
from ml.encoders.title_bank import as_titles, build_title_bank, texts_of
from ml.encoders.tower_data import TowerData
from ml.encoders.words import learn_vocabulary
from ml.fitting import FitConfig
from ml.negatives import hard_negatives, random_negatives
from ml.records import ItemRecord

COLOURS = {"red": (200, 30, 30), "green": (30, 160, 60), "blue": (40, 60, 200), "grey": (120,) * 3}
TRAIN, VALID, SIZE = 48, 16, 32
CONFIG = TowerFitConfig(
    tower=TowerConfig("mobilenetv4_conv_small_035", embed_dim=16, image_size=SIZE),
    fit=FitConfig(epochs=3, batch_size=16, learning_rate=3e-3, warmup=0.1),
    early_size=SIZE,
    random_titles=16,
    shared_dim=16,
    hidden_dim=16,
    sizes_tried=(SIZE,),
    palette_colours=4,
)


def pair(number: int, colour: str) -> Pair:
    record = ItemRecord(
        f"s:{number}",
        f"{colour} mug",
        "s",
        category=("Kitchen", "Mugs"),
        attributes={"Color": colour},
    )
    return Pair(record, Path(f"{number}.jpg"))


@pytest.fixture(scope="module")
def data() -> TowerData:
    """Pictures of one colour each, titles that say which, and teachers that see it too."""
    numbers = np.random.default_rng(0)
    names = [list(COLOURS)[number % 4] for number in range(TRAIN + VALID)]
    pairs = [pair(number, name) for number, name in enumerate(names)]
    tints = np.array([COLOURS[name] for name in names])[:, None, None]
    noise = numbers.integers(-20, 20, (len(pairs), SIZE, SIZE, 3))
    train, valid = pairs[:TRAIN], pairs[TRAIN:]
    vocabulary = learn_vocabulary((one.record.title for one in train), least=1)
    seen = np.eye(4, dtype=np.float16)[np.arange(TRAIN) % 4]
    texts = texts_of(train)
    return TowerData(
        train=train,
        valid=valid,
        pixels=(tints + noise).clip(0, 255).astype(np.uint8),
        boxes=view_boxes(TRAIN, 3, seed=0),
        teacher=np.repeat(seen[:, None], 3, axis=1),
        vocabulary=vocabulary,
        bank=build_title_bank(
            train, texts, np.ones((TRAIN, len(texts[0]), 4), np.float32), vocabulary
        ),
        valid_titles=as_titles(
            np.ones((VALID, 4), np.float32), [one.record.title for one in valid], vocabulary
        ),
        valid_random=random_negatives([one.record for one in valid], seed=0),
        valid_hard=hard_negatives([one.record for one in valid], seed=0),
    )


@pytest.fixture(scope="module")
def fitted(data):
    return fit_tower(CONFIG, data)


def test_training_learns_and_says_how(fitted):
    training, metrics = fitted
    losses = [epoch["loss"] for epoch in metrics["history"]]
    assert len(losses) == 3 and losses[-1] < losses[0]
    assert metrics["image_size"] == training.config.tower.image_size == SIZE
    assert 0 <= metrics["valid_mean_auc"] <= 1


def test_what_is_saved_is_the_trained_tower_with_the_colours_of_its_photos(fitted, data, tmp_path):
    training, _ = fitted
    module = with_palette(training, data).eval()
    save_tower(tmp_path / "tower", module, metrics={}, card="made by a test", extra={})
    served = load_tower(tmp_path / "tower")
    assert served.dim == 16 + 2 * 4
    assert served.config == replace(
        CONFIG.tower, palette_colours=4, palette_share=CONFIG.palette_share
    )
    centres = module.palette.centres
    assert len({tuple(np.round(centre, 0)) for centre in centres.tolist()}) == 4


def test_the_same_seed_trains_the_same_tower(fitted, data):
    again, _ = fit_tower(CONFIG, data)
    for first, second in zip(
        fitted[0].student.parameters(), again.student.parameters(), strict=True
    ):
        np.testing.assert_allclose(first.detach(), second.detach(), atol=1e-4)
