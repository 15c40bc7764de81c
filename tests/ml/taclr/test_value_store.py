"""Key vectors kept for a taxonomy: what is asked of the encoder, and what is answered."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ml.taclr.taxonomy import NULL_VALUE, AttributeSpec, ValueSpec
from ml.taclr.value_store import Key, ValueStore, ValueStoreError
from ml.taclr.value_store_build import ENCODE_BATCH
from tests.ml.taclr.known_keys import DIM, KnownEncoder, expected_rows, spec, vector_of

HALF = 1e-3  # what a float16 of a unit row may be off
COLOUR = spec("Fashion > Dresses", "Colour", "Red", "Blue", "Green")
SIZE = spec("Fashion > Dresses", "Size", "S", "M")
BRAND = spec("Fashion > Dresses", "Brand")
DRESSES = (COLOUR, SIZE, BRAND)

texts = st.text(max_size=6)
specs = st.builds(
    AttributeSpec,
    category=texts,
    attribute=texts.filter(str.strip),
    values=st.lists(st.builds(ValueSpec, texts), max_size=6).map(tuple),
)


def built(folder: Path, *listed: AttributeSpec, release: str = "known-1") -> ValueStore:
    store = ValueStore(KnownEncoder(release), folder)
    store.build(listed)
    return store


def test_rows_stand_in_the_order_of_the_values_and_null_comes_last(tmp_path: Path) -> None:
    for store in (ValueStore(KnownEncoder()), built(tmp_path, *DRESSES)):
        for each in DRESSES:
            assert np.abs(store.rows(each) - expected_rows(each)).max() < HALF


def test_scores_are_the_cosines_that_a_plain_loop_gives(tmp_path: Path) -> None:
    query = vector_of(Key("a", "listing", "itself"))
    scores = built(tmp_path, *DRESSES).scores(DRESSES, query)
    assert [len(each) for each in scores] == [4, 3, 1]
    for each, found in zip(DRESSES, scores, strict=True):
        naive = [sum(a * b for a, b in zip(row, query, strict=True)) for row in expected_rows(each)]
        assert np.abs(found - naive).max() < HALF


def test_nothing_is_scored_where_nothing_is_asked() -> None:
    encoder = KnownEncoder()
    assert ValueStore(encoder).scores([], np.zeros(DIM, np.float32)) == []
    assert not encoder.calls


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(specs, max_size=6))
def test_any_taxonomy_comes_back_from_disk_as_it_is_in_memory(
    tmp_path_factory: pytest.TempPathFactory, listed: list[AttributeSpec]
) -> None:
    folder = tmp_path_factory.mktemp("any")
    built(folder, *listed)
    reader, memory = KnownEncoder(), ValueStore(KnownEncoder())
    store = ValueStore(reader, folder)
    for each in listed:
        assert np.array_equal(store.rows(each), memory.rows(each))
        assert np.abs(store.rows(each) - expected_rows(each)).max() < HALF
    assert not reader.calls


def test_all_that_is_missing_is_encoded_in_one_call_and_once() -> None:
    encoder = KnownEncoder()
    store = ValueStore(encoder)
    store.prepare([*DRESSES, COLOUR])
    store.prepare(DRESSES)
    store.rows(SIZE)
    assert [len(call) for call in encoder.calls] == [4 + 3 + 1]
    assert len(set(encoder.asked)) == 8


def test_an_added_value_is_answered_at_once_and_alone_encoded(tmp_path: Path) -> None:
    built(tmp_path, *DRESSES)
    encoder = KnownEncoder()
    store = ValueStore(encoder, tmp_path)
    wider = spec("Fashion > Dresses", "Colour", "Red", "Zorblat", "Blue", "Green")
    assert np.abs(store.rows(wider) - expected_rows(wider)).max() < HALF
    assert encoder.asked == [Key("Dresses", "Colour", "Zorblat")]


def test_an_edited_taxonomy_is_built_by_encoding_what_changed(tmp_path: Path) -> None:
    built(tmp_path, *DRESSES)
    encoder = KnownEncoder()
    edited = (
        spec("Fashion > Women > Dresses", "Colour", "Green", "Red", "Teal"),
        spec("Fashion > Women > Dresses", "Size", "S", "M"),
        spec("Fashion > Women > Dresses", "Brand"),
        spec("Fashion > Women > Dresses", "Length", "Mini"),
    )
    report = ValueStore(encoder, tmp_path).build(edited)
    assert set(encoder.asked) == {
        Key("Dresses", "Colour", "Teal"),
        Key("Dresses", "Length", "Mini"),
        Key("Dresses", "Length", NULL_VALUE),
    }
    assert (report.encoded, report.kept, report.dropped) == (3, 7, 1)
    after = ValueStore(KnownEncoder(), tmp_path)
    for each in edited:
        assert np.abs(after.rows(each) - expected_rows(each)).max() < HALF


def test_the_same_sentence_from_two_departments_is_stored_once(tmp_path: Path) -> None:
    twin = spec("Sports > Dresses", "Colour", "Blue", "White")
    report = ValueStore(KnownEncoder(), tmp_path).build([COLOUR, twin])
    assert (report.encoded, report.duplicates, report.groups) == (5, 2, 1)


def test_a_build_that_changes_nothing_leaves_the_file_alone(tmp_path: Path) -> None:
    built(tmp_path, *DRESSES)
    (file,) = tmp_path.glob("*.keys")
    before = file.stat()
    encoder = KnownEncoder()
    report = ValueStore(encoder, tmp_path).build(reversed(DRESSES))
    assert (report.encoded, report.kept, report.dropped) == (0, 8, 0)
    assert not encoder.calls
    assert (file.stat().st_ino, file.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_an_empty_taxonomy_can_be_built_and_grown(tmp_path: Path) -> None:
    assert built(tmp_path).build([]).groups == 0
    assert built(tmp_path, SIZE).rows(SIZE).shape == (3, DIM)


def test_each_release_has_rows_of_its_own_and_only_the_one_before_is_kept(tmp_path: Path) -> None:
    for release in ("model-1", "model-2", "model-3"):
        built(tmp_path, SIZE, release=release)
    assert sorted(path.name[:7] for path in tmp_path.glob("*.keys")) == ["model-2", "model-3"]
    first = KnownEncoder("model-1")
    ValueStore(first, tmp_path).rows(SIZE)
    assert len(first.asked) == 3


def test_progress_is_told_to_the_last_key(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    many = spec("Books", "Author", *(f"author {number}" for number in range(3 * ENCODE_BATCH)))
    ValueStore(KnownEncoder(), tmp_path).build(
        [many, SIZE], lambda keys, encoded: told.append((keys, encoded))
    )
    keys = 3 * ENCODE_BATCH + 1 + 3
    assert told[-1] == (keys, keys)
    assert told == sorted(told) and len(told) > 1


def test_a_build_in_slices_goes_on_where_its_time_was_up(tmp_path: Path) -> None:
    listed = [
        spec("Books", f"Attribute {each}", *(f"value {number}" for number in range(ENCODE_BATCH)))
        for each in range(3)
    ]
    encoder = KnownEncoder()
    reports = [ValueStore(encoder, tmp_path).build(listed, seconds=0.0)]
    while not reports[-1].complete:
        assert not list(tmp_path.glob("*.keys"))
        reports.append(ValueStore(encoder, tmp_path).build(listed, seconds=0.0))
    assert len(reports) > 1
    assert sum(report.encoded for report in reports) == 3 * (ENCODE_BATCH + 1)
    assert len(encoder.asked) == len(set(encoder.asked)) == 3 * (ENCODE_BATCH + 1)
    assert np.abs(ValueStore(encoder, tmp_path).rows(SIZE) - expected_rows(SIZE)).max() < HALF


@pytest.mark.parametrize(
    ("vectors", "complaint"),
    [
        (np.zeros((1, DIM)), "(1, 8) for 3 keys of 8"),
        (np.full((3, DIM), np.nan), "not finite"),
    ],
)
def test_what_is_no_row_of_numbers_is_refused(vectors: np.ndarray, complaint: str) -> None:
    class Wrong(KnownEncoder):
        def encode_keys(self, keys: object) -> np.ndarray:
            return vectors

    with pytest.raises(ValueStoreError, match="encoder gave") as caught:
        ValueStore(Wrong()).rows(SIZE)
    assert complaint in str(caught.value)


def test_a_store_in_memory_says_that_it_cannot_be_built() -> None:
    with pytest.raises(ValueStoreError, match="give it a folder"):
        ValueStore(KnownEncoder()).build(DRESSES)
