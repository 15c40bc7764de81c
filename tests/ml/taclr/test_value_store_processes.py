"""One folder, several real processes: edits, builds and answers at the same time."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ml.taclr.taxonomy import AttributeSpec
from ml.taclr.value_store import BuildInProgressError, Key, ValueStore
from ml.taclr.value_store_build import ENCODE_BATCH
from ml.taclr.value_store_file import KeyFile
from tests.ml.taclr.known_keys import DIM, KnownEncoder, expected_rows, spec

BEFORE = spec("Fashion > Dresses", "Colour", "Red", "Blue")
AFTER = spec("Fashion > Dresses", "Colour", "Red", "Blue", "Zorblat")
SIZE = spec("Fashion > Dresses", "Size", "S", "M")
MANY = [
    spec("Books", f"Attribute {each}", *(f"value {number}" for number in range(99)))
    for each in range(ENCODE_BATCH * 4 // 100)
]
HALF = 1e-3


def right(rows: NDArray[np.float32], asked: AttributeSpec) -> bool:
    return bool(np.abs(rows - expected_rows(asked)).max() < HALF)


class AskingEncoder(KnownEncoder):
    """Says how much it is about to encode and waits for leave."""

    def __init__(self, line: Connection) -> None:
        super().__init__()
        self._line = line

    def encode_keys(self, keys: Sequence[Key]) -> NDArray[np.float32]:
        self._line.send(len(keys))
        self._line.recv()
        return super().encode_keys(keys)


def answer(line: Connection, folder: Path) -> None:
    """A process that serves: rows for each spec that comes, and what it had to encode so far."""
    encoder = KnownEncoder()
    store = ValueStore(encoder, folder)
    while (asked := line.recv()) is not None:
        line.send((store.rows(asked), encoder.asked))


def build(line: Connection, folder: Path) -> None:
    store = ValueStore(AskingEncoder(line), folder)
    while (listed := line.recv()) is not None:
        line.send(store.build(listed))


@contextmanager
def process(work: Any, folder: Path) -> Iterator[tuple[Connection, int]]:
    """Another interpreter at `work`: the line to it and its process id."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    child = context.Process(target=work, args=(there, folder), daemon=True)
    child.start()
    there.close()
    assert child.pid is not None
    try:
        yield here, child.pid
    finally:
        if child.is_alive():
            child.kill()
        child.join()


def ask(line: Connection, asked: Any) -> Any:
    line.send(asked)
    assert line.poll(60)
    return line.recv()


def test_a_value_that_one_process_adds_another_answers_without_restart(tmp_path: Path) -> None:
    editor = ValueStore(KnownEncoder(), tmp_path)
    editor.build([BEFORE, SIZE])
    with process(answer, tmp_path) as (reader, _):
        rows, encoded = ask(reader, BEFORE)
        assert right(rows, BEFORE) and not encoded
        assert editor.build([AFTER, SIZE]).encoded == 1
        rows, encoded = ask(reader, AFTER)
        assert right(rows, AFTER) and not encoded


def test_a_process_answers_from_its_map_while_the_file_is_replaced_and_deleted(
    tmp_path: Path,
) -> None:
    """What it mapped stays readable, also where it never read before."""
    ValueStore(KnownEncoder(), tmp_path).build([BEFORE, SIZE])
    held = ValueStore(KnownEncoder(), tmp_path)
    assert right(held.rows(BEFORE), BEFORE)
    (path,) = tmp_path.glob("*.keys")
    mapped = KeyFile(path, release="known-1", dim=DIM)
    with process(build, tmp_path) as (builder, _):
        builder.send([AFTER])
        assert builder.recv() == 1
        builder.send("go on")
        assert builder.recv().dropped == 3
    assert right(held.rows(AFTER), AFTER)
    path.unlink()
    rows = mapped.vectors.astype(np.float32)
    assert sorted(rows.sum(axis=1)) == pytest.approx(
        sorted(np.concatenate([expected_rows(BEFORE), expected_rows(SIZE)]).sum(axis=1)), abs=0.01
    )


def test_two_processes_do_not_build_at_once_and_both_edits_are_built(tmp_path: Path) -> None:
    own = ValueStore(KnownEncoder(), tmp_path)
    with process(build, tmp_path) as (builder, _):
        builder.send([BEFORE])
        assert builder.recv() == 3
        with pytest.raises(BuildInProgressError, match="another process"):
            own.build([AFTER], wait=False)
        assert right(own.rows(AFTER), AFTER)
        builder.send("go on")
        assert builder.recv().encoded == 3
    assert own.build([AFTER], wait=False).encoded == 1


def test_a_builder_that_is_killed_loses_nothing_and_nothing_is_encoded_twice(
    tmp_path: Path,
) -> None:
    ValueStore(KnownEncoder(), tmp_path).build([BEFORE])
    with process(build, tmp_path) as (builder, pid):
        builder.send([BEFORE, *MANY])
        first = builder.recv()
        builder.send("go on")
        second = builder.recv()
        os.kill(pid, signal.SIGKILL)
    untouched = KnownEncoder()
    assert right(ValueStore(untouched, tmp_path).rows(BEFORE), BEFORE) and not untouched.calls
    encoder = KnownEncoder()
    report = ValueStore(encoder, tmp_path).build([BEFORE, *MANY], wait=False)
    assert (report.encoded, report.kept) == (100 * len(MANY) - first, 3 + first)
    assert second > 0 and len(set(encoder.asked)) == report.encoded
