"""Every vector index answers like the naive loop: one contract, each implementation."""

from __future__ import annotations

from pathlib import Path

import faiss
import numpy as np
import pytest

from ml.index import (
    CorruptIndexError,
    FlatIndex,
    MissingIndexError,
    VectorIndex,
    VectorShapeError,
)
from ml.index_snapshot import SnapshotIndex, open_base, publish

DIM = 16


@pytest.fixture(params=["flat", "pgvector", "snapshot without a base", "flat base", "IVF base"])
def index(request, tmp_path_factory) -> VectorIndex:
    """An empty index. Those with a base hold tombstones alone, which must never be found."""
    if request.param == "flat":
        return FlatIndex(DIM)
    if request.param == "pgvector":
        return request.getfixturevalue("new_table")(DIM)
    if request.param == "snapshot without a base":
        return SnapshotIndex(DIM)
    root = tmp_path_factory.mktemp("snapshot")
    ids, nlist = np.arange(400), 8 if request.param == "IVF base" else 0
    publish(root, release="r", revision=1, ids=ids, vectors=unit_rows(400, 8), nlist=nlist)
    snapshot = SnapshotIndex(DIM, open_base(root))
    assert snapshot.remove(ids) == 400
    return snapshot


def unit_rows(count: int, seed: int = 0) -> np.ndarray:
    """As the database keeps them: numbers that float16 holds."""
    rows = np.random.default_rng(seed).normal(size=(count, DIM)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows.astype(np.float16).astype(np.float32)


def naive_search(stored: dict[int, np.ndarray], query: np.ndarray, k: int) -> list[int]:
    return sorted(stored, key=lambda key: -float(stored[key] @ query))[:k]


def test_search_agrees_with_a_naive_loop(index):
    ids, rows, queries = np.arange(100, 300), unit_rows(200), unit_rows(7, seed=1)
    index.add(ids, rows)
    found, scores = index.search(queries, 5)
    stored = dict(zip(ids.tolist(), rows, strict=True))
    assert found.shape == scores.shape == (7, 5)
    assert found.dtype == np.int64 and scores.dtype == np.float32
    for query, row in zip(queries, found.tolist(), strict=True):
        assert row == naive_search(stored, query, 5)
    expected = [
        [stored[key] @ query for key in row] for query, row in zip(queries, found, strict=True)
    ]
    np.testing.assert_allclose(scores, expected, atol=1e-5)


def test_scores_are_best_first(index):
    index.add(np.arange(50), unit_rows(50))
    _, scores = index.search(unit_rows(3, seed=2), 50)
    assert (np.diff(scores, axis=1) <= 0).all()


def test_a_short_answer_is_padded_with_minus_one(index):
    index.add([7], unit_rows(1))
    found, scores = index.search(unit_rows(2, seed=3), 3)
    assert found.tolist() == [[7, -1, -1]] * 2
    assert np.isneginf(scores[:, 1:]).all()


def test_an_empty_index_answers_with_padding_alone(index):
    found, scores = index.search(unit_rows(2), 4)
    assert (found == -1).all() and np.isneginf(scores).all() and len(index) == 0


def test_no_queries_give_no_rows(index):
    index.add([1], unit_rows(1))
    found, scores = index.search(np.empty((0, DIM)), 4)
    assert found.shape == scores.shape == (0, 4)


def test_adding_a_known_id_replaces_its_vector(index):
    old, new = unit_rows(2)
    index.add([5], [old])
    index.add([5], [new])
    found, scores = index.search([new], 2)
    assert len(index) == 1
    assert found.tolist() == [[5, -1]] and scores[0, 0] == pytest.approx(new @ new, abs=1e-5)


def test_a_removed_id_is_never_found_again(index):
    rows = unit_rows(4)
    index.add([1, 2, 3, 4], rows)
    assert index.remove([3, 99]) == 1
    found, _ = index.search(rows[2:3], 4)
    assert len(index) == 3 and 3 not in found


def test_removing_nothing_changes_nothing(index):
    index.add([1], unit_rows(1))
    assert index.remove([]) == 0 and len(index) == 1


def test_only_allowed_ids_are_found_and_the_filter_is_exact(index):
    ids, rows, allowed = np.arange(300), unit_rows(300), [3, 50, 299, 1000]
    index.add(ids, rows)
    query = unit_rows(1, seed=4)[0]
    found, _ = index.search([query], 4, allowed=allowed)
    stored = {key: rows[key] for key in (3, 50, 299)}
    assert found[0].tolist() == [*naive_search(stored, query, 3), -1]


def test_allowing_nothing_finds_nothing(index):
    index.add([1], unit_rows(1))
    found, _ = index.search(unit_rows(1), 2, allowed=[])
    assert found.tolist() == [[-1, -1]]


def test_a_saved_index_answers_the_same_after_loading(tmp_path):
    index = FlatIndex(DIM)
    index.add(np.arange(20), unit_rows(20))
    path = tmp_path / "deep" / "items.faiss"
    index.save(path)
    loaded = type(index).load(path)
    for before, after in zip(
        index.search(unit_rows(3, 5), 4), loaded.search(unit_rows(3, 5), 4), strict=True
    ):
        np.testing.assert_array_equal(before, after)
    assert len(loaded) == 20 and loaded.dim == DIM
    loaded.add([3], unit_rows(1, seed=9))
    assert len(loaded) == 20
    assert [file.name for file in path.parent.iterdir()] == ["items.faiss"]


def test_ids_lists_what_is_stored_in_order():
    index = FlatIndex(DIM)
    index.add([9, 2, 5], unit_rows(3))
    index.remove([5])
    assert index.ids.tolist() == [2, 9]


@pytest.mark.parametrize(
    ("ids", "vectors", "why"),
    [
        ([1], np.ones((1, DIM + 1)), "shape"),
        ([1], np.ones(DIM), "shape"),
        ([1, 2], np.ones((1, DIM)), "2 ids for 1 vectors"),
        ([1, 1], np.ones((2, DIM)), "twice"),
        ([-4], np.ones((1, DIM)), "negative"),
        ([0.5], np.ones((1, DIM)), "integers"),
        ([1], np.full((1, DIM), np.nan), "finite"),
    ],
)
def test_what_the_index_cannot_hold_is_refused_with_the_reason(index, ids, vectors, why):
    with pytest.raises(VectorShapeError, match=why):
        index.add(ids, vectors)
    assert len(index) == 0


def test_a_refused_replacement_keeps_the_old_vector(index):
    row = unit_rows(1)
    index.add([1], row)
    with pytest.raises(VectorShapeError):
        index.add([1], np.full((1, DIM), np.inf))
    assert index.search(row, 1)[0].tolist() == [[1]]


def test_k_below_one_is_refused(index):
    with pytest.raises(VectorShapeError, match="k must be"):
        index.search(unit_rows(1), 0)


def test_a_missing_file_is_named(tmp_path: Path):
    with pytest.raises(MissingIndexError, match=r"items\.faiss"):
        FlatIndex.load(tmp_path / "items.faiss")


def test_a_file_that_is_no_index_is_called_corrupt(tmp_path: Path):
    path = tmp_path / "items.faiss"
    path.write_bytes(b"not an index at all")
    with pytest.raises(CorruptIndexError):
        FlatIndex.load(path)


def test_an_index_of_another_kind_is_refused(tmp_path: Path):
    path = tmp_path / "items.faiss"
    faiss.write_index(faiss.IndexFlatL2(DIM), str(path))
    with pytest.raises(CorruptIndexError, match="another kind"):
        FlatIndex.load(path)
