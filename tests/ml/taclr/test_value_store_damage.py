"""Files that are cut short, changed or of another kind: named, never served, built anew."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from ml.taclr.value_store import Key, ValueStore
from ml.taclr.value_store_build import ENCODE_BATCH
from ml.taclr.value_store_file import HEADER_BYTES
from tests.ml.taclr.known_keys import DIM, KnownEncoder, expected_rows, spec

COLOUR = spec("Dresses", "Colour", *(f"colour {number}" for number in range(20)))
SIZE = spec("Dresses", "Size", "S", "M", "L")
HALF = 1e-3
RECORD_BYTES = 8 + 4 + 2 * DIM  # of a part file: digest, checksum, vector


@pytest.fixture
def file(tmp_path: Path) -> Path:
    ValueStore(KnownEncoder(), tmp_path).build([COLOUR, SIZE])
    (path,) = tmp_path.glob("*.keys")
    return path


def flip(path: Path, place: int) -> None:
    content = bytearray(path.read_bytes())
    content[place] ^= 0xFF
    path.write_bytes(bytes(content))


def answers_right(folder: Path) -> bool:
    store = ValueStore(KnownEncoder(), folder)
    return all(np.abs(store.rows(s) - expected_rows(s)).max() < HALF for s in (COLOUR, SIZE))


def encoded_anew(folder: Path) -> int:
    encoder = KnownEncoder()
    store = ValueStore(encoder, folder)
    store.rows(COLOUR), store.rows(SIZE)
    return len(encoder.asked)


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda path: path.write_bytes(b""), "not a file of key vectors"),
        (lambda path: path.write_bytes(b"PK" + path.read_bytes()[2:]), "not a file of key vectors"),
        (lambda path: flip(path, 9), "its header does not parse"),
        (lambda path: path.write_bytes(path.read_bytes()[:-8]), "its header says"),
        (lambda path: path.write_bytes(path.read_bytes()[:HEADER_BYTES]), "its header says"),
        (lambda path: flip(path, path.stat().st_size - 1), "index does not match its checksum"),
        (
            lambda path: path.write_bytes(
                path.read_bytes().replace(b'"format": 1', b'"format": 9')
            ),
            "format 9, this code reads 1",
        ),
        (
            lambda path: path.write_bytes(path.read_bytes().replace(b"known-1", b"known-2")),
            "of release known-2",
        ),
    ],
)
def test_a_damaged_file_is_named_not_served_and_built_anew(
    file: Path, caplog: pytest.LogCaptureFixture, damage: object, reason: str
) -> None:
    assert callable(damage)
    damage(file)
    assert answers_right(file.parent)
    assert file.name in caplog.text and reason in caplog.text
    assert encoded_anew(file.parent) == 25
    ValueStore(KnownEncoder(), file.parent).build([COLOUR, SIZE])
    assert encoded_anew(file.parent) == 0


def test_of_damaged_vectors_only_their_own_attribute_is_encoded_anew(
    file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    flip(file, HEADER_BYTES)
    assert answers_right(file.parent)
    assert "do not match their checksum" in caplog.text
    assert encoded_anew(file.parent) in (21, 4)
    report = ValueStore(KnownEncoder(), file.parent).build([COLOUR, SIZE])
    assert report.encoded in (21, 4)
    assert encoded_anew(file.parent) == 0


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(place=st.floats(0, 1, exclude_max=True))
def test_whichever_byte_changes_the_answers_stay_right(file: Path, place: float) -> None:
    whole = file.read_bytes()
    try:
        flip(file, int(place * len(whole)))
        assert answers_right(file.parent)
    finally:
        file.write_bytes(whole)


def test_a_folder_that_is_gone_costs_the_encoding_and_nothing_else(file: Path) -> None:
    store = ValueStore(KnownEncoder(), file.parent)
    store.rows(SIZE)
    file.unlink()
    assert np.abs(store.rows(COLOUR) - expected_rows(COLOUR)).max() < HALF


class Interrupted(KnownEncoder):
    """Fails at its third call, as a machine may."""

    def encode_keys(self, keys: Sequence[Key]) -> NDArray[np.float32]:
        if len(self.calls) == 2:
            raise ConnectionError("the machine is going down")
        return super().encode_keys(keys)


MANY = [
    spec("Books", f"Attribute {each}", *(f"value {number}" for number in range(99)))
    for each in range(ENCODE_BATCH * 4 // 100)
]


@pytest.mark.parametrize("cut", [0, 5, 40])
def test_an_interrupted_build_is_taken_up_where_it_ended(tmp_path: Path, cut: int) -> None:
    with pytest.raises(ConnectionError):
        ValueStore(Interrupted(), tmp_path).build(MANY)
    (part,) = tmp_path.glob("*.part")
    content = part.read_bytes()
    part.write_bytes(content[: len(content) - cut])
    encoder = KnownEncoder()
    report = ValueStore(encoder, tmp_path).build(MANY)
    keys = 100 * len(MANY)
    kept = (len(content) - cut) // RECORD_BYTES
    assert 2 * ENCODE_BATCH - 2 <= kept < keys
    assert (report.encoded, report.kept) == (keys - kept, kept)
    assert not part.exists()
    store = ValueStore(KnownEncoder(), tmp_path)
    assert all(np.abs(store.rows(s) - expected_rows(s)).max() < HALF for s in MANY)
