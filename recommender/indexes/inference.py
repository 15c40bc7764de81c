"""The only door to the indexes of `ml`: where they are kept, opened, built."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np
import structlog
from django.conf import settings
from django.db import connection
from django.db.models import QuerySet
from numpy.typing import NDArray

from recommender import selectors
from recommender.indexes.following import Field, Held, ItemIndex, Opened, label_of
from recommender.locks import only_here
from recommender.models import ItemEmbedding
from recommender.vectors import Vector, VectorError, unpack

if TYPE_CHECKING:
    from ml.index_pgvector import PgVectorIndex
    from ml.index_snapshot import Base, SnapshotIndex

log = structlog.get_logger()

# During a refresh two releases are searched, each by things and by titles.
MOST_INDEXES = 4
READ_CHUNK = 5000

Progress = Callable[[int, int], None]

TABLES = {Field.ITEM: "item_vectors_", Field.TITLE: "title_vectors_"}
FOLDERS = {Field.ITEM: "{}", Field.TITLE: "{}-titles"}  # by release, below INDEX_DIR

_indexes: dict[tuple[str, Field], ItemIndex] = {}
_indexes_lock = Lock()


@dataclass(frozen=True)
class Made:
    """What an index was built from: rows up to a revision, so many items."""

    revision: int
    count: int


def index_of(release: str, field: Field = Field.ITEM) -> ItemIndex:
    """One a process, release and field; the one used last stands at the end."""
    key = release, field
    with _indexes_lock:
        index = _indexes.pop(key, None) or ItemIndex(release, store_of(release, field))
        for other in list(_indexes)[: -MOST_INDEXES + 1]:
            del _indexes[other]
        _indexes[key] = index
        return index


def store_of(release: str, field: Field = Field.ITEM) -> SnapshotStore | TableStore:
    """What VECTOR_INDEX says."""
    kind = TableStore if settings.VECTOR_INDEX == "pgvector" else SnapshotStore
    return kind(release, field)


def remove_all_but(releases: list[str]) -> None:
    """Delete the indexes of releases that will not be searched again."""
    from ml.index_pgvector import drop_tables
    from ml.index_snapshot import MANIFEST

    if settings.VECTOR_INDEX == "pgvector":
        for prefix in TABLES.values():
            drop_tables(_cursor, prefix, [prefix + release for release in releases])
    folders = {name.format(release) for name in FOLDERS.values() for release in releases}
    for manifest in Path(settings.INDEX_DIR).glob(f"*/{MANIFEST}"):
        if manifest.parent.name not in folders:
            shutil.rmtree(manifest.parent)


class SnapshotStore:
    """The snapshots of one release, under INDEX_DIR."""

    is_shared = False

    def __init__(self, release: str, field: Field = Field.ITEM) -> None:
        self.release = release
        self.field = field
        self.root = Path(settings.INDEX_DIR) / FOLDERS[field].format(release)

    def published(self) -> str | None:
        from ml.index_snapshot import MANIFEST

        try:
            about = (self.root / MANIFEST).stat()
        except FileNotFoundError:
            return None
        return f"{about.st_ino}-{about.st_mtime_ns}"

    def open(self) -> Opened | None:
        import faiss

        from ml.index import VectorIndexError
        from ml.index_snapshot import SnapshotIndex

        faiss.omp_set_num_threads(1)
        try:
            base = self._open_base()
        except VectorIndexError as error:
            log.error("snapshot_unusable", folder=self.root.name, reason=str(error))
            return None
        log.info("snapshot_opened", folder=self.root.name, items=base.manifest.count)
        return Opened(SnapshotIndex(base.manifest.dim, base), base.manifest.revision)

    def _open_base(self) -> Base:
        from ml.index import CorruptIndexError, MissingIndexError
        from ml.index_snapshot import open_base

        name = self.published()
        try:
            base = open_base(self.root)
        except MissingIndexError:
            if self.published() == name:
                raise
            # Replaced, and the old one removed, while its files were being opened.
            base = open_base(self.root)
        if base.manifest.release != self.release:
            raise CorruptIndexError(f"a snapshot of the release {base.manifest.release}")
        return base

    def empty(self, dim: int) -> SnapshotIndex:
        from ml.index_snapshot import SnapshotIndex

        return SnapshotIndex(dim)

    def following(self, held: Held) -> AbstractContextManager[bool]:
        return nullcontext(True)

    def made(self) -> Made | None:
        """What the snapshot in service was built from; None where it cannot be read."""
        from ml.index import VectorIndexError
        from ml.index_snapshot import read_manifest

        try:
            manifest = read_manifest(self.root)
        except VectorIndexError:
            return None
        return Made(manifest.revision, manifest.count)

    def publish(self, progress: Progress) -> int:
        """Build a snapshot of what can be found now; returns how many items. Call it alone.

        `progress` hears how many of how many rows have been read.
        """
        from ml.index_snapshot import publish, remove_old

        rows = selectors.vectors_of(self.release, self.field)
        # Before the rows: what changes while they are read has a higher revision than this.
        revision = selectors.newest_revision(self.release)
        ids, vectors, labels = _read(rows.filter(revision__lte=revision), self.field, progress)
        if len(ids):
            publish(
                self.root,
                release=self.release,
                revision=revision,
                ids=ids,
                vectors=vectors,
                categories=labels[0],
                sellers=labels[1],
            )
            remove_old(self.root)
        return len(ids)


class TableStore:
    """The index of one release as a table in the database, by pgvector."""

    is_shared = True

    def __init__(self, release: str, field: Field = Field.ITEM) -> None:
        self.release = release
        self.field = field
        self.table = TABLES[field] + release

    def published(self) -> str | None:
        from ml.index_pgvector import stored_dim

        return None if stored_dim(_cursor, self.table) is None else self.table

    def open(self) -> Opened | None:
        from ml.index_pgvector import stored_dim

        dim = stored_dim(_cursor, self.table)
        if dim is None:
            return None
        index = self.empty(dim)
        return Opened(index, index.revision)

    def empty(self, dim: int) -> PgVectorIndex:
        from ml.index_pgvector import PgVectorIndex

        return PgVectorIndex(_cursor, self.table, dim)

    @contextmanager
    def following(self, held: Held) -> Iterator[bool]:
        """One process at a time; what is too much for a search is left to the next rebuild."""
        with only_here(f"index {self.table}") as is_ours:
            made = self.made()
            held.seen = made.revision if made else 0
            changed = selectors.rows_of(self.release).filter(revision__gt=held.seen).count()
            if not is_ours or changed >= settings.INDEX_REBUILD_AFTER:
                yield False
                return
            yield True
            if changed and held.index is not None:
                self.empty(held.index.dim).note_revision(held.seen)

    def made(self) -> Made | None:
        """How far the table follows the rows; its count is no matter, for it follows by itself."""
        opened = self.open()
        return None if opened is None else Made(opened.revision, 0)

    def publish(self, progress: Progress) -> int:
        """Build the table anew beside the old one; returns how many items. Call it alone."""
        from ml.index_pgvector import PgVectorIndex, drop_tables

        beside = f"{self.table}_new"
        drop_tables(_cursor, beside)  # that of a killed process
        revision = selectors.newest_revision(self.release)
        rows = selectors.vectors_of(self.release, self.field)
        ids, vectors, labels = _read(rows.filter(revision__lte=revision), self.field, progress)
        if len(ids):
            index = PgVectorIndex(_cursor, beside, vectors.shape[1])
            index.add(ids, vectors, categories=labels[0], sellers=labels[1])
            index.note_revision(revision)
            index.take_place_of(self.table)
        return len(ids)


def _cursor() -> AbstractContextManager[Any]:
    """On the connection of the thread that asks: an index outlives the one that opened it."""
    return connection.cursor()


Columns = tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.int64]]


def _read(rows: QuerySet[ItemEmbedding], field: Field, progress: Progress) -> Columns:
    """Ids (n,), unit vectors (n, dim) and labels (2, n): categories and sellers."""
    total = rows.count()
    ids, labels = np.empty(total, np.int64), np.empty((2, total), np.int64)
    vectors = np.empty((0, 0), np.float32)
    count = 0
    columns = rows.values_list("listing_id", field.value, "category_id", "listing__seller_id")
    for number, (pk, stored, category, seller) in enumerate(columns.iterator(READ_CHUNK), start=1):
        vector = _unpacked(pk, stored)
        if vector is not None and not vectors.size:
            vectors = np.empty((total, len(vector)), np.float32)
        if vector is not None and len(vector) == vectors.shape[1] and count < total:
            ids[count], vectors[count] = pk, vector
            labels[:, count] = label_of(category), seller
            count += 1
        if number % READ_CHUNK == 0 or number == total:
            progress(number, total)
    return ids[:count], vectors[:count], labels[:, :count]


def _unpacked(listing_id: int, stored: bytes | memoryview) -> Vector | None:
    try:
        return unpack(stored)
    except VectorError as error:
        log.warning("embedding_skipped", listing=listing_id, reason=str(error))
        return None
