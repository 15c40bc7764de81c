"""The vectors of what is for sale, in memory, brought up to date from the database.

Every process that serves keeps its own copy. Writers give each changed row the next revision, one
transaction at a time, so a reader that has seen revision n misses nothing by reading what is above.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from threading import Lock
from typing import Protocol

import numpy as np
import structlog
from django.db.models import Max
from numpy.typing import ArrayLike, NDArray

from recommender.models import ItemEmbedding
from recommender.vectors import Vector, VectorError, unpack

log = structlog.get_logger()

# How old a search's knowledge may be. A published item must be retrievable within 5 s.
CHECK_SECONDS = 0.5
READ_CHUNK = 2000

Row = tuple[int, bool, bytes | memoryview, int]


class VectorIndex(Protocol):
    """What is used of an index of `ml`, which this module may not import: inference hands it in."""

    @property
    def dim(self) -> int: ...

    def __len__(self) -> int: ...

    def add(self, ids: ArrayLike, vectors: ArrayLike) -> None: ...

    def remove(self, ids: ArrayLike) -> int: ...

    def search(
        self, vectors: ArrayLike, k: int
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]: ...


class ItemIndex:
    """The live items of one release; safe to share between threads.

    `make_index(dim)` gives an empty index; the dimension is that of the first vector read.
    """

    def __init__(
        self,
        release: str,
        make_index: Callable[[int], VectorIndex],
        *,
        check_seconds: float = CHECK_SECONDS,
    ) -> None:
        self.release = release
        self._make_index = make_index
        self._check_seconds = check_seconds
        # faiss allows no search during a change, and a search takes a millisecond: one lock does.
        self._lock = Lock()
        self._index: VectorIndex | None = None
        self._seen = 0
        self._next_check = 0.0

    def __len__(self) -> int:
        return 0 if self._index is None else len(self._index)

    def search(self, vector: Vector, k: int) -> list[tuple[int, float]]:
        """Listing ids with scores for a unit vector (dim,), best first, at most k."""
        with self._lock:
            self._refresh_if_due()
            if self._index is None or not len(self._index):
                return []
            ids, scores = self._index.search(vector[np.newaxis], min(k, len(self._index)))
        return list(zip(ids[0].tolist(), scores[0].tolist(), strict=True))

    def _refresh_if_due(self) -> None:
        now = time.monotonic()
        if now < self._next_check:
            return
        rows = ItemEmbedding.objects.filter(release=self.release)
        newest = rows.aggregate(newest=Max("revision"))["newest"] or 0
        if newest < self._seen:
            # The newest row was deleted, or the database is an older copy: start over.
            self._index, self._seen = None, 0
        if newest > self._seen:
            self._read(newest)
        # Only after success: a failed reading is tried again by the next search.
        self._next_check = now + self._check_seconds

    def _read(self, newest: int) -> None:
        rows = ItemEmbedding.objects.filter(release=self.release, revision__gt=self._seen)
        if not self._seen:
            rows = rows.filter(is_live=True)
        columns = rows.order_by("revision").values_list(
            "listing_id", "is_live", "vector", "revision"
        )
        chunk: list[Row] = []
        for row in columns.iterator(chunk_size=READ_CHUNK):
            chunk.append(row)
            if len(chunk) == READ_CHUNK:
                self._apply(chunk)
                chunk = []
        self._apply(chunk)
        self._seen = max(newest, self._seen)

    def _apply(self, rows: Iterable[Row]) -> None:
        vectors: dict[int, Vector] = {}
        gone: list[int] = []
        for listing_id, is_live, stored, revision in rows:
            vector = self._vector(listing_id, stored) if is_live else None
            if vector is None:
                gone.append(listing_id)
            else:
                vectors[listing_id] = vector
            self._seen = max(self._seen, revision)
        if self._index is not None:
            self._index.remove(np.array(gone, dtype=np.int64))
        if vectors:
            if self._index is None:
                self._index = self._make_index(len(next(iter(vectors.values()))))
            self._add(self._index, vectors)

    def _vector(self, listing_id: int, stored: bytes | memoryview) -> Vector | None:
        try:
            return unpack(stored)
        except VectorError as error:
            log.warning("embedding_skipped", listing=listing_id, reason=str(error))
            return None

    def _add(self, index: VectorIndex, vectors: dict[int, Vector]) -> None:
        for listing_id in [pk for pk, vector in vectors.items() if len(vector) != index.dim]:
            reason = f"{len(vectors.pop(listing_id))} numbers, where {index.dim} are expected"
            log.warning("embedding_skipped", listing=listing_id, reason=reason)
        if vectors:
            index.add(np.fromiter(vectors, dtype=np.int64), np.stack(list(vectors.values())))
