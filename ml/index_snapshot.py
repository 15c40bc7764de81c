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
from typing import Any

import faiss
import numpy as np
from numpy.typing import ArrayLike

from ml.index import (
    NO_ID,
    CorruptIndexError,
    Ids,
    MissingIndexError,
    VectorIndexError,
    Vectors,
    VectorShapeError,
    as_ids,
    as_rows,
    as_vectors,
)
from ml.index_base import Mask, Probe, build_base, lists_to_visit, search_rows
from ml.index_fresh import FreshShard, as_labels

MANIFEST = "manifest.json"
FORMAT = 2
VECTORS, IDS, ROWS = "vectors.faiss", "ids.npy", "rows.npy"
CATEGORIES, SELLERS = "categories.npy", "sellers.npy"
FILES = (VECTORS, IDS, ROWS, CATEGORIES, SELLERS)
DRAFT = ".draft-"
# Found beyond what is asked for, since some are tombstones or the seller's own: at first so many,
# then four times as many; then the rows that may be found are marked one by one.
SPARE_SHARE, SPARE, SPAN_TRIES = 0.25, 14, 2


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
    """An open snapshot. Rows are in the order of their category, then of their id."""

    manifest: Manifest
    index: Any
    ids: Ids  # (n,) of each row
    rows: Ids  # (n,) in the order of their ids
    categories: Ids  # (2, c): category and first row, ascending
    sellers: Ids  # (n,) of each row

    def span(self, category: int | None) -> tuple[int, int]:
        """The first row of a category and the one after its last."""
        if category is None:
            return 0, len(self.ids)
        known, starts = self.categories
        place = int(np.searchsorted(known, category))
        if place == len(known) or known[place] != category:
            return 0, 0
        return int(starts[place]), int([*starts[place + 1 : place + 2], len(self.ids)][0])

    def rows_of(self, keys: Ids) -> Ids:
        """The rows of those ids that are here."""
        places = np.searchsorted(self.ids, keys, sorter=self.rows)
        places[places == len(self.ids)] = 0
        rows = self.rows[places]
        return np.asarray(rows[self.ids[rows] == keys], dtype=np.int64)


def publish(
    root: Path,
    *,
    release: str,
    revision: int,
    ids: ArrayLike,
    vectors: ArrayLike,
    categories: ArrayLike | None = None,
    sellers: ArrayLike | None = None,
    nlist: int | None = None,
) -> Manifest:
    """Build a snapshot of unit vectors (n, dim) under distinct ids (n,) and put it in service.

    Killed at any point it leaves the snapshot in service as it was; `remove_old` sweeps up what it
    left. `nlist` overrides what the number of rows decides.
    """
    keys, vectors = as_rows(ids, vectors, np.shape(vectors)[-1])
    if not len(keys):
        raise VectorShapeError("a snapshot of nothing: give it at least one vector")
    kinds, owners = as_labels(categories, len(keys)), as_labels(sellers, len(keys))
    order = np.lexsort((keys, kinds))
    index, probes = build_base(vectors[order], nlist=nlist)
    draft = root / f"{DRAFT}{uuid.uuid4().hex}"
    draft.mkdir(parents=True)
    faiss.write_index(index, str(draft / VECTORS))
    np.save(draft / IDS, keys[order])
    np.save(draft / ROWS, np.argsort(keys[order]))
    np.save(draft / CATEGORIES, np.stack(np.unique(kinds[order], return_index=True)))
    np.save(draft / SELLERS, owners[order])
    manifest = Manifest(
        folder=f"{revision:012d}-{draft.name.removeprefix(DRAFT)[:8]}",
        release=release,
        revision=revision,
        dim=vectors.shape[1],
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
        # Not IO_FLAG_MMAP: it leaves an exact index unmapped, and starts threads that read ahead at
        # every search of the other, up to twenty times its cost.
        index = faiss.read_index(str(folder / VECTORS), faiss.IO_FLAG_MMAP_IFC)
        ids, rows, categories, sellers = (
            np.load(folder / name, mmap_mode="r") for name in (IDS, ROWS, CATEGORIES, SELLERS)
        )
    except (RuntimeError, ValueError, OSError) as error:
        raise CorruptIndexError(f"{manifest.folder}: cannot be mapped") from error
    if (index.d, index.ntotal, len(ids)) != (manifest.dim, manifest.count, manifest.count):
        raise CorruptIndexError(f"{manifest.folder}: not what the manifest describes")
    return Base(manifest, index, ids, rows, categories, sellers)


def remove_old(root: Path, *, kept: int = 1) -> int:
    """Delete what is no longer in service; call it under the lock that `publish` runs under.

    So many snapshots before the present one stay: another machine may still map it, and unlike this
    one's file system a network's does not keep a deleted file for who has it open. Returns how many
    folders were deleted.
    """
    in_service = read_manifest(root).folder
    others = [path for path in root.iterdir() if path.is_dir() and path.name != in_service]
    drafts = [path for path in others if path.name.startswith(DRAFT)]
    before = sorted(set(others) - set(drafts), key=lambda path: path.stat().st_mtime_ns)
    old = [*drafts, *before[: max(0, len(before) - kept)]]
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
        self._fresh = FreshShard(dim)
        # False: a tombstone.
        self._standing: Mask = np.ones(base.manifest.count if base else 0, dtype=bool)

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

    def add(
        self,
        ids: ArrayLike,
        vectors: ArrayLike,
        *,
        categories: ArrayLike | None = None,
        sellers: ArrayLike | None = None,
    ) -> None:
        """Store vectors (n, dim) under ids (n,) with labels (n,); a known id is replaced."""
        self._fresh.add(ids, vectors, categories=categories, sellers=sellers)
        self._bury(as_ids(ids))

    def remove(self, ids: ArrayLike) -> int:
        keys = as_ids(ids)
        return self._bury(keys) + self._fresh.remove(keys)

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
        keys = None if allowed is None else np.unique(as_ids(allowed))
        fresh = self._fresh.search(
            queries, k, allowed=keys, category=category, not_seller=not_seller
        )
        if self._base is None or not len(queries):
            return fresh
        if keys is None:
            found = self._search_span(self._base, queries, k, category, not_seller)
        else:
            mask = self._mask(self._base, keys, category, not_seller)
            found = self._search_mask(self._base, queries, k, mask)
        return _merged(fresh, found, k)

    def save(self, path: Path) -> None:
        """Refused: what is saved of a snapshot is what `publish` writes from the rows."""
        raise VectorIndexError("a snapshot is published, not saved: use publish()")

    def _search_span(
        self, base: Base, queries: Vectors, k: int, category: int | None, not_seller: int | None
    ) -> tuple[Ids, Vectors]:
        """A category is a span of rows: more than k of it, less what does not stand or fit."""
        first, last = base.span(category)
        manifest = base.manifest
        nprobe = lists_to_visit(manifest.probes, last - first, manifest.count, manifest.nlist)
        wide = k + int(k * SPARE_SHARE) + SPARE
        for _ in range(SPAN_TRIES):
            if wide >= last - first:
                wide, nprobe = last - first, manifest.nlist
            if not wide:
                return _nothing(len(queries), k)
            rows, scores = search_rows(base.index, queries, wide, (first, last), nprobe)
            kept = (rows != NO_ID) & self._standing[rows]
            if not_seller is not None:
                kept &= base.sellers[rows] != not_seller
            if wide == last - first or np.count_nonzero(kept, axis=1).min() >= k:
                return _best(np.where(kept, base.ids[rows], NO_ID), scores, k)
            wide, nprobe = wide * 4, min(nprobe * 4, manifest.nlist)
        return self._search_mask(base, queries, k, self._mask(base, None, category, not_seller))

    def _search_mask(self, base: Base, queries: Vectors, k: int, mask: Mask) -> tuple[Ids, Vectors]:
        """Among the rows marked; over more and more lists until k are found, if there are k."""
        manifest = base.manifest
        count = int(np.count_nonzero(mask))
        if not count:
            return _nothing(len(queries), k)
        nprobe = lists_to_visit(manifest.probes, count, manifest.count, manifest.nlist)
        while True:
            rows, scores = search_rows(base.index, queries, k, mask, nprobe)
            found = np.count_nonzero(rows != NO_ID, axis=1)
            if nprobe >= manifest.nlist or found.min() >= min(k, count):
                return _best(np.where(rows == NO_ID, NO_ID, base.ids[rows]), scores, k)
            nprobe = min(nprobe * 4, manifest.nlist)

    def _mask(
        self, base: Base, keys: Ids | None, category: int | None, not_seller: int | None
    ) -> Mask:
        """Which rows of the base may be found, (n,)."""
        first, last = base.span(category)
        if keys is None:
            rows = np.arange(first, last)
        else:
            rows = base.rows_of(keys)
            rows = rows[(rows >= first) & (rows < last)]
        fits = self._standing[rows]
        if not_seller is not None:
            fits &= base.sellers[rows] != not_seller
        mask = np.zeros_like(self._standing)
        mask[rows] = fits
        return mask

    def _bury(self, keys: Ids) -> int:
        if self._base is None:
            return 0
        rows = np.unique(self._base.rows_of(keys))
        buried = int(np.count_nonzero(self._standing[rows]))
        self._standing[rows] = False
        return buried


def _nothing(queries: int, k: int) -> tuple[Ids, Vectors]:
    return np.full((queries, k), NO_ID, np.int64), np.full((queries, k), -np.inf, np.float32)


def _best(ids: Ids, scores: Vectors, k: int) -> tuple[Ids, Vectors]:
    """The first k that are there, in the order given; padded where there are fewer."""
    order = np.argsort(ids == NO_ID, axis=1, kind="stable")[:, :k]
    found, near = np.take_along_axis(ids, order, 1), np.take_along_axis(scores, order, 1)
    near = np.where(found == NO_ID, -np.inf, near).astype(np.float32)
    if found.shape[1] < k:
        padding = _nothing(len(ids), k - found.shape[1])
        found, near = np.hstack([found, padding[0]]), np.hstack([near, padding[1]])
    return found, near


def _merged(one: tuple[Ids, Vectors], other: tuple[Ids, Vectors], k: int) -> tuple[Ids, Vectors]:
    ids = np.concatenate([one[0], other[0]], axis=1)
    scores = np.concatenate([one[1], other[1]], axis=1)
    best = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    return np.take_along_axis(ids, best, 1), np.take_along_axis(scores, best, 1)


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
