"""The vectors of what is for sale, brought up to date from the database between searches.

Of things and of titles alone there is an index each: the same rows, another column.

A snapshot, which all processes map from one file, is the start; what has changed since is read from
the rows. Writers give each changed row the next revision, one transaction at a time, so a reader
that has seen revision n misses nothing by reading what is above. Without a usable snapshot all is
read from the rows. An index in the database is followed by one process for all.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from enum import StrEnum
from threading import Lock
from typing import NamedTuple, Protocol

import numpy as np
import structlog
from numpy.typing import ArrayLike, NDArray

from recommender.selectors import newest_revision, rows_of
from recommender.vectors import Vector, VectorError, unpack

log = structlog.get_logger()

# How old a search's knowledge may be. A published item must be retrievable within 5 s.
CHECK_SECONDS = 0.5
READ_CHUNK = 2000
NO_ID = -1  # what indexes fill up short answers with, and the label of what has none


class Field(StrEnum):
    """The column of ItemEmbedding that an index holds."""

    ITEM = "vector"
    TITLE = "title_vector"


class SearchIndex(Protocol):
    """What is used of an index of `ml`, which this module may not import."""

    @property
    def dim(self) -> int: ...

    def __len__(self) -> int: ...

    def add(
        self,
        ids: ArrayLike,
        vectors: ArrayLike,
        *,
        categories: ArrayLike | None = None,
        sellers: ArrayLike | None = None,
    ) -> None: ...

    def remove(self, ids: ArrayLike) -> int: ...

    def search(
        self,
        vectors: ArrayLike,
        k: int,
        *,
        category: int | None = None,
        not_seller: int | None = None,
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]: ...


@dataclass(frozen=True)
class Opened:
    """A snapshot and the revision that it was made at."""

    index: SearchIndex
    revision: int


@dataclass
class Held:
    """An index with the revision up to which it follows the rows."""

    index: SearchIndex | None = None
    seen: int = 0


class Store(Protocol):
    """Where indexes of one release come from."""

    field: Field
    is_shared: bool  # whether an index of it is one and the same in all processes

    def published(self) -> str | None:
        """A name for the snapshot in service, another for every other; None for none."""
        ...

    def open(self) -> Opened | None:
        """The snapshot in service; None where it cannot be used, for a reason that is logged."""
        ...

    def empty(self, dim: int) -> SearchIndex: ...

    def following(self, held: Held) -> AbstractContextManager[bool]:
        """Whether it is this process that brings the index up to date, inside the block."""
        ...


class Row(NamedTuple):
    """The columns of a changed row, in the order that they are read."""

    listing_id: int
    is_live: bool
    vector: bytes | memoryview | None
    revision: int
    category_id: int | None
    seller_id: int


def columns(field: Field) -> tuple[str, ...]:
    """What is read of each row, in the order of `Row`."""
    return "listing_id", "is_live", field.value, "revision", "category_id", "listing__seller_id"


class ItemIndex:
    """The live items of one release; safe to share between threads."""

    def __init__(self, release: str, store: Store, *, check_seconds: float = CHECK_SECONDS) -> None:
        self.release = release
        self._store = store
        self._check_seconds = check_seconds
        # An index allows no search during a change, and a search takes milliseconds: one lock does.
        self._lock = Lock()
        self._opening = Lock()
        self._held = Held()
        self._name: str | None = None  # of the last snapshot that was tried
        self._next_check = 0.0

    def __len__(self) -> int:
        return 0 if self._held.index is None else len(self._held.index)

    def make_ready(self) -> None:
        """Opens now what the first search would open."""
        self._take_published()

    def search(
        self,
        vector: Vector,
        k: int,
        *,
        category: int | None = None,
        not_seller: int | None = None,
    ) -> list[tuple[int, float]]:
        """Listing ids with scores for a unit vector (dim,), best first, at most k."""
        if time.monotonic() >= self._next_check:
            self._take_published()
        with self._lock:
            self._refresh_if_due()
            index = self._held.index
        if index is None:
            return []
        # The database itself sees to who reads while another writes.
        with nullcontext() if self._store.is_shared else self._lock:
            ids, scores = index.search(
                vector[np.newaxis], k, category=category, not_seller=not_seller
            )
        pairs = zip(ids[0].tolist(), scores[0].tolist(), strict=True)
        return [(pk, score) for pk, score in pairs if pk != NO_ID]

    def _take_published(self) -> None:
        """Open a new snapshot while other threads search on in the old one; then swap."""
        # At the start there is no old one: all wait for who opens the first.
        if not self._opening.acquire(blocking=self._held.index is None):
            return
        try:
            name = self._store.published()
            if name is None or name == self._name:
                return
            self._name = name
            opened = self._store.open()
            if opened is None:
                return
            held = Held(opened.index, opened.revision)
            self._follow(held)
            with self._lock:
                # What the old one has seen meanwhile must not come back.
                self._follow(held)
                self._held = held
        finally:
            self._opening.release()

    def _refresh_if_due(self) -> None:
        now = time.monotonic()
        if now < self._next_check:
            return
        newest = newest_revision(self.release)
        if newest < self._held.seen and not self._store.is_shared:
            # The newest row was deleted, or the database is an older copy: start over from rows.
            self._held = Held()
        if newest > self._held.seen:
            self._follow(self._held)
        # Only after success: a failed reading is tried again by the next search.
        self._next_check = now + self._check_seconds

    def _follow(self, held: Held) -> None:
        with self._store.following(held) as is_ours:
            if is_ours:
                self._read(held)

    def _read(self, held: Held) -> None:
        rows = rows_of(self.release).filter(revision__gt=held.seen)
        if not held.seen:
            rows = rows.filter(is_live=True)
        told = rows.order_by("revision").values_list(*columns(self._store.field))
        chunk: list[Row] = []
        for row in told.iterator(chunk_size=READ_CHUNK):
            chunk.append(Row(*row))
            if len(chunk) == READ_CHUNK:
                self._apply(held, chunk)
                chunk = []
        self._apply(held, chunk)

    def _apply(self, held: Held, rows: Iterable[Row]) -> None:
        gone: list[int] = []
        kept: list[tuple[Row, Vector]] = []
        for row in rows:
            vector = self._vector(row, held) if row.is_live else None
            if vector is None:
                gone.append(row.listing_id)
            else:
                if held.index is None:
                    held.index = self._store.empty(len(vector))
                kept.append((row, vector))
            held.seen = max(held.seen, row.revision)
        if held.index is None:
            return
        held.index.remove(np.array(gone, dtype=np.int64))
        if kept:
            held.index.add(
                [row.listing_id for row, _ in kept],
                np.stack([vector for _, vector in kept]),
                categories=[label_of(row.category_id) for row, _ in kept],
                sellers=[row.seller_id for row, _ in kept],
            )

    def _vector(self, row: Row, held: Held) -> Vector | None:
        if row.vector is None:
            return None
        try:
            vector = unpack(row.vector)
        except VectorError as error:
            log.warning("embedding_skipped", listing=row.listing_id, reason=str(error))
            return None
        if held.index is not None and len(vector) != held.index.dim:
            reason = f"{len(vector)} numbers, where {held.index.dim} are expected"
            log.warning("embedding_skipped", listing=row.listing_id, reason=reason)
            return None
        return vector


def label_of(category_id: int | None) -> int:
    return NO_ID if category_id is None else category_id
