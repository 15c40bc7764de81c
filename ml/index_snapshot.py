"""A base that all processes map from one file, and what changed since in each one's memory.

`publish` writes a folder beside the others and renames it, then replaces the manifest that names
it: a reader sees the old snapshot or the new one. A folder may be deleted while processes have it
mapped; the file system keeps it until the last lets go.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import uuid
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

import faiss
import numpy as np
from numpy.typing import ArrayLike, NDArray

from ml.index import (
    NO_ID,
    CorruptIndexError,
    FlatIndex,
    Ids,
    MissingIndexError,
    VectorIndexError,
    Vectors,
    VectorShapeError,
    as_ids,
    as_vectors,
)
from ml.index_base import Mask, Probe, build_base, lists_to_visit, search_rows

MANIFEST = "manifest.json"
FORMAT = 1
VECTORS, IDS, CATEGORIES, SELLERS = "vectors.faiss", "ids.npy", "categories.npy", "sellers.npy"
FILES = (VECTORS, IDS, CATEGORIES, SELLERS)
NO_LABEL = -1
DRAFT = ".draft-"


@dataclass(frozen=True)
class Labels:
    """What a filter asks of items: a category and a seller each, (n,), -1 for none."""

    categories: Ids
    sellers: Ids

    @classmethod
    def none(cls, count: int) -> Self:
        return cls(np.full(count, NO_LABEL, np.int64), np.full(count, NO_LABEL, np.int64))


@dataclass(frozen=True)
class Where:
    """A filter: of this category, not of this seller. None asks nothing."""

    category: int | None = None
    not_seller: int | None = None

    def mask(self, labels: Labels) -> Mask:
        fits = np.ones(len(labels.categories), dtype=bool)
        if self.category is not None:
            fits &= labels.categories == self.category
        if self.not_seller is not None:
            fits &= labels.sellers != self.not_seller
        return fits


@dataclass(frozen=True)
class Manifest:
    """What a snapshot is: the release and revision it holds, and the checksum of each file."""

    folder: str
    release: str
    revision: int  # rows changed later than this are not in it
    dim: int
    count: int
    nlist: int  # 0 for an exact base
    probes: tuple[Probe, ...]
    checksums: dict[str, str]
    format: int = FORMAT


@dataclass(frozen=True)
class Base:
    """An open snapshot. Row r has the id ids[r]; ids ascend."""

    manifest: Manifest
    index: Any
    ids: Ids
    labels: Labels


def publish(
    root: Path,
    *,
    release: str,
    revision: int,
    ids: ArrayLike,
    vectors: ArrayLike,
    labels: Labels | None = None,
    nlist: int | None = None,
) -> Manifest:
    """Build a snapshot of unit vectors (n, dim) under distinct ids (n,) and put it in service.

    Killed at any point it leaves the snapshot in service as it was; `remove_old` sweeps up what it
    left. `nlist` overrides what the number of rows decides.
    """
    keys = as_ids(ids)
    rows = as_vectors(vectors, np.shape(vectors)[-1])
    if len(keys) != len(rows) or not len(keys) or len(np.unique(keys)) != len(keys):
        raise VectorShapeError(f"{len(keys)} ids for {len(rows)} vectors: one distinct id for each")
    labels = labels or Labels.none(len(keys))
    order = np.argsort(keys)
    index, probes = build_base(rows[order], nlist=nlist)
    draft = root / f"{DRAFT}{uuid.uuid4().hex}"
    draft.mkdir(parents=True)
    faiss.write_index(index, str(draft / VECTORS))
    np.save(draft / IDS, keys[order])
    np.save(draft / CATEGORIES, labels.categories[order])
    np.save(draft / SELLERS, labels.sellers[order])
    manifest = Manifest(
        folder=f"{revision:012d}-{draft.name.removeprefix(DRAFT)[:8]}",
        release=release,
        revision=revision,
        dim=rows.shape[1],
        count=len(keys),
        nlist=int(getattr(index, "nlist", 0)),
        probes=probes,
        checksums={name: _checksum(draft / name) for name in FILES},
    )
    draft.rename(root / manifest.folder)
    beside = root / f"{MANIFEST}{draft.name}"
    beside.write_text(json.dumps(asdict(manifest), indent=2) + "\n")
    beside.replace(root / MANIFEST)
    return manifest


def read_manifest(root: Path) -> Manifest:
    """What is in service. Raises MissingIndexError or CorruptIndexError."""
    path = root / MANIFEST
    if not path.is_file():
        raise MissingIndexError(f"{path.name}: no snapshot has been published")
    try:
        fields = json.loads(path.read_text())
        fields["probes"] = tuple(Probe(**probe) for probe in fields["probes"])
        manifest = Manifest(**fields)
    except (ValueError, TypeError, KeyError) as error:
        raise CorruptIndexError(f"{path.name}: not a manifest") from error
    if manifest.format != FORMAT:
        raise CorruptIndexError(f"{path.name}: format {manifest.format}, not {FORMAT}")
    return manifest


def open_base(root: Path, *, verify: bool = True) -> Base:
    """Map the snapshot in service. `verify` reads every byte once and compares the checksums.

    Raises MissingIndexError or CorruptIndexError.
    """
    manifest = read_manifest(root)
    folder = root / manifest.folder
    for name, expected in manifest.checksums.items():
        if not (folder / name).is_file():
            raise MissingIndexError(f"{manifest.folder}/{name}: no such file")
        if verify and _checksum(folder / name) != expected:
            raise CorruptIndexError(f"{manifest.folder}/{name}: another checksum")
    try:
        index = faiss.read_index(
            str(folder / VECTORS), faiss.IO_FLAG_MMAP | faiss.IO_FLAG_READ_ONLY
        )
        ids, categories, sellers = (
            np.load(folder / name, mmap_mode="r") for name in (IDS, CATEGORIES, SELLERS)
        )
    except (RuntimeError, ValueError, OSError) as error:
        raise CorruptIndexError(f"{manifest.folder}: cannot be mapped") from error
    if (index.d, index.ntotal, len(ids)) != (manifest.dim, manifest.count, manifest.count):
        raise CorruptIndexError(f"{manifest.folder}: not what the manifest describes")
    return Base(manifest, index, ids, Labels(categories, sellers))


def remove_old(root: Path) -> int:
    """Delete all folders but the one in service; call it under the lock that `publish` runs under.

    Returns how many were deleted.
    """
    kept = read_manifest(root).folder
    old = [path for path in root.iterdir() if path.is_dir() and path.name != kept]
    for path in old:
        shutil.rmtree(path)
    for path in root.glob(f"{MANIFEST}{DRAFT}*"):
        path.unlink()
    return len(old)


class SnapshotIndex:
    """A mapped base, a fresh shard and tombstones, searched as one index.

    Not safe for a writer and readers at the same time; a reader swaps to a new snapshot by opening
    another of these.
    """

    def __init__(self, dim: int, base: Base | None = None) -> None:
        if base is not None and base.manifest.dim != dim:
            raise VectorShapeError(f"a base of {base.manifest.dim} dimensions, not {dim}")
        self._base = base
        self._fresh = FlatIndex(dim)
        self._fresh_labels: dict[int, tuple[int, int]] = {}
        self._fresh_columns: Ids | None = None  # (3, n) of the labels; None after a change
        self._rows_by_category: dict[int, NDArray[np.int64]] = {}
        count = base.manifest.count if base else 0
        self._standing: Mask = np.ones(count, dtype=bool)  # False: a tombstone

    @property
    def dim(self) -> int:
        return self._fresh.dim

    @property
    def fresh_count(self) -> int:
        return len(self._fresh)

    @property
    def tombstones(self) -> int:
        return len(self._standing) - int(np.count_nonzero(self._standing))

    def __len__(self) -> int:
        return int(np.count_nonzero(self._standing)) + len(self._fresh)

    def add(self, ids: ArrayLike, vectors: ArrayLike, labels: Labels | None = None) -> None:
        keys = as_ids(ids)
        self._fresh.add(keys, vectors)
        self._bury(keys)
        labels = labels or Labels.none(len(keys))
        pairs = zip(labels.categories.tolist(), labels.sellers.tolist(), strict=True)
        self._fresh_columns = None
        self._fresh_labels.update(zip(keys.tolist(), pairs, strict=True))

    def remove(self, ids: ArrayLike) -> int:
        keys = as_ids(ids)
        self._fresh_columns = None
        for key in keys.tolist():
            self._fresh_labels.pop(key, None)
        return self._bury(keys) + self._fresh.remove(keys)

    def search(
        self,
        vectors: ArrayLike,
        k: int,
        *,
        allowed: ArrayLike | None = None,
        where: Where | None = None,
    ) -> tuple[Ids, Vectors]:
        queries = as_vectors(vectors, self.dim)
        keys = None if allowed is None else np.unique(as_ids(allowed))
        fresh = self._fresh.search(queries, k, allowed=self._fresh_allowed(keys, where))
        if not len(queries) or not self._standing.any():
            return fresh
        return _merged(fresh, self._search_base(queries, k, keys, where), k)

    def save(self, path: Path) -> None:
        """Refused: what is saved of a snapshot is what `publish` writes from the rows."""
        raise VectorIndexError("a snapshot is published, not saved: use publish()")

    def _search_base(
        self, queries: Vectors, k: int, keys: Ids | None, where: Where | None
    ) -> tuple[Ids, Vectors]:
        assert self._base is not None
        base, manifest = self._base, self._base.manifest
        mask = self._mask(base, keys, where)
        count = int(np.count_nonzero(mask))
        if not count:
            shape = (len(queries), k)
            return np.full(shape, NO_ID, np.int64), np.full(shape, -np.inf, np.float32)
        nprobe = lists_to_visit(manifest.probes, count, manifest.count, manifest.nlist)
        whole = None if count == manifest.count else mask
        rows, scores = search_rows(base.index, queries, k, whole, nprobe)
        found = np.where(rows == NO_ID, NO_ID, base.ids[rows])
        return found, np.where(rows == NO_ID, -np.inf, scores).astype(np.float32)

    def _mask(self, base: Base, keys: Ids | None, where: Where | None) -> Mask:
        """Which rows of the base may be found, (n,)."""
        if keys is None and where is None:
            return self._standing
        if keys is not None:
            rows = self._rows_of(keys)
        elif where is not None and where.category is not None:
            rows = self._rows_in(base, where.category)
        else:
            rows = np.arange(len(self._standing))
        # The labels of these rows alone: a comparison over all of them costs as much as the search.
        fits = self._standing[rows]
        if where is not None:
            fits &= where.mask(Labels(base.labels.categories[rows], base.labels.sellers[rows]))
        mask = np.zeros_like(self._standing)
        mask[rows] = fits
        return mask

    def _rows_in(self, base: Base, category: int) -> NDArray[np.int64]:
        """Found once: a base does not change. Together no more than one number for each row."""
        if category not in self._rows_by_category:
            rows = np.flatnonzero(base.labels.categories == category)
            self._rows_by_category[category] = rows
        return self._rows_by_category[category]

    def _fresh_allowed(self, keys: Ids | None, where: Where | None) -> Ids | None:
        if where is None:
            return keys
        if self._fresh_columns is None:
            rows = [(key, *pair) for key, pair in self._fresh_labels.items()]
            self._fresh_columns = np.array(rows, dtype=np.int64).reshape(-1, 3).T
        ids, categories, sellers = self._fresh_columns
        fitting = ids[where.mask(Labels(categories, sellers))]
        return fitting if keys is None else np.intersect1d(fitting, keys)

    def _rows_of(self, keys: Ids) -> NDArray[np.int64]:
        if self._base is None:
            return np.empty(0, np.int64)
        places = np.searchsorted(self._base.ids, keys)
        places[places == len(self._base.ids)] = 0
        return np.asarray(places[self._base.ids[places] == keys], dtype=np.int64)

    def _bury(self, keys: Ids) -> int:
        rows = np.unique(self._rows_of(keys))
        buried = int(np.count_nonzero(self._standing[rows]))
        self._standing[rows] = False
        return buried


def _merged(one: tuple[Ids, Vectors], other: tuple[Ids, Vectors], k: int) -> tuple[Ids, Vectors]:
    ids = np.concatenate([one[0], other[0]], axis=1)
    scores = np.concatenate([one[1], other[1]], axis=1)
    best = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    return np.take_along_axis(ids, best, 1), np.take_along_axis(scores, best, 1)


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
