"""The index that lives in the database: pgvector's HNSW graph, shared by machines that share that.

Vectors are kept as float16. The graph is walked on until enough rows fit a filter; where that does
not find k, and for lists of allowed ids, the rows that fit are compared one by one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ml.index import (
    NO_ID,
    CorruptIndexError,
    Ids,
    VectorIndexError,
    Vectors,
    VectorShapeError,
    as_ids,
    as_rows,
    as_vectors,
)
from ml.index_fresh import as_labels

# Yields a cursor of psycopg, whoever made the connection.
Connect = Callable[[], AbstractContextManager[Any]]

# How many rows near the query the graph keeps in view; up to 1000 are possible.
LEAST_EF, MOST_EF, EF_PER_K = 100, 1000, 4
# Into an empty table so many rows are loaded first and the graph is built over them after.
LOAD_AT_ONCE = 2000
COPY_CHUNK = 20_000
COPY_START = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
COPY_END = b"\xff\xff"

TABLES = """
CREATE TABLE {table} (
    id bigint PRIMARY KEY, category bigint NOT NULL, seller bigint NOT NULL,
    vector halfvec({dim}) NOT NULL
);
CREATE TABLE {table}_seen (revision bigint NOT NULL);
CREATE INDEX {table}_category ON {table} (category)
"""
GRAPH = "CREATE INDEX IF NOT EXISTS {table}_near ON {table} USING hnsw (vector halfvec_ip_ops)"
NEAREST = """
SELECT id, -(vector <#> %(query)s::halfvec) FROM {table} WHERE {fits}
ORDER BY vector <#> %(query)s::halfvec LIMIT %(k)s
"""
EXACT_NEAREST = """
WITH chosen AS MATERIALIZED (SELECT id, vector FROM {table} WHERE {fits})
SELECT id, -(vector <#> %(query)s::halfvec) AS score FROM chosen
ORDER BY score DESC LIMIT %(k)s
"""


class PgVectorIndex:
    """A table of ids, vectors and labels with an HNSW graph; made where it is missing.

    Safe to share: the database sees to that. Raises CorruptIndexError where the table holds vectors
    of another dimension.
    """

    def __init__(self, connect: Connect, table: str, dim: int) -> None:
        if not re.fullmatch(r"[a-z_][a-z0-9_]{0,49}", table):
            raise VectorIndexError(f"{table!r}: no name for a table")
        if dim < 1:
            raise VectorShapeError(f"dim must be at least 1, not {dim}")
        self._connect, self.table, self._dim = connect, table, dim
        stored = stored_dim(connect, table)
        if stored is None:
            self._create()
        elif stored != dim:
            raise CorruptIndexError(f"{table}: vectors of {stored} dimensions, not {dim}")

    @property
    def dim(self) -> int:
        return self._dim

    def __len__(self) -> int:
        return int(self._one("SELECT count(*) FROM {table}") or 0)

    @property
    def revision(self) -> int:
        """What `note_revision` was last told; 0 before."""
        return int(self._one("SELECT max(revision) FROM {table}_seen") or 0)

    def note_revision(self, revision: int) -> None:
        with self._connect() as cursor, cursor.connection.transaction():
            cursor.execute(self._sql("DELETE FROM {table}_seen"))
            cursor.execute(self._sql("INSERT INTO {table}_seen VALUES (%s)"), [revision])

    def add(
        self,
        ids: ArrayLike,
        vectors: ArrayLike,
        *,
        categories: ArrayLike | None = None,
        sellers: ArrayLike | None = None,
    ) -> None:
        """Store vectors (n, dim) under ids (n,) with labels (n,); a known id is replaced."""
        keys, rows = as_rows(ids, vectors, self.dim)
        kinds, owners = as_labels(categories, len(keys)), as_labels(sellers, len(keys))
        if not len(keys):
            return
        load_first = len(keys) >= LOAD_AT_ONCE and not len(self)
        with self._connect() as cursor, cursor.connection.transaction():
            if load_first:
                cursor.execute(self._sql("DROP INDEX IF EXISTS {table}_near"))
            cursor.execute(self._sql("CREATE TEMP TABLE arriving (LIKE {table}) ON COMMIT DROP"))
            with cursor.copy("COPY arriving FROM STDIN (FORMAT BINARY)") as copy:
                copy.write(COPY_START)
                for start in range(0, len(keys), COPY_CHUNK):
                    part = slice(start, start + COPY_CHUNK)
                    copy.write(_copied(keys[part], kinds[part], owners[part], rows[part]))
                copy.write(COPY_END)
            cursor.execute(
                self._sql(
                    "INSERT INTO {table} SELECT * FROM arriving ON CONFLICT (id) DO UPDATE SET"
                    " category = excluded.category, seller = excluded.seller,"
                    " vector = excluded.vector"
                )
            )
            cursor.execute("DROP TABLE arriving")
            cursor.execute(self._sql(GRAPH))

    def remove(self, ids: ArrayLike) -> int:
        with self._connect() as cursor:
            query = self._sql("DELETE FROM {table} WHERE id = ANY(%s)")
            cursor.execute(query, [as_ids(ids).tolist()])
            return int(cursor.rowcount)

    def search(
        self,
        vectors: ArrayLike,
        k: int,
        *,
        allowed: ArrayLike | None = None,
        category: int | None = None,
        not_seller: int | None = None,
    ) -> tuple[Ids, Vectors]:
        """As every index; and with filters only what is of the category, not of the seller."""
        if k < 1:
            raise VectorShapeError(f"k must be at least 1, not {k}")
        queries = as_vectors(vectors, self.dim)
        found = np.full((len(queries), k), NO_ID, np.int64)
        scores = np.full((len(queries), k), -np.inf, np.float32)
        filters = {"category": category, "seller": not_seller, "allowed": None}
        if allowed is not None:
            filters["allowed"] = as_ids(allowed).tolist()
        with self._connect() as cursor:
            ef = min(MOST_EF, max(LEAST_EF, EF_PER_K * k))
            cursor.execute(
                "SELECT set_config('hnsw.ef_search', %s, false),"
                " set_config('hnsw.iterative_scan', 'strict_order', false)",
                [str(ef)],
            )
            for place, query in enumerate(queries):
                for rank, (key, score) in enumerate(self._nearest(cursor, query, k, filters)):
                    found[place, rank], scores[place, rank] = key, score
        return found, scores

    def save(self, path: Path) -> None:
        """Refused: the database keeps it."""
        raise VectorIndexError("an index in the database is not saved to a file")

    def take_place_of(self, other: str) -> None:
        """Become the table of that name, in one step for all who search it; that one is dropped."""
        with self._connect() as cursor, cursor.connection.transaction():
            for suffix in ("", "_seen"):
                cursor.execute(f"DROP TABLE IF EXISTS {other}{suffix}")
                cursor.execute(f"ALTER TABLE {self.table}{suffix} RENAME TO {other}{suffix}")
            for suffix in ("_pkey", "_near", "_category"):
                cursor.execute(f"ALTER INDEX {self.table}{suffix} RENAME TO {other}{suffix}")
        self.table = other

    def _create(self) -> None:
        with self._connect() as cursor, cursor.connection.transaction():
            cursor.execute("CREATE EXTENSION IF NOT EXISTS vector")
            for statement in (*TABLES.split(";"), GRAPH):
                cursor.execute(self._sql(statement, dim=self.dim))

    def _nearest(
        self, cursor: Any, query: Vectors, k: int, filters: dict[str, Any]
    ) -> list[tuple[int, float]]:
        conditions = {
            "category": "category = %(category)s",
            "seller": "seller <> %(seller)s",
            "allowed": "id = ANY(%(allowed)s)",
        }
        asked = [conditions[name] for name, value in filters.items() if value is not None]
        fits = " AND ".join(asked) or "true"
        text = "[" + ",".join(map(str, query.tolist())) + "]"
        values = {**filters, "query": text, "k": k}
        rows: list[tuple[int, float]] = []
        if filters["allowed"] is None:
            cursor.execute(self._sql(NEAREST, fits=fits), values)
            rows = cursor.fetchall()
        if len(rows) < k:
            cursor.execute(self._sql(EXACT_NEAREST, fits=fits), values)
            rows = cursor.fetchall()
        return rows

    def _one(self, query: str) -> Any:
        with self._connect() as cursor:
            cursor.execute(self._sql(query))
            return cursor.fetchone()[0]

    def _sql(self, query: str, **parts: object) -> str:
        return query.format(table=self.table, **parts)


def stored_dim(connect: Connect, table: str) -> int | None:
    """The dimension of an index that is there; None where there is none of that name."""
    with connect() as cursor:
        cursor.execute(
            "SELECT atttypmod FROM pg_attribute"
            " WHERE attrelid = to_regclass(%s) AND attname = 'vector'",
            [table],
        )
        row = cursor.fetchone()
    return None if row is None else int(row[0])


def drop_tables(connect: Connect, prefix: str, kept: Sequence[str] = ()) -> None:
    """Drop every index whose table begins so, but those kept."""
    with connect() as cursor:
        cursor.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
            " AND starts_with(tablename, %s)",
            [prefix],
        )
        for (table,) in cursor.fetchall():
            if table.removesuffix("_seen") not in kept:
                cursor.execute(f'DROP TABLE IF EXISTS "{table}"')


def _copied(ids: Ids, categories: Ids, sellers: Ids, vectors: Vectors) -> bytes:
    """The rows as COPY reads them in binary: each field after its length, high bytes first."""
    dim = vectors.shape[1]
    number = [("length", ">i4"), ("value", ">i8")]
    half_vector = [("length", ">i4"), ("dim", ">i2"), ("unused", ">i2"), ("value", ">f2", (dim,))]
    rows = np.zeros(
        len(ids),
        dtype=[
            *(("fields", ">i2"), ("id", number), ("category", number), ("seller", number)),
            ("vector", half_vector),
        ],
    )
    rows["fields"] = 4
    for name, values in (("id", ids), ("category", categories), ("seller", sellers)):
        rows[name]["length"], rows[name]["value"] = 8, values
    rows["vector"]["length"], rows["vector"]["dim"] = 4 + 2 * dim, dim
    rows["vector"]["value"] = vectors
    return rows.tobytes()
