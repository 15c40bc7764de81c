"""What decides purchases is found; weights, propensities and directions do what they say."""

import json
from dataclasses import replace

import numpy as np
import pytest

from ml.artefacts import (
    ArtefactError,
    CorruptArtefactError,
    IncompatibleArtefactError,
    save_artefact,
)
from ml.ranker.checking import monotone_report, partial_dependence
from ml.ranker.evaluate import judge, mean_purchase_rank
from ml.ranker.fit import fit, save_ranker
from ml.ranker.model import LEVELS, Gain, RankerConfig, RankerError, RankingData, Scheme, together
from ml.ranker.predict import load_ranker
from ml.ranker.weighting import ARMS, SEED_WEIGHTS, gains, row_weights
from tests.ml.ranker.strips import COLUMNS, SIZE, made_strips, sigmoid

CONFIG = RankerConfig(columns=COLUMNS, categories=("codes",), rounds=40, weights=SEED_WEIGHTS)


@pytest.fixture(scope="module")
def learnt() -> RankingData:
    return made_strips(700, seed=1)


@pytest.fixture(scope="module")
def later() -> RankingData:
    return made_strips(400, seed=2)


@pytest.fixture(scope="module")
def fitted(learnt, later):
    return fit(learnt, CONFIG, later, quiet=True)


def weight_on(ranker, column: str, rows: np.ndarray) -> float:
    told = np.abs(ranker.contributions(rows)[:, :-1]).mean(axis=0)
    return told[COLUMNS.index(column)] / told.sum()


def test_what_decides_purchases_is_found_and_the_rest_left_aside(fitted, later):
    ranker, metrics = fitted
    assert mean_purchase_rank(ranker.scores(later.matrix), later) < 2.6
    by_noise = mean_purchase_rank(later.matrix[:, 2].astype(float), later)
    assert by_noise == pytest.approx((SIZE + 1) / 2, abs=0.6)
    assert {row["column"] for row in metrics["columns"][:2]} == {"wanted", "eye_catching"}
    assert sum(row["gain"] for row in metrics["columns"]) == pytest.approx(1)


def test_the_same_strips_teach_the_same_trees(learnt, later, fitted):
    again, _ = fit(learnt, CONFIG, later, quiet=True)
    assert again.text == fitted[0].text


def test_boosting_ends_where_the_validations_purchases_stand_highest(fitted, later):
    ranker, metrics = fitted
    assert metrics["rounds"] == ranker.rounds <= CONFIG.rounds
    reached = mean_purchase_rank(ranker.scores(later.matrix), later)
    assert metrics["validation_purchase_rank"] == pytest.approx(reached)


def test_a_heavier_purchase_moves_the_order_from_what_is_clicked_to_what_is_bought(learnt, later):
    light, heavy = (
        fit(learnt, replace(CONFIG, weights={"purchase": weight}), quiet=True)[0]
        for weight in (1.0, 40.0)
    )
    rows = later.matrix[:500]
    assert weight_on(heavy, "wanted", rows) > 1.3 * weight_on(light, "wanted", rows)
    ranks = [mean_purchase_rank(each.scores(later.matrix), later) for each in (heavy, light)]
    assert ranks[0] < ranks[1] - 0.2


def test_each_arm_learns_and_the_seeds_weights_beat_none(learnt, later):
    ranks = {}
    for arm in ARMS:
        ranker, _ = fit(learnt, arm.of(CONFIG), later, quiet=True)
        ranks[arm.scheme, bool(arm.weights)] = judge(ranker.scores(later.matrix), later, CONFIG)
    means = {key: judged.means() for key, judged in ranks.items()}
    weighted, plain = means[Scheme.MULTI, True], means[Scheme.MULTI, False]
    assert weighted["purchase_rank"] < plain["purchase_rank"]
    # Without weights the many clicks are served instead, and so ndcg is better.
    assert plain["ndcg"] > weighted["ndcg"] > means[Scheme.PURCHASE, False]["ndcg"]


def test_inverse_propensities_recover_what_a_biased_log_hides():
    """Eyes reach a place by a known chance. What is wanted most stood last, so that the log says
    the opposite; weighted by the inverse, what was clicked against the odds counts in full."""
    rng = np.random.default_rng(4)
    groups, size = 3000, 6
    wanted = rng.normal(size=(groups, size))
    wanted.sort(axis=1)
    seen = 1.0 / np.arange(1, size + 1) ** 1.5
    clicked = rng.random((groups, size)) < seen * sigmoid(wanted - 0.5)
    labels = np.where(clicked, LEVELS.index("purchase"), 0).ravel()
    inverse = np.where(clicked, 1 / seen, 1.0).ravel()
    matrix = np.stack([wanted.ravel(), rng.normal(size=groups * size)], axis=1).astype(np.float32)
    log = RankingData(matrix, labels, np.full(groups, size), None, ("wanted", "noise"))
    config = RankerConfig(columns=("wanted", "noise"), scheme=Scheme.PURCHASE, rounds=30)
    agreement = []
    for weights in (None, inverse):
        ranker, _ = fit(replace(log, weights=weights), config, quiet=True)
        fresh = rng.normal(size=(500, 2)).astype(np.float32)
        agreement.append(np.corrcoef(ranker.scores(fresh), fresh[:, 0])[0, 1])
    assert agreement[0] < 0
    assert agreement[1] > 0.5


def test_a_column_that_may_only_help_never_harms(learnt):
    free, held = (
        fit(learnt, replace(CONFIG, monotone=monotone, min_data=5, leaves=63), quiet=True)
        for monotone in ({}, {"wanted": 1, "noise": -1})
    )
    rows, place = learnt.matrix[:200], COLUMNS.index("noise")
    _, loose = partial_dependence(free[0], rows, place)
    _, strict = partial_dependence(held[0], rows, place)
    assert (np.diff(loose) > 1e-6).any()
    assert (np.diff(strict) <= 1e-9).all()
    assert {check["column"]: check["holds"] for check in held[1]["monotone"]} == {
        "wanted": True, "noise": True,
    }  # fmt: skip


def test_a_direction_that_does_not_hold_is_reported():
    strips = made_strips(300, seed=3)
    ranker, _ = fit(strips, replace(CONFIG, monotone={}), quiet=True)
    ranker.config = replace(CONFIG, monotone={"wanted": -1})
    (check,) = monotone_report(ranker, strips)
    assert not check["holds"] and check["wrong"] > 0.1


def test_weights_of_labels_and_propensities_multiply():
    labels = np.array([LEVELS.index(name) for name in ("none", "watch", "offer", "purchase")])
    matrix = np.zeros((4, 1), np.float32)
    data = RankingData(matrix, labels, np.array([4]), np.array([1.0, 2.0, 3.0, 0.5]), ("a",))
    config = RankerConfig(columns=("a",), weights=SEED_WEIGHTS)
    assert row_weights(data, config).tolist() == [1, 12, 114, 7.5]
    assert gains(3, Gain.LINEAR) == [0, 1, 2, 3]
    assert gains(3, Gain.EXPONENTIAL) == [0, 1, 3, 7]


def test_strips_without_a_purchase_or_with_other_columns_are_refused(learnt):
    nothing = replace(learnt, labels=np.minimum(learnt.labels, 1))
    with pytest.raises(RankerError, match="nothing was bought in the strips to learn from"):
        fit(nothing, CONFIG, quiet=True)
    with pytest.raises(RankerError, match="nothing was bought in the strips to validate with"):
        fit(learnt, CONFIG, nothing, quiet=True)
    with pytest.raises(RankerError, match="other columns"):
        fit(learnt, replace(CONFIG, columns=(*COLUMNS[:3], "other"), categories=()), quiet=True)
    alone = replace(learnt, groups=np.ones(len(learnt), int))
    with pytest.raises(RankerError, match="nothing to order"):
        fit(alone, CONFIG, quiet=True)


def test_data_that_does_not_fit_together_is_refused(learnt):
    with pytest.raises(ValueError, match="groups"):
        replace(learnt, groups=learnt.groups[1:])
    with pytest.raises(ValueError, match="weights"):
        replace(learnt, weights=np.zeros(len(learnt)))
    with pytest.raises(ValueError, match="labels"):
        replace(learnt, labels=learnt.labels + 1)
    with pytest.raises(ValueError, match="order"):
        RankerConfig(columns=("a",), order=LEVELS[1:])
    with pytest.raises(ValueError, match="weights"):
        RankerConfig(columns=("a",), weights={"bid": 2.0})


def test_parts_of_strips_are_the_same_strips(learnt):
    first, second = learnt.part(0, 300), learnt.part(300, 700)
    whole = together([replace(first, weights=np.full(len(first), 2.0)), second])
    assert np.array_equal(whole.matrix, learnt.matrix, equal_nan=True)
    assert whole.groups.tolist() == learnt.groups.tolist()
    assert whole.weights.tolist() == [2.0] * len(first) + [1.0] * len(second)


# --- At rest ------------------------------------------------------------------------------------


@pytest.fixture
def saved(fitted, tmp_path):
    save_ranker(fitted[0], tmp_path / "ranker", metrics=fitted[1], card="made by a test")
    return tmp_path / "ranker"


def test_a_saved_ranker_answers_to_the_bit(saved, fitted, later):
    loaded = load_ranker(saved)
    assert np.array_equal(loaded.scores(later.matrix), fitted[0].scores(later.matrix))
    assert loaded.config == fitted[0].config and loaded.release


def test_other_trees_are_another_release(saved, fitted, learnt, tmp_path):
    other, metrics = fit(learnt, replace(CONFIG, rounds=3), quiet=True)
    other.config = fitted[0].config
    save_ranker(other, tmp_path / "other", metrics=metrics, card="made by a test")
    assert load_ranker(tmp_path / "other").release != load_ranker(saved).release


def test_damaged_trees_are_corrupt_and_trees_of_other_columns_too(saved):
    trees = saved / "model.txt"
    whole = trees.read_text()
    trees.write_text(whole[:2000])
    with pytest.raises(CorruptArtefactError, match="checksum"):
        load_ranker(saved)


def test_another_config_with_right_checksums_is_refused(saved, fitted, tmp_path):
    def kept(config: dict) -> None:
        save_artefact(
            tmp_path / "made", kind="ranker", format_version=1, config={"config": config},
            tensors={}, metrics={}, card="", files=[saved / "model.txt"],
        )  # fmt: skip

    stored = json.loads((saved / "config.json").read_text())["config"]
    kept(stored | {"columns": [*stored["columns"], "more"]})
    with pytest.raises(CorruptArtefactError, match="columns"):
        load_ranker(tmp_path / "made")
    kept(stored | {"order": ["none"]})
    with pytest.raises(IncompatibleArtefactError, match="order"):
        load_ranker(tmp_path / "made")
    with pytest.raises(ArtefactError, match="no such folder"):
        load_ranker(tmp_path / "nowhere")
