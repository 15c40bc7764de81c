"""What a recall set's word is worth is learnt, merged and kept."""

import math

import numpy as np
import pytest
from scipy.optimize import check_grad

from ml.artefacts import ArtefactError
from ml.merging.fit import Lesson, MergingError, _loss, _rows, fit, save_merger
from ml.merging.model import COLUMNS, Found, MergeConfig, describe, gather
from ml.merging.predict import Merger, load_merger


def found(ids, scores=None, supports=None) -> Found:
    n = len(ids)
    return Found(
        np.array(ids, dtype=np.int64),
        np.array(scores if scores is not None else np.arange(n, 0, -1), dtype=float),
        np.array(supports if supports is not None else np.ones(n), dtype=float),
    )


@pytest.fixture(scope="module")
def lessons() -> list[Lesson]:
    """The set "good" names what is bought first in four of five; "noise" never knows."""
    rng = np.random.default_rng(7)
    made = []
    for _ in range(200):
        ids = rng.permutation(40)
        bought = int(ids[0])
        good = ids[:10] if rng.random() < 0.8 else np.roll(ids[:10], 4)
        made.append(Lesson({"noise": found(rng.permutation(ids)), "good": found(good)}, {bought}))
    return made


def test_a_set_that_knows_what_is_bought_outweighs_one_that_does_not(lessons):
    merger, metrics = fit(lessons, MergeConfig(("noise", "good")))
    first = [merger.merge(lesson.lists)[0][0] in lesson.bought for lesson in lessons]
    assert np.mean(first) > 0.75
    assert metrics["lessons_used"] == 200
    noise, good = np.abs(merger.weights).sum(axis=1)
    assert good > 3 * noise


def test_the_same_lessons_teach_the_same_weights(lessons):
    one, two = (fit(lessons, MergeConfig(("noise", "good")))[0].weights for _ in range(2))
    assert np.array_equal(one, two)


def test_the_gradient_is_that_of_the_loss(lessons):
    rows = _rows(lessons[:20], MergeConfig(("noise", "good")))
    point = np.random.default_rng(3).normal(scale=0.3, size=2 * len(COLUMNS))
    error = check_grad(lambda w: _loss(w, rows, 0.01)[0], lambda w: _loss(w, rows, 0.01)[1], point)
    assert error < 1e-4


def test_the_loss_is_the_mean_surprise_of_what_was_bought():
    config = MergeConfig(("a",))
    lesson = Lesson({"a": found([5, 6, 7, 8])}, {6, 8, 99})
    rows = _rows([lesson], config)
    loss, _ = _loss(np.zeros(len(COLUMNS)), rows, 0.0)
    assert loss == pytest.approx(math.log(4))


def test_what_a_filter_leaves_out_keeps_its_place_and_competes_with_nothing():
    config = MergeConfig(("a",))
    lists = {"a": found([5, 6, 7, 8])}
    rows = _rows([Lesson(lists, {8}, suitable={6, 8})], config)
    places = rows.columns.toarray()[:, COLUMNS.index("place")]
    assert places.tolist() == pytest.approx([-math.log(2), -math.log(4)])
    assert _loss(np.zeros(len(COLUMNS)), rows, 0.0)[0] == pytest.approx(math.log(2))
    assert _rows([Lesson(lists, {5}, suitable={6, 8})], config) is None


def test_an_item_of_two_sets_has_the_sum_of_what_they_give():
    weights = np.zeros((2, len(COLUMNS)))
    weights[0, COLUMNS.index("found")] = 1.0
    weights[1, COLUMNS.index("place")] = 2.0
    merger = Merger(MergeConfig(("a", "b")), weights)
    ids, scores = merger.merge({"a": found([3, 1]), "b": found([2, 1])})
    assert ids.tolist() == [3, 2, 1]
    assert scores.tolist() == pytest.approx([1.0, 0.0, 1.0 - 2 * math.log(2)])


def test_merging_gives_what_gathering_and_weighing_gives(lessons):
    """Two ways to the same score: set by set when serving, column by column when learning."""
    merger, _ = fit(lessons, MergeConfig(("noise", "good")))
    lists = lessons[0].lists
    known, columns = gather(lists, merger.config)
    expected = dict(zip(known.tolist(), columns @ merger.weights.ravel(), strict=True))
    ids, scores = merger.merge(lists)
    assert dict(zip(ids.tolist(), scores, strict=True)) == pytest.approx(expected)
    assert list(scores) == sorted(scores, reverse=True)


def test_sets_that_it_was_not_taught_are_left_out():
    merger = Merger(MergeConfig(("a",)), np.ones((1, len(COLUMNS))))
    ids, _ = merger.merge({"new": found([4]), "a": found([2])})
    assert ids.tolist() == [2]


@pytest.mark.parametrize("lists", [{}, {"a": found([])}])
def test_nothing_found_merges_to_nothing(lists):
    ids, scores = Merger(MergeConfig(("a",)), np.ones((1, len(COLUMNS)))).merge(lists)
    assert len(ids) == len(scores) == 0


def test_scores_that_may_be_negative_are_compared_by_difference():
    config = fit(
        [Lesson({"log_odds": found([1, 2], [0.5, -3.0]), "share": found([2], [0.1])}, {1})] * 5,
        MergeConfig(("log_odds", "share")),
    )[0].config
    assert config.logarithmic == {"share"}
    columns = describe(found([1, 2], [0.5, -3.0]), logarithmic=False)
    assert columns[:, COLUMNS.index("share")].tolist() == [0.0, -3.5]


def test_learning_where_nothing_found_was_bought_is_refused():
    with pytest.raises(MergingError, match="No recall set found"):
        fit([Lesson({"a": found([1])}, {2})], MergeConfig(("a",)))


def test_a_kept_merger_answers_as_before(tmp_path, lessons):
    merger, metrics = fit(lessons, MergeConfig(("noise", "good")))
    save_merger(merger, tmp_path / "merging", metrics=metrics, card="# Merge")
    again = load_merger(tmp_path / "merging")
    assert again.config == merger.config
    for one, two in zip(merger.merge(lessons[3].lists), again.merge(lessons[3].lists), strict=True):
        assert np.array_equal(one, two)


def test_a_damaged_merger_is_refused_by_name(tmp_path, lessons):
    merger, metrics = fit(lessons, MergeConfig(("noise", "good")))
    save_merger(merger, tmp_path / "merging", metrics=metrics, card="# Merge")
    weights = tmp_path / "merging" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x00")
    with pytest.raises(ArtefactError, match="merging"):
        load_merger(tmp_path / "merging")
