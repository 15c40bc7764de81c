"""One file of key vectors, mapped by every process that answers.

    header     4096 bytes: magic, then JSON: format, release, dim, counts, checksum of the index
    vectors    rows × dim float16; the rows of a (category, attribute) lie together
    groups     digest, first row, count and CRC of its vectors, ascending by digest
    digests    of each row's key, ascending within a group

The file is replaced by a rename, never changed: who has it mapped keeps reading the old one. The
index is verified when the file is opened and a group's vectors when they are first read, so that
opening a gigabyte takes milliseconds and nothing unverified is served.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from ml.taclr.value_store_keys import Digests, Group

log = logging.getLogger(__name__)

Halves = NDArray[np.float16]
RowNumbers = NDArray[np.int64]

MAGIC = b"KEYROWS\n"
FORMAT = 1
HEADER_BYTES = 4096
GROUP = np.dtype([("digest", "<u8"), ("start", "<u8"), ("count", "<u4"), ("crc", "<u4")])
ABSENT = -1


class DamagedFileError(Exception):
    """The file cannot be served; the message names it and says why."""


@dataclass(frozen=True)
class Header:
    """What the file says of itself."""

    release: str
    dim: int
    rows: int
    groups: int
    index_checksum: str
    format: int = FORMAT

    @property
    def bytes(self) -> int:
        return HEADER_BYTES + self.rows * (self.dim * 2 + 8) + self.groups * GROUP.itemsize


class KeyFile:
    """An open file. Safe to share by threads."""

    def __init__(self, path: Path, *, release: str, dim: int) -> None:
        """Raises FileNotFoundError, or DamagedFileError when it is stale, cut short or changed."""
        self.path = path
        with path.open("rb") as file:
            self.identity = identity_of(os.fstat(file.fileno()))
            self.header = header = _read_header(file, path)
            if (header.release, header.dim) != (release, dim):
                raise DamagedFileError(
                    f"{path.name}: of release {header.release} and {header.dim} dimensions, "
                    f"not {release} and {dim}"
                )
            if self.identity[1] != header.bytes:
                raise DamagedFileError(
                    f"{path.name}: {self.identity[1]} bytes, its header says {header.bytes}"
                )
            mapped = np.asarray(np.memmap(file, np.uint8, "r"))
        ends = np.cumsum([HEADER_BYTES, header.rows * dim * 2, header.groups * GROUP.itemsize])
        self.vectors: Halves = mapped[ends[0] : ends[1]].view("<f2").reshape(header.rows, dim)
        self._groups = mapped[ends[1] : ends[2]].view(GROUP)
        self._digests: Digests = mapped[ends[2] :].view("<u8")
        if hashlib.sha256(mapped[ends[1] :].data).hexdigest() != header.index_checksum:
            raise DamagedFileError(f"{path.name}: its index does not match its checksum")
        self._starts: Digests = np.ascontiguousarray(self._groups["digest"])
        self._verified = np.zeros(header.groups, np.bool_)

    def locate(self, group: int, digests: Digests) -> RowNumbers:
        """The row of each digest (n,), ABSENT where the group has none.

        Raises DamagedFileError when the group's vectors are not those that were written.
        """
        place = int(np.searchsorted(self._starts, np.uint64(group)))
        if place == len(self._starts) or int(self._starts[place]) != group:
            return np.full(len(digests), ABSENT, np.int64)
        start, count = int(self._groups[place]["start"]), int(self._groups[place]["count"])
        if not self._verified[place]:
            self._verify(place, start, count)
        held = self._digests[start : start + count]
        found = np.minimum(np.searchsorted(held, digests), count - 1)
        return np.where(held[found] == digests, found + start, ABSENT)

    def _verify(self, place: int, start: int, count: int) -> None:
        if zlib.crc32(self.vectors[start : start + count].data) != int(self._groups[place]["crc"]):
            raise DamagedFileError(
                f"{self.path.name}: rows {start} to {start + count - 1} do not match their checksum"
            )
        self._verified[place] = True


def locate(file: KeyFile | None, group: Group) -> RowNumbers:
    """Row numbers (n,) of a group's keys; ABSENT for what is not there and for what is damaged."""
    if file is not None:
        try:
            return file.locate(group.digest, group.digests)
        except DamagedFileError as error:
            log.error("%s; they are encoded anew", error)
    return np.full(len(group.digests), ABSENT, np.int64)


def identity_of(stat: os.stat_result) -> tuple[int, int, int]:
    """Inode, size and time of change: another file under the same name has another."""
    return stat.st_ino, stat.st_size, stat.st_mtime_ns


def write_key_file(
    path: Path,
    *,
    release: str,
    groups: Digests,
    digests: Digests,
    dim: int,
    rows_of: Callable[[int, int], Halves],
) -> None:
    """Write beside `path`, then rename over it.

    `groups` (n,) and `digests` (n,) are of the rows, ascending by group and then by digest;
    `rows_of(first, last)` gives the vectors (last - first, dim).
    """
    known, starts = np.unique(groups, return_index=True)
    index = np.zeros(len(known), GROUP)
    index["digest"], index["start"] = known, starts
    index["count"] = np.diff([*starts, len(groups)])
    with _beside(path) as file:
        file.seek(HEADER_BYTES)
        for group in index:
            first = int(group["start"])
            vectors = rows_of(first, first + int(group["count"])).astype("<f2").tobytes()
            group["crc"] = zlib.crc32(vectors)
            file.write(vectors)
        tail = (index.tobytes(), digests.astype("<u8").tobytes())
        for part in tail:
            file.write(part)
        checksum = hashlib.sha256(b"".join(tail)).hexdigest()
        file.seek(0)
        file.write(_header_bytes(Header(release, dim, len(groups), len(known), checksum)))


@contextmanager
def _beside(path: Path) -> Iterator[BinaryIO]:
    draft = path.with_name(f".{path.name}-draft")
    try:
        with draft.open("wb", buffering=1 << 20) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _header_bytes(header: Header) -> bytes:
    written = MAGIC + json.dumps(asdict(header)).encode()
    if len(written) > HEADER_BYTES:
        raise ValueError(f"release of {len(header.release)} characters: give a shorter one")
    return written.ljust(HEADER_BYTES)


def _read_header(file: BinaryIO, path: Path) -> Header:
    written = file.read(HEADER_BYTES)
    if not written.startswith(MAGIC):
        raise DamagedFileError(f"{path.name}: not a file of key vectors")
    try:
        fields = json.loads(written[len(MAGIC) :])
        header = Header(**fields)
    except (ValueError, TypeError) as error:
        raise DamagedFileError(f"{path.name}: its header does not parse") from error
    if header.format != FORMAT:
        raise DamagedFileError(f"{path.name}: format {header.format}, this code reads {FORMAT}")
    return header
