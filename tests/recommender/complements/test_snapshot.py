"""The mapped vectors answer exactly, and are replaced without a gap."""

from __future__ import annotations

import numpy as np
import pytest

from recommender.complements.snapshot import (
    Candidates,
    SnapshotError,
    open_snapshot,
    publish,
)
from recommender.published import MANIFEST

DIM = 5


def some(count: int, seed: int = 0) -> Candidates:
    generator = np.random.default_rng(seed)
    return Candidates(
        ids=generator.permutation(count * 3)[:count].astype(np.int64),
        categories=generator.integers(1, 5, count),
        vectors=generator.normal(size=(count, DIM)).astype(np.float32),
        gains=generator.normal(size=count).astype(np.float32),
    )


def naive(candidates: Candidates, seed, weights, k):
    scores = candidates.vectors @ seed + candidates.gains
    rows = [
        (float(scores[row] + np.float32(weights[category])), int(candidates.ids[row]))
        for row, category in enumerate(candidates.categories)
        if category in weights
    ]
    return [pk for _, pk in sorted(rows, key=lambda row: (-row[0], row[1]))[:k]]


def made(root, candidates, **fields):
    return publish(root, candidates, **{"release": "r", "state": "s", "at": 1.0} | fields)


@pytest.mark.parametrize("k", [1, 7, 500])
def test_finds_what_a_naive_loop_finds(tmp_path, k):
    candidates = some(200)
    made(tmp_path, candidates)
    seed = np.arange(DIM, dtype=np.float32)
    weights = {2: 0.5, 4: -0.25, 77: 9.0}
    found = open_snapshot(tmp_path).best(seed, weights, k)
    assert [pk for pk, _ in found] == naive(candidates, seed, weights, k)


def test_equal_scores_go_to_the_lower_id_and_never_beyond_k(tmp_path):
    ids = np.array([9, 4, 7, 1])
    flat = Candidates(ids, np.ones(4, np.int64), np.zeros((4, DIM)), np.zeros(4))
    made(tmp_path, flat)
    found = open_snapshot(tmp_path).best(np.zeros(DIM, np.float32), {1: 0.0}, 2)
    assert found == [(1, 0.0), (4, 0.0)]


def test_nothing_for_sale_is_a_snapshot_too(tmp_path):
    made(tmp_path, some(0))
    assert open_snapshot(tmp_path).best(np.zeros(DIM, np.float32), {1: 0.0}, 3) == []


def test_there_is_none_before_the_first(tmp_path):
    assert open_snapshot(tmp_path) is None


def test_a_reader_keeps_its_snapshot_while_two_newer_ones_come(tmp_path):
    first = some(50)
    made(tmp_path, first)
    held = open_snapshot(tmp_path)
    for number in (1, 2, 3):
        made(tmp_path, some(20, seed=number))
    seed = np.ones(DIM, np.float32)
    assert [pk for pk, _ in held.best(seed, {1: 0.0}, 5)] == naive(first, seed, {1: 0.0}, 5)
    assert open_snapshot(tmp_path).manifest.count == 20
    assert len([path for path in tmp_path.iterdir() if path.is_dir()]) == 2


def test_what_a_killed_building_left_is_no_snapshot_and_is_swept(tmp_path):
    made(tmp_path, some(10))
    draft = tmp_path / ".draft-killed"
    draft.mkdir()
    (tmp_path / f"{MANIFEST}.draft-killed").write_text("{")
    assert open_snapshot(tmp_path).manifest.count == 10
    made(tmp_path, some(11))
    assert not draft.exists()
    assert not (tmp_path / f"{MANIFEST}.draft-killed").exists()


def test_files_that_do_not_fit_the_manifest_are_refused_by_name(tmp_path):
    manifest = made(tmp_path, some(10))
    np.save(tmp_path / manifest.folder / "ids.npy", np.arange(3))
    with pytest.raises(SnapshotError, match=manifest.folder):
        open_snapshot(tmp_path)
    (tmp_path / MANIFEST).write_text("not JSON")
    with pytest.raises(SnapshotError, match="no manifest"):
        open_snapshot(tmp_path)
