"""Nearest neighbours: one interface, and the exact index that serves up to about 50,000 items."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol, Self

import faiss
import numpy as np
from numpy.typing import ArrayLike, NDArray

Ids = NDArray[np.int64]
Vectors = NDArray[np.float32]

NO_ID = -1


class VectorIndexError(Exception):
    """The index refuses what it was given; the message says what and why."""


class VectorShapeError(VectorIndexError, ValueError):
    """Ids or vectors whose shape, range or values the index cannot hold."""


class MissingIndexError(VectorIndexError):
    """There is no index file at the path."""


class CorruptIndexError(VectorIndexError):
    """The file is not an index, or an index of another dimension or kind."""


class VectorIndex(Protocol):
    """Ids and unit vectors in, the nearest ids by inner product out."""

    @property
    def dim(self) -> int: ...

    def __len__(self) -> int: ...

    def add(self, ids: ArrayLike, vectors: ArrayLike) -> None:
        """Store vectors (n, dim) under ids (n,); an id that is already there is replaced."""
        ...

    def remove(self, ids: ArrayLike) -> int:
        """Forget the ids; unknown ones are ignored. Returns how many were there."""
        ...

    def search(
        self, vectors: ArrayLike, k: int, *, allowed: ArrayLike | None = None
    ) -> tuple[Ids, Vectors]:
        """Ids (q, k) and scores (q, k) for queries (q, dim), best first.

        Rows with fewer than k neighbours end in id -1 and score -inf. With `allowed`, only those
        ids can be found.
        """
        ...

    def save(self, path: Path) -> None:
        """Write the index beside `path`, then rename: a reader never sees half a file."""
        ...


class FlatIndex:
    """Exact inner-product search by faiss; not safe for a writer and readers at the same time."""

    def __init__(self, dim: int) -> None:
        if dim < 1:
            raise VectorShapeError(f"dim must be at least 1, not {dim}")
        self._index: Any = faiss.IndexIDMap2(faiss.IndexFlatIP(dim))

    @property
    def dim(self) -> int:
        return int(self._index.d)

    def __len__(self) -> int:
        return int(self._index.ntotal)

    @property
    def ids(self) -> Ids:
        """The ids in the index, in ascending order."""
        return np.sort(faiss.vector_to_array(self._index.id_map).astype(np.int64))

    def add(self, ids: ArrayLike, vectors: ArrayLike) -> None:
        keys, rows = as_rows(ids, vectors, self.dim)
        self.remove(keys)
        self._index.add_with_ids(rows, keys)

    def remove(self, ids: ArrayLike) -> int:
        keys = as_ids(ids)
        # An empty selector still makes faiss walk and copy the whole index.
        return int(self._index.remove_ids(keys)) if len(keys) and len(self) else 0

    def search(
        self, vectors: ArrayLike, k: int, *, allowed: ArrayLike | None = None
    ) -> tuple[Ids, Vectors]:
        if k < 1:
            raise VectorShapeError(f"k must be at least 1, not {k}")
        queries = as_vectors(vectors, self.dim)
        found = np.full((len(queries), k), NO_ID, dtype=np.int64)
        scores = np.full((len(queries), k), -np.inf, dtype=np.float32)
        keys = None if allowed is None else np.unique(as_ids(allowed))
        if not len(self) or not len(queries) or (keys is not None and not len(keys)):
            return found, scores
        parameters = faiss.SearchParameters()
        if keys is not None:
            # faiss borrows the selector: this name must outlive the search.
            selector = faiss.IDSelectorBatch(keys)
            parameters.sel = selector
        near_scores, near_ids = self._index.search(queries, k, params=parameters)
        known = near_ids != NO_ID
        found[known], scores[known] = near_ids[known], near_scores[known]
        return found, scores

    def save(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.draft")
        faiss.write_index(self._index, str(draft))
        draft.replace(path)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `save` wrote. Raises MissingIndexError or CorruptIndexError."""
        if not path.is_file():
            raise MissingIndexError(f"{path.name}: no such index file")
        try:
            stored = faiss.read_index(str(path))
        except RuntimeError as error:
            raise CorruptIndexError(f"{path.name}: not an index file") from error
        if (
            not isinstance(stored, faiss.IndexIDMap2)
            or stored.metric_type != faiss.METRIC_INNER_PRODUCT
        ):
            raise CorruptIndexError(f"{path.name}: another kind of index")
        index = cls(int(stored.d))
        index._index = stored
        return index


def as_ids(ids: ArrayLike) -> Ids:
    """Ids (n,) as int64. Raises VectorShapeError."""
    array = np.asarray(ids)
    if array.size == 0:
        return np.empty(0, dtype=np.int64)
    if array.ndim != 1 or not np.issubdtype(array.dtype, np.integer):
        raise VectorShapeError(f"ids must be one row of integers, not {array.dtype} {array.shape}")
    return np.ascontiguousarray(array, dtype=np.int64)


def as_vectors(vectors: ArrayLike, dim: int) -> Vectors:
    """Finite rows (n, dim) as float32. Raises VectorShapeError."""
    rows = np.ascontiguousarray(vectors, dtype=np.float32)
    if rows.ndim != 2 or rows.shape[1] != dim:
        raise VectorShapeError(f"vectors must have shape (n, {dim}), not {rows.shape}")
    if not np.isfinite(rows).all():
        raise VectorShapeError("vectors hold a value that is not finite")
    return rows


def as_rows(ids: ArrayLike, vectors: ArrayLike, dim: int) -> tuple[Ids, Vectors]:
    """Distinct ids (n,) from 0 with their vectors (n, dim). Raises VectorShapeError."""
    keys, rows = as_ids(ids), as_vectors(vectors, dim)
    if len(keys) != len(rows):
        raise VectorShapeError(f"{len(keys)} ids for {len(rows)} vectors")
    if len(np.unique(keys)) != len(keys):
        raise VectorShapeError("an id occurs twice in one call")
    if len(keys) and keys.min() < 0:
        raise VectorShapeError(f"ids must not be negative, found {keys.min()}")
    return keys, rows
