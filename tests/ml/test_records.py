"""Catalogues are read line by line, and products are split by their id alone."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from pathlib import Path

import pytest

from ml.records import ItemRecord, RecordError, read_catalogue, split_of


def write(folder: Path, *lines: str) -> Path:
    with gzip.open(folder / "catalogue.jsonl.gz", "wt", encoding="utf-8") as file:
        file.write("\n".join(lines))
    return folder


def test_a_full_row_becomes_a_record_with_absolute_photos(tmp_path):
    row = {
        "id": "shop:1",
        "title": "Blue mug",
        "source": "shop",
        "title_is_label": True,
        "category": ["Kitchen", "Mugs"],
        "attributes": {"Color": "Blue"},
        "description": "A mug.",
        "photos": ["photos/1.jpg"],
    }
    records = list(read_catalogue(write(tmp_path, json.dumps(row))))
    assert records == [
        ItemRecord(
            id="shop:1",
            title="Blue mug",
            source="shop",
            title_is_label=True,
            category=("Kitchen", "Mugs"),
            attributes={"Color": "Blue"},
            description="A mug.",
            photos=(tmp_path / "photos/1.jpg",),
        )
    ]


def test_only_id_and_title_are_needed_and_null_means_absent(tmp_path):
    row = {"id": "1", "title": "Mug", "description": None, "category": None, "photos": None}
    assert list(read_catalogue(write(tmp_path, json.dumps(row)))) == [ItemRecord("1", "Mug")]


@pytest.mark.parametrize("bad", ["{", '{"title": "no id"}', "[1, 2]", '{"id": "2"}'])
def test_a_bad_row_is_named_by_its_line(tmp_path, bad):
    folder = write(tmp_path, '{"id": "1", "title": "fine"}', bad)
    with pytest.raises(RecordError, match=r"catalogue\.jsonl\.gz line 2"):
        list(read_catalogue(folder))


def test_a_folder_without_a_catalogue_says_so(tmp_path):
    with pytest.raises(RecordError, match="does not exist"):
        list(read_catalogue(tmp_path))


def test_the_split_is_eight_to_one_to_one():
    counts = Counter(split_of(f"shop:{number}") for number in range(20_000))
    assert counts["train"] == pytest.approx(16_000, rel=0.03)
    assert counts["valid"] == pytest.approx(2_000, rel=0.1)
    assert counts["test"] == pytest.approx(2_000, rel=0.1)


def test_an_id_never_changes_its_split():
    """Pinned: another hash would move products that models have been trained on into the test."""
    pinned = {"mug": "train", "watch": "train", "bike": "test", "desk": "test", "belt": "valid"}
    assert {name: split_of(name) for name in pinned} == pinned


def test_the_shared_catalogue_reads_whole(shared_data):
    records = list(read_catalogue(shared_data))
    assert len(records) == len({record.id for record in records}) > 17_000
    assert all(record.title and record.photos for record in records)
