"""Trees are served by the library alone, as the package would serve them."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import lightgbm
import numpy as np
import pytest

from ml.ranker.booster import Booster, BoosterError


@pytest.fixture(scope="module")
def package() -> lightgbm.Booster:
    rng = np.random.default_rng(1)
    matrix = rng.normal(size=(800, 5)).astype(np.float32)
    matrix[:, 4] = rng.integers(0, 6, 800)
    matrix[rng.random((800, 5)) < 0.1] = np.nan
    target = np.nan_to_num(matrix[:, 0]) ** 2 + (matrix[:, 4] == 3)
    data = lightgbm.Dataset(matrix, label=target, categorical_feature=[4])
    options = {"objective": "regression", "num_leaves": 15, "num_threads": 1, "verbosity": -1}
    return lightgbm.train(options, data, num_boost_round=30)


@pytest.fixture(scope="module")
def rows() -> np.ndarray:
    rng = np.random.default_rng(2)
    matrix = rng.normal(size=(300, 5)).astype(np.float32)
    matrix[:, 4] = rng.integers(0, 9, 300)  # codes that training never saw
    matrix[rng.random((300, 5)) < 0.2] = np.nan
    return matrix


def test_scores_and_contributions_are_the_packages_to_the_bit(package, rows):
    booster = Booster(package.model_to_string())
    assert np.array_equal(booster.scores(rows), package.predict(rows, raw_score=True))
    told = booster.contributions(rows)
    assert np.array_equal(told, package.predict(rows, pred_contrib=True))
    assert told.sum(axis=1) == pytest.approx(booster.scores(rows))
    assert booster.rounds == 30


def test_a_row_is_scored_alike_alone_among_others_and_as_a_slice(package, rows):
    booster = Booster(package.model_to_string())
    whole = booster.scores(rows)
    assert np.array_equal(
        np.concatenate([booster.scores(rows[n : n + 1]) for n in range(300)]), whole
    )
    assert np.array_equal(booster.scores(rows[::3]), whole[::3])
    assert booster.scores(rows[:0]).shape == (0,)


def test_threads_may_share_a_model(package, rows):
    booster = Booster(package.model_to_string())
    whole = booster.scores(rows)
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda _: booster.scores(rows), range(40)))
    assert all(np.array_equal(answer, whole) for answer in answers)


def test_rows_of_another_width_are_refused(package, rows):
    booster = Booster(package.model_to_string())
    with pytest.raises(BoosterError, match="5 columns"):
        booster.scores(rows[:, :4])
    with pytest.raises(BoosterError, match="5 columns"):
        booster.scores(rows[0])


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: "",
        lambda text: "hello",
        lambda text: text[: len(text) // 2],
        lambda text: text.replace("num_leaves=15", "num_leaves=x", 1),
        lambda text: text.replace("max_feature_idx=4", "max_feature_idx=3", 1),
        lambda text: text.replace("left_child=1 ", "left_child=0 ", 1),
        lambda text: text.replace("split_feature=0", "split_feature=9", 1),
        lambda text: text.replace("leaf_value=-0.", "leaf_value=-x.", 1),
        lambda text: text.replace("Tree=3", "Tree=4", 1),
        lambda text: text.replace("cat_boundaries=0", "cat_boundaries=7", 1),
    ],
    ids=[
        *("nothing", "no model", "cut off", "no whole number", "fewer columns", "a loop"),
        *("no such column", "no number", "another tree", "no such codes"),
    ],
)
def test_a_damaged_text_is_an_error_and_no_crash(package, damage):
    whole = package.model_to_string()
    assert damage(whole) != whole
    with pytest.raises(BoosterError):
        Booster(damage(whole))


def test_the_training_package_is_not_imported():
    script = (
        "import sys; from ml.ranker.booster import _library; _library();"
        "print({'lightgbm', 'scipy', 'pandas', 'sklearn'} & set(sys.modules))"
    )
    told = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert told.stdout.strip() == "set()"
