"""Rankers over the columns that are served: what they look at is known."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from ml.ranker.drift import training_bins
from ml.ranker.fit import fit, save_ranker
from ml.ranker.model import LEVELS, RankerConfig, RankingData
from ml.ranker.predict import Ranker
from recommender.features import NAMES
from recommender.ranking import inference, shadow

GROUPS, SIZE = 120, 8


class Hanging:
    """A ranker that answers when it is let to, the first few times that it is asked."""

    release = "hanging"

    def __init__(self, times: int = 100) -> None:
        self.times, self.asked, self.may_go = times, 0, threading.Event()

    def scores(self, matrix: np.ndarray) -> np.ndarray:
        self.asked += 1
        if self.asked <= self.times:
            self.may_go.wait(30)
        return np.zeros(len(matrix))


def rows_of(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(count, len(NAMES))).astype(np.float32)


def ranker_by(column: str) -> tuple[Ranker, RankingData]:
    """Trees that order by one column, the more the better."""
    matrix = rows_of(GROUPS * SIZE, seed=1)
    wanted = matrix[:, NAMES.index(column)].reshape(GROUPS, SIZE)
    labels = np.zeros((GROUPS, SIZE), dtype=np.int64)
    best = np.argsort(-wanted, axis=1)
    np.put_along_axis(labels, best[:, :1], LEVELS.index("purchase"), axis=1)
    np.put_along_axis(labels, best[:, 1:3], LEVELS.index("click"), axis=1)
    data = RankingData(matrix, labels.ravel(), np.full(GROUPS, SIZE), None, NAMES)
    config = RankerConfig(columns=NAMES, rounds=15, leaves=7, min_data=10)
    return fit(data, config, quiet=True)[0], data


@pytest.fixture(scope="session")
def rankers() -> dict[str, tuple[Ranker, RankingData]]:
    return {column: ranker_by(column) for column in ("ctr", "age")}


@pytest.fixture
def trained(rankers, settings, tmp_path) -> Callable[..., Path]:
    """The folder of a ranker that orders by a column, as training leaves it."""
    settings.ARTEFACTS_DIR = tmp_path / "artefacts"
    inference._loaded.cache_clear()
    shadow.watcher.cache_clear()

    def make(column: str = "ctr", folder: Path | None = None, **metrics) -> Path:
        ranker, data = rankers[column]
        scores = ranker.scores(data.matrix)
        bins = training_bins(data.matrix, scores, NAMES, codes=(), left_out=("position",))
        place = folder or tmp_path / "trained" / column
        stored = {"bins": {name: each.as_json() for name, each in bins.items()}}
        save_ranker(ranker, place, metrics=metrics, card="made by a test", trained=stored)
        return place

    return make


@pytest.fixture
def in_service(trained, settings) -> str:
    """The release of a ranker by click-through rate, put under ARTEFACTS_DIR by hand."""
    trained("ctr", Path(settings.ARTEFACTS_DIR) / "ranker")
    return inference.load()
