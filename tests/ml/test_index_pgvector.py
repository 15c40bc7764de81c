"""What an index in the database has beyond the contract that every index keeps (test_index.py)."""

from __future__ import annotations

import numpy as np
import pytest

from ml.index import CorruptIndexError, VectorIndexError
from ml.index_pgvector import LOAD_AT_ONCE, PgVectorIndex, drop_tables, stored_dim

DIM = 16


def unit_rows(count: int, seed: int = 0) -> np.ndarray:
    rows = np.random.default_rng(seed).normal(size=(count, DIM)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.mark.parametrize("count", [300, LOAD_AT_ONCE + 500])
def test_a_filter_finds_the_category_and_not_the_seller_however_few(new_table, count):
    """Loaded at once the graph is built last, and must be there."""
    index, rows, ids = new_table(DIM), unit_rows(count), np.arange(count)
    index.add(ids, rows, categories=ids // 5, sellers=ids % 5)
    index.remove([251])
    found, _ = index.search(rows[253:254], 6, category=50, not_seller=0)
    assert set(found[0].tolist()) == {252, 253, 254, -1}
    found, _ = index.search(rows[253:254], 2, category=50, allowed=[254, 100])
    assert found[0].tolist() == [254, -1]


def test_a_wide_filter_is_answered_nearly_as_an_exact_search(new_table):
    index, rows, ids = new_table(DIM), unit_rows(3000), np.arange(3000)
    index.add(ids, rows, categories=ids % 3)
    queries, hits = unit_rows(20, seed=5), 0
    for query in queries:
        found, _ = index.search(query[np.newaxis], 10, category=1)
        truth = ids[1::3][np.argsort(-(rows[1::3] @ query))[:10]]
        hits += len(np.intersect1d(found[0], truth))
    assert hits >= 190


def test_labels_are_replaced_with_their_vector(new_table):
    index, rows = new_table(DIM), unit_rows(1)
    index.add([1], rows, categories=[4], sellers=[9])
    index.add([1], rows, categories=[5], sellers=[9])
    assert index.search(rows, 1, category=4)[0].tolist() == [[-1]]
    assert index.search(rows, 1, category=5)[0].tolist() == [[1]]


def test_a_new_table_takes_the_place_of_another(new_table, tables):
    old, new, rows = new_table(DIM), new_table(DIM), unit_rows(2)
    old.add([1], rows[:1])
    new.add([2], rows[1:])
    new.note_revision(7)
    new.take_place_of(old.table)
    assert old.search(rows[1:], 2)[0].tolist() == [[2, -1]]
    assert old.revision == new.revision == 7


def test_a_table_of_another_dimension_is_refused_by_name(new_table, tables):
    table = new_table(DIM).table
    assert stored_dim(tables.cursor, table) == DIM
    with pytest.raises(CorruptIndexError, match="16 dimensions, not 8"):
        PgVectorIndex(tables.cursor, table, 8)


def test_a_name_that_is_none_is_refused(tables):
    with pytest.raises(VectorIndexError, match="no name"):
        PgVectorIndex(tables.cursor, "x; DROP TABLE y", DIM)


def test_tables_that_are_not_kept_are_dropped(tables):
    for name in ("drop_me_1", "drop_me_2"):
        PgVectorIndex(tables.cursor, name, DIM)
    drop_tables(tables.cursor, "drop_me_", ["drop_me_2"])
    assert stored_dim(tables.cursor, "drop_me_1") is None
    assert stored_dim(tables.cursor, "drop_me_2") == DIM
