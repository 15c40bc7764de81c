"""The key vectors of a taxonomy's values: encoded once, on disk, one matrix product an item.

A row is addressed by what it says, (release, category's name, attribute, value), and not by the
version of a taxonomy: an edit then touches the rows it adds and no other, a renamed department or
a reordered list costs nothing, and the same sentence from two places is stored once.
"""

from __future__ import annotations

import hashlib
import logging
import re
import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ml.taclr.taxonomy import AttributeSpec
from ml.taclr.value_store_build import (
    Build,
    BuildInProgressError,
    BuildReport,
    Progress,
    building,
    remove_old_releases,
)
from ml.taclr.value_store_file import (
    ABSENT,
    DamagedFileError,
    Halves,
    KeyFile,
    identity_of,
    locate,
)
from ml.taclr.value_store_keys import Group, Key, KeyEncoder, group_of

__all__ = [
    "BuildInProgressError",
    "BuildReport",
    "Key",
    "KeyEncoder",
    "Progress",
    "ValueStore",
    "ValueStoreError",
]

log = logging.getLogger(__name__)

# Some 350 categories of 384 dimensions, kept as they are multiplied.
MATRIX_BYTES = 64 << 20
# Rows that no file has: before the first build everything, afterwards what was added since.
FRESH_BYTES = 128 << 20


class ValueStoreError(Exception):
    """The encoder gave something else than unit rows, or the store has no folder to build in."""


class ValueStore:
    """Key vectors by spec. Safe to share by threads; any number of processes share a folder.

    Answers do not depend on what has been built: a row that no file has is encoded when it is
    first asked for and rounded as the file would round it.
    """

    def __init__(self, encoder: KeyEncoder, folder: Path | None = None) -> None:
        self._encoder = encoder
        self._path = folder / _file_name(encoder.release) if folder else None
        self._file: KeyFile | None = None
        self._known: tuple[int, int, int] | None = None
        self._fresh: OrderedDict[tuple[int, int], Halves] = OrderedDict()
        # Never out of date: another vocabulary gives other specs.
        self._matrices: OrderedDict[tuple[AttributeSpec, ...], NDArray[np.float32]] = OrderedDict()
        self._matrix_bytes = 0
        self._lock = threading.RLock()

    def prepare(self, specs: Sequence[AttributeSpec]) -> None:
        """Encode the keys of `specs` that are nowhere yet, in one call to the encoder."""
        self._matrix(tuple(specs))

    def rows(self, spec: AttributeSpec) -> NDArray[np.float32]:
        """Unit rows (values + 1, dim) in the order of the values; the last one is null's."""
        return self._matrix((spec,))

    def scores(
        self, specs: Sequence[AttributeSpec], query: NDArray[np.float32]
    ) -> list[NDArray[np.float32]]:
        """Cosines of a unit query (dim,) with the rows of each spec, by one matrix product."""
        if not specs:
            return []
        cosines = self._matrix(tuple(specs)) @ query
        ends = np.cumsum([len(spec.values) + 1 for spec in specs])
        return np.split(cosines, ends[:-1])

    def build(
        self,
        specs: Iterable[AttributeSpec],
        progress: Progress | None = None,
        *,
        wait: bool = True,
        seconds: float | None = None,
    ) -> BuildReport:
        """Make the file hold the keys of `specs`, the whole taxonomy, and nothing else.

        Every process that has the folder answers from it with its next new spec. After so many
        `seconds` of encoding it stops, and the next call goes on. Raises ValueStoreError without a
        folder, and BuildInProgressError if another process is at it and `wait` is false.
        """
        if self._path is None:
            raise ValueStoreError("a store in memory cannot be built; give it a folder")
        with building(self._path, wait=wait):
            build = Build(
                self._path,
                release=self._encoder.release,
                dim=self._encoder.dim,
                encode=self._encode,
                old=self._opened(self._path),
            )
            report = build.run(specs, progress, seconds)
            if report.complete:
                remove_old_releases(self._path)
        return report

    def _matrix(self, specs: tuple[AttributeSpec, ...]) -> NDArray[np.float32]:
        with self._lock:
            if specs in self._matrices:
                self._matrices.move_to_end(specs)
                return self._matrices[specs]
            matrix = self._gather([group_of(spec) for spec in specs]).astype(np.float32)
            matrix.flags.writeable = False
            self._matrices[specs] = matrix
            self._matrix_bytes += matrix.nbytes
            while self._matrix_bytes > MATRIX_BYTES and len(self._matrices) > 1:
                _, oldest = self._matrices.popitem(last=False)
                self._matrix_bytes -= oldest.nbytes
            return matrix

    def _gather(self, groups: Sequence[Group]) -> Halves:
        """The rows of all groups one below the other, (keys, dim)."""
        self._refresh()
        located = [locate(self._file, group) for group in groups]
        absent: dict[tuple[int, int], Key] = {}
        for group, rows in zip(groups, located, strict=True):
            for place in np.flatnonzero(rows == ABSENT).tolist():
                absent.setdefault((group.digest, int(group.digests[place])), group.key(place))
        encoded = self._encoded(absent)
        parts = [np.zeros((0, self._encoder.dim), np.float16)]
        for group, rows in zip(groups, located, strict=True):
            part = np.empty((len(rows), self._encoder.dim), np.float16)
            if self._file is not None:
                part[rows != ABSENT] = self._file.vectors[rows[rows != ABSENT]]
            for place in np.flatnonzero(rows == ABSENT).tolist():
                part[place] = encoded[group.digest, int(group.digests[place])]
            parts.append(part)
        return np.concatenate(parts)

    def _encoded(self, absent: dict[tuple[int, int], Key]) -> dict[tuple[int, int], Halves]:
        """The rows of keys that no file has; kept, the oldest making way for the newest."""
        unknown = [digest for digest in absent if digest not in self._fresh]
        if unknown:
            vectors = self._encode([absent[digest] for digest in unknown])
            self._fresh.update(zip(unknown, vectors, strict=True))
        rows = {digest: self._fresh[digest] for digest in absent}
        while len(self._fresh) * self._encoder.dim * 2 > FRESH_BYTES:
            self._fresh.popitem(last=False)
        return rows

    def _encode(self, keys: Sequence[Key]) -> Halves:
        vectors = np.asarray(self._encoder.encode_keys(keys), np.float32)
        if vectors.shape != (len(keys), self._encoder.dim):
            raise ValueStoreError(
                f"the encoder gave {vectors.shape} for {len(keys)} keys of {self._encoder.dim} "
                "dimensions"
            )
        if not np.isfinite(vectors).all():
            raise ValueStoreError("the encoder gave a row that is not finite")
        return vectors.astype(np.float16)

    def _refresh(self) -> None:
        """Take up the file that stands under the name now, unless it is known already."""
        if self._path is None:
            return
        try:
            identity = identity_of(self._path.stat())
        except FileNotFoundError:
            identity = None
        if identity != self._known:
            self._known, self._file = identity, self._opened(self._path)

    def _opened(self, path: Path) -> KeyFile | None:
        try:
            return KeyFile(path, release=self._encoder.release, dim=self._encoder.dim)
        except FileNotFoundError:
            return None
        except DamagedFileError as error:
            log.error("%s; its rows are encoded anew", error)
            return None


def _file_name(release: str) -> str:
    """The release as far as a file may be called so, told apart by its digest."""
    digest = hashlib.sha256(release.encode()).hexdigest()[:8]
    return f"{re.sub(r'[^A-Za-z0-9.-]+', '-', release)[:40]}-{digest}.keys"
