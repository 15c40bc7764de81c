"""Brings the file of key vectors to a taxonomy: what is there is copied, what is new is encoded.

Newly encoded rows go to a part file first. A build that is killed leaves it, and the next one takes
up from there: an hour of encoding is not done twice.
"""

from __future__ import annotations

import fcntl
import os
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ml.taclr.taxonomy import AttributeSpec
from ml.taclr.value_store_file import ABSENT, Halves, KeyFile, RowNumbers, locate, write_key_file
from ml.taclr.value_store_keys import Digests, Group, Key, group_of

ENCODE_BATCH = 256  # a second or two of encoding, which a killed build loses at most
FIRST_PART_ROW = -2  # a source below ABSENT is a row of the part file, counted downwards
KEPT_RELEASES = 1  # besides the present one: a process of the release before still answers

# Called as keys are settled: how many keys so far, and how many of them had to be encoded.
Progress = Callable[[int, int], None]
Encode = Callable[[Sequence[Key]], Halves]


class BuildInProgressError(Exception):
    """Another process builds the same file."""


@dataclass(frozen=True)
class BuildReport:
    """What a build did. Complete, the file holds its `encoded + kept` rows and no other.

    Else its time was up: the file is as it was, and the next build goes on from here.
    """

    encoded: int
    kept: int  # copied from the file before, or from a build that did not come to its end
    dropped: int  # rows of the file before that the taxonomy no longer has
    duplicates: int  # keys that share another's row
    groups: int  # (category, attribute) pairs
    seconds: float
    complete: bool = True


@dataclass
class _Ledger:
    """Where the row of each key comes from: a row of the old file, or of the part file."""

    groups: list[Digests] = field(default_factory=list)
    digests: list[Digests] = field(default_factory=list)
    sources: list[RowNumbers] = field(default_factory=list)
    keys: int = 0

    def add(self, group: Group, sources: RowNumbers) -> None:
        self.groups.append(np.full(len(sources), group.digest, np.uint64))
        self.digests.append(group.digests)
        self.sources.append(sources)
        self.keys += len(sources)

    def sorted(self) -> tuple[Digests, Digests, RowNumbers]:
        """Groups, digests and sources of the distinct keys, in the order of the file."""
        groups, digests = _joined(self.groups), _joined(self.digests)
        sources = np.concatenate([np.zeros(0, np.int64), *self.sources])
        order = np.lexsort((digests, groups))
        groups, digests, sources = groups[order], digests[order], sources[order]
        distinct = np.ones(len(groups), np.bool_)
        distinct[1:] = (groups[1:] != groups[:-1]) | (digests[1:] != digests[:-1])
        return groups[distinct], digests[distinct], sources[distinct]


class _Part:
    """Rows encoded by this build and by killed ones before it, one record each."""

    def __init__(self, path: Path, dim: int) -> None:
        self._path = path
        self._record = np.dtype([("digest", "<u8"), ("crc", "<u4"), ("vector", "<f2", (dim,))])
        self.digests = self._sound_digests()
        self._file = path.open("r+b")
        self._file.truncate(len(self.digests) * self._record.itemsize)
        self._file.seek(0, os.SEEK_END)

    def _sound_digests(self) -> list[int]:
        """Those of the records before the first that was cut short or does not fit its checksum."""
        self._path.touch()
        digests: list[int] = []
        with self._path.open("rb") as file:
            while len(raw := file.read(self._record.itemsize)) == self._record.itemsize:
                record = np.frombuffer(raw, self._record)[0]
                if zlib.crc32(record["vector"].tobytes()) != record["crc"]:
                    break
                digests.append(int(record["digest"]))
        return digests

    def append(self, digests: Sequence[int], vectors: Halves) -> None:
        records = np.zeros(len(digests), self._record)
        records["digest"], records["vector"] = digests, vectors
        records["crc"] = [zlib.crc32(row.tobytes()) for row in records["vector"]]
        self._file.write(records.tobytes())
        self._file.flush()

    def vectors(self) -> Halves:
        """All rows (n, dim), mapped."""
        if not self._path.stat().st_size:
            return np.zeros((0, *self._record["vector"].shape), np.float16)
        vectors: Halves = np.memmap(self._path, self._record, "r")["vector"]
        return vectors

    def close(self) -> None:
        self._file.close()


class Build:
    """One build of the file at `path`; the caller holds `building(path)`."""

    def __init__(
        self,
        path: Path,
        *,
        release: str,
        dim: int,
        encode: Encode,
        old: KeyFile | None,
    ) -> None:
        self._path, self._release, self._dim = path, release, dim
        self._encode, self._old = encode, old
        self._ledger = _Ledger()
        self._part = _Part(part_of(path), dim)
        self._part_rows = {digest: row for row, digest in enumerate(self._part.digests)}
        self._pending: list[tuple[int, Key]] = []
        self._encoded = 0
        self._encoding = 0.0  # seconds

    def run(
        self, specs: Iterable[AttributeSpec], progress: Progress | None, seconds: float | None
    ) -> BuildReport:
        """1. Settle every key: kept, encoded by a build before, or encoded now.

        2. Sort, and drop what is there twice.
        3. Write the file, unless it would hold the same rows as the old one.
        """
        started = time.monotonic()
        try:
            complete = self._settle_all(specs, progress, seconds)
            groups, digests, sources = self._ledger.sorted()
            kept = int(np.count_nonzero(sources >= 0))
            dropped = self._old.header.rows - kept if self._old and complete else 0
            if complete and (self._old is None or dropped or kept < len(sources)):
                self._write(groups, digests, sources)
        finally:
            self._part.close()
        if complete:
            part_of(self._path).unlink()
        if progress:
            progress(self._ledger.keys, self._encoded)
        return BuildReport(
            encoded=self._encoded,
            kept=len(sources) - self._encoded,
            dropped=dropped,
            duplicates=self._ledger.keys - len(sources),
            groups=len(np.unique(groups)),
            seconds=time.monotonic() - started,
            complete=complete,
        )

    def _settle_all(
        self, specs: Iterable[AttributeSpec], progress: Progress | None, seconds: float | None
    ) -> bool:
        """False when the time for encoding is up."""
        told = 0
        for spec in specs:
            self._settle(group_of(spec))
            if progress and self._ledger.keys - told >= ENCODE_BATCH:
                told = self._ledger.keys
                progress(told, self._encoded)
            if seconds is not None and self._encoding > seconds:
                return False
        self._flush()
        return True

    def _settle(self, group: Group) -> None:
        sources = locate(self._old, group)
        for place in np.flatnonzero(sources == ABSENT).tolist():
            digest = int(group.digests[place])
            if digest not in self._part_rows:
                self._part_rows[digest] = len(self._part_rows)
                self._pending.append((digest, group.key(place)))
            sources[place] = FIRST_PART_ROW - self._part_rows[digest]
        self._ledger.add(group, sources)
        if len(self._pending) >= ENCODE_BATCH:
            self._flush()

    def _flush(self) -> None:
        if self._pending:
            started = time.monotonic()
            digests, keys = zip(*self._pending, strict=True)
            self._part.append(digests, self._encode(keys))
            self._encoded += len(keys)
            self._encoding += time.monotonic() - started
            self._pending.clear()

    def _write(self, groups: Digests, digests: Digests, sources: RowNumbers) -> None:
        part = self._part.vectors()

        def rows_of(first: int, last: int) -> Halves:
            own = sources[first:last]
            vectors = np.empty((len(own), self._dim), np.float16)
            is_old = own >= 0
            vectors[~is_old] = part[FIRST_PART_ROW - own[~is_old]]
            if self._old is not None:
                vectors[is_old] = self._old.vectors[own[is_old]]
            return vectors

        write_key_file(
            self._path,
            release=self._release,
            dim=self._dim,
            groups=groups,
            digests=digests,
            rows_of=rows_of,
        )


@contextmanager
def building(path: Path, *, wait: bool) -> Iterator[None]:
    """The right to build the file at `path`, which ends with the process too.

    Raises BuildInProgressError where another has it and `wait` is false.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_suffix(".lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BuildInProgressError(f"{path.name} is being built by another process") from error
        yield


def part_of(path: Path) -> Path:
    return path.with_suffix(".part")


def remove_old_releases(path: Path) -> None:
    """Delete the files of other releases but the newest ones."""
    others = [file for file in path.parent.glob(f"*{path.suffix}") if file != path]
    others.sort(key=lambda file: file.stat().st_mtime_ns, reverse=True)
    for file in others[KEPT_RELEASES:]:
        file.unlink(missing_ok=True)
        part_of(file).unlink(missing_ok=True)


def _joined(parts: Sequence[Digests]) -> Digests:
    return np.concatenate([np.zeros(0, np.uint64), *parts])
