"""A published base, a fresh shard and tombstones answer as one index, also while bases change."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from ml.index import CorruptIndexError, MissingIndexError, VectorShapeError
from ml.index_base import FLAT_BELOW, Probe, list_count, lists_to_visit
from ml.index_snapshot import (
    MANIFEST,
    SnapshotIndex,
    open_base,
    publish,
    read_manifest,
    remove_old,
)

DIM = 16


def unit_rows(count: int, seed: int = 0) -> np.ndarray:
    rows = np.random.default_rng(seed).normal(size=(count, DIM)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def published(root: Path, count: int = 50, *, revision: int = 1, **more) -> np.ndarray:
    rows = unit_rows(count)
    publish(root, release="r", revision=revision, ids=np.arange(count), vectors=rows, **more)
    return rows


def best(index: SnapshotIndex, query: np.ndarray, k: int = 1, **filters) -> list[int]:
    return index.search(query[np.newaxis], k, **filters)[0][0].tolist()


def test_few_items_are_searched_exactly_and_many_by_lists():
    assert list_count(FLAT_BELOW - 1) == 0
    assert list_count(FLAT_BELOW) > 0 and list_count(1_000_000) == 4096


def test_a_base_answers_for_ids_given_in_any_order(tmp_path):
    rows = unit_rows(3)
    publish(tmp_path, release="r", revision=4, ids=[30, 10, 20], vectors=rows)
    index = SnapshotIndex(DIM, open_base(tmp_path))
    assert [best(index, row) for row in rows] == [[30], [10], [20]]
    assert read_manifest(tmp_path).revision == 4


def test_a_fresh_vector_stands_before_the_one_in_the_base(tmp_path):
    rows = published(tmp_path)
    index = SnapshotIndex(DIM, open_base(tmp_path))
    index.add([7], -rows[7:8])
    assert best(index, rows[7], 50)[-1] == 7 and len(index) == 50
    assert best(index, rows[7], 50).count(7) == 1
    assert (index.fresh_count, index.tombstones) == (1, 1)


def test_base_and_fresh_rows_are_merged_best_first(tmp_path):
    rows = published(tmp_path)
    index = SnapshotIndex(DIM, open_base(tmp_path))
    more = unit_rows(50, seed=3)
    index.add(np.arange(100, 150), more)
    query = unit_rows(1, seed=4)[0]
    scores = dict(enumerate(rows @ query)) | dict(enumerate(more @ query, start=100))
    assert best(index, query, 9) == sorted(scores, key=lambda key: -scores[key])[:9]


@pytest.mark.parametrize("nlist", [0, 16])
def test_a_filter_finds_the_category_and_not_the_seller_however_few(tmp_path, nlist):
    labels = {"categories": np.arange(1000) // 5, "sellers": np.arange(1000) % 5}
    rows = published(tmp_path, 1000, **labels, nlist=nlist)
    index = SnapshotIndex(DIM, open_base(tmp_path))
    index.remove([501])
    index.add([2000], rows[503:504], categories=[100], sellers=[3])
    index.add([2001], rows[503:504], categories=[100], sellers=[0])
    found = best(index, rows[503], 6, category=100, not_seller=0)
    assert set(found) == {502, 503, 504, 2000, -1}
    assert best(index, rows[503], 2, category=100, allowed=[504, 900]) == [504, -1]
    assert best(index, rows[503], 2, category=7777) == [-1, -1]


def test_a_filter_narrower_than_those_measured_visits_every_list():
    probes = (Probe(1.0, 4, 0.97), Probe(0.1, 16, 0.97))
    assert [lists_to_visit(probes, allowed, 1000, 64) for allowed in (1000, 500, 100, 99)] == [
        *(4, 16, 16, 64)
    ]


def test_an_ivf_base_reaches_the_recall_it_stored(tmp_path):
    rows = unit_rows(5000)
    publish(tmp_path, release="r", revision=1, ids=np.arange(5000), vectors=rows, nlist=64)
    index = SnapshotIndex(DIM, open_base(tmp_path))
    assert all(0.9 < probe.recall <= 1 for probe in read_manifest(tmp_path).probes)
    queries = unit_rows(50, seed=5)
    found, _ = index.search(queries, 50)
    truth = np.argsort(-queries @ rows.T, axis=1)[:, :50]
    recall = np.mean([len(set(a) & set(b)) / 50 for a, b in zip(found, truth, strict=True)])
    assert recall >= 0.93


def test_a_missing_snapshot_is_named(tmp_path):
    with pytest.raises(MissingIndexError, match="no snapshot"):
        open_base(tmp_path)


@pytest.mark.parametrize("name", ["vectors.faiss", "ids.npy", "sellers.npy"])
def test_a_changed_byte_is_called_corrupt_and_a_missing_file_missing(tmp_path, name):
    published(tmp_path)
    path = tmp_path / read_manifest(tmp_path).folder / name
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(CorruptIndexError, match=name):
        open_base(tmp_path)
    path.unlink()
    with pytest.raises(MissingIndexError, match=name):
        open_base(tmp_path)


@pytest.mark.parametrize("content", ["", "[]", '{"probes": []}', "\x00"])
def test_a_manifest_that_is_none_is_called_corrupt(tmp_path, content):
    (tmp_path / MANIFEST).write_text(content)
    with pytest.raises(CorruptIndexError, match="manifest"):
        open_base(tmp_path)


def test_nothing_to_publish_is_refused_and_leaves_nothing(tmp_path):
    with pytest.raises(VectorShapeError):
        publish(tmp_path, release="r", revision=1, ids=[], vectors=np.empty((0, DIM)))
    assert list(tmp_path.iterdir()) == []


def test_a_mapped_base_answers_after_its_files_are_deleted(tmp_path):
    rows = published(tmp_path, 500, nlist=8)
    old = SnapshotIndex(DIM, open_base(tmp_path))
    published(tmp_path, 500, revision=2, nlist=8)
    assert remove_old(tmp_path, kept=0) == 1
    assert [best(old, row)[0] for row in rows[:20]] == list(range(20))


def test_the_snapshot_before_stays_for_machines_that_still_map_it(tmp_path):
    folders = []
    for revision in range(1, 4):
        published(tmp_path, revision=revision)
        folders.append(read_manifest(tmp_path).folder)
        remove_old(tmp_path)
    left = sorted(path.name for path in tmp_path.iterdir() if path.is_dir())
    assert left == sorted(folders[-2:])


def test_searches_go_on_while_snapshots_are_published_and_ids_removed(tmp_path):
    """Id r is gone from snapshot r on, so what a search that began later finds is wrong."""
    rows = published(tmp_path, 300, nlist=8)
    serving = SnapshotIndex(DIM, open_base(tmp_path))
    removed, done = 0, threading.Event()
    wrong: list[str] = []
    searches = [0, 0, 0]

    def search(place: int) -> None:
        while not done.is_set():
            gone = removed
            found = best(serving, rows[max(0, gone - 1)], 300)
            if any(0 <= key < gone for key in found):
                wrong.append(f"{gone}: {found}")
            searches[place] += 1

    def guarded(place: int) -> None:
        try:
            search(place)
        except Exception as error:
            wrong.append(repr(error))
            raise

    threads = [threading.Thread(target=guarded, args=(place,)) for place in range(3)]
    for thread in threads:
        thread.start()
    for gone in range(1, 9):
        keys = np.arange(gone, 300)
        publish(tmp_path, release="r", revision=gone, ids=keys, vectors=rows[keys], nlist=8)
        serving = SnapshotIndex(DIM, open_base(tmp_path))
        removed = gone
        remove_old(tmp_path)
    done.set()
    for thread in threads:
        thread.join(10)
    assert wrong == [] and min(searches) > 0


def test_a_publisher_killed_on_the_way_leaves_the_snapshot_in_service(tmp_path):
    rows = published(tmp_path)
    program = (
        "import sys, pathlib, numpy as np; from ml.index_snapshot import publish\n"
        "rows = np.random.default_rng(0).normal(size=(40000, 16)).astype(np.float32)\n"
        "for revision in range(2, 10**6):\n"
        "    publish(pathlib.Path(sys.argv[1]), release='r', revision=revision,"
        " ids=np.arange(40000), vectors=rows)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", program, str(tmp_path)])
    deadline = time.monotonic() + 30
    while not list(tmp_path.glob(".draft-*")) and time.monotonic() < deadline:
        time.sleep(0.001)
    process.send_signal(signal.SIGKILL)
    assert process.wait(10) == -signal.SIGKILL
    index = SnapshotIndex(DIM, open_base(tmp_path))
    assert len(index) in {50, 40000}
    if len(index) == 50:
        assert best(index, rows[3]) == [3]
    remove_old(tmp_path, kept=0)
    in_service = read_manifest(tmp_path).folder
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([in_service, MANIFEST])
