"""Some thousands of rows that come and go, searched exactly."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ml.index import NO_ID, Ids, Vectors, VectorShapeError, as_ids, as_rows

NO_LABEL = -1
FIRST_ROOM = 256


class FreshShard:
    """Ids, unit vectors, categories and sellers in arrays with room to grow.

    Not safe for a writer and readers at the same time.
    """

    def __init__(self, dim: int) -> None:
        if dim < 1:
            raise VectorShapeError(f"dim must be at least 1, not {dim}")
        self._vectors: Vectors = np.empty((FIRST_ROOM, dim), np.float32)
        self._numbers: Ids = np.empty((3, FIRST_ROOM), np.int64)  # id, category, seller
        self._places: dict[int, int] = {}

    @property
    def dim(self) -> int:
        return int(self._vectors.shape[1])

    def __len__(self) -> int:
        return len(self._places)

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
        labels = np.stack([as_labels(categories, len(keys)), as_labels(sellers, len(keys))])
        self._make_room(len(self) + len(keys))
        for number, key in enumerate(keys.tolist()):
            place = self._places.setdefault(key, len(self._places))
            self._vectors[place] = rows[number]
            self._numbers[0, place] = key
            self._numbers[1:, place] = labels[:, number]

    def remove(self, ids: ArrayLike) -> int:
        """Forget the ids; unknown ones are ignored. Returns how many were there."""
        removed = 0
        for key in as_ids(ids).tolist():
            place = self._places.pop(key, None)
            if place is None:
                continue
            removed += 1
            last = len(self._places)
            if place != last:  # the last row moves to where the gap is
                self._vectors[place] = self._vectors[last]
                self._numbers[:, place] = self._numbers[:, last]
                self._places[int(self._numbers[0, place])] = place
        return removed

    def search(
        self,
        queries: Vectors,
        k: int,
        *,
        allowed: Ids | None = None,
        category: int | None = None,
        not_seller: int | None = None,
    ) -> tuple[Ids, Vectors]:
        """Ids and scores (q, k), best first, padded with -1 and -inf."""
        ids, vectors = self._chosen(allowed, category, not_seller)
        found = np.full((len(queries), k), NO_ID, np.int64)
        scores = np.full((len(queries), k), -np.inf, np.float32)
        width = min(k, len(ids))
        if not width or not len(queries):
            return found, scores
        every = queries @ vectors.T  # (q, n)
        best = np.argpartition(-every, width - 1, axis=1)[:, :width]
        near = np.take_along_axis(every, best, 1)
        order = np.argsort(-near, axis=1, kind="stable")
        found[:, :width] = ids[np.take_along_axis(best, order, 1)]
        scores[:, :width] = np.take_along_axis(near, order, 1)
        return found, scores

    def _chosen(
        self, allowed: Ids | None, category: int | None, not_seller: int | None
    ) -> tuple[Ids, Vectors]:
        count = len(self)
        ids, categories, sellers = self._numbers[:, :count]
        if allowed is None and category is None and not_seller is None:
            return ids, self._vectors[:count]
        fits: NDArray[np.bool_] = np.ones(count, dtype=bool)
        if category is not None:
            fits &= categories == category
        if not_seller is not None:
            fits &= sellers != not_seller
        if allowed is not None:
            fits &= np.isin(ids, allowed)
        places = np.flatnonzero(fits)
        return ids[places], self._vectors[places]

    def _make_room(self, count: int) -> None:
        room = len(self._vectors)
        if count <= room:
            return
        more = max(count, 2 * room) - room
        self._vectors = np.concatenate([self._vectors, np.empty((more, self.dim), np.float32)])
        self._numbers = np.concatenate([self._numbers, np.empty((3, more), np.int64)], axis=1)


def as_labels(labels: ArrayLike | None, count: int) -> Ids:
    """Labels (n,) as int64, -1 where there are none. Raises VectorShapeError."""
    if labels is None:
        return np.full(count, NO_LABEL, np.int64)
    array = as_ids(labels)
    if len(array) != count:
        raise VectorShapeError(f"{len(array)} labels for {count} ids")
    return array
