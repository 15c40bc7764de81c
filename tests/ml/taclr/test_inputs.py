"""What taxonomy and offer files may hold, and what is said about those that do not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ml.records import RecordError
from ml.taclr.offers import read_offers
from ml.taclr.taxonomy import AttributeSpec, TaxonomyError, kind_of, read_taxonomy


def test_a_taxonomy_file_becomes_specs_with_kinds(tmp_path: Path) -> None:
    path = tmp_path / "taxonomy.json"
    path.write_text(json.dumps({"Shoes": {"Colour": ["Red", "n/a"], "Width": ["10.5", "11.0"]}}))
    specs = read_taxonomy(path)["Shoes"]
    assert [value.value for value in specs["Colour"].values] == ["Red"]
    assert (specs["Colour"].kind, specs["Width"].kind) == ("choice", "number")


@pytest.mark.parametrize(
    ("content", "reason"),
    [("{", "not JSON"), ("[]", "object of categories"), ('{"Shoes": {"Colour": "Red"}}', "a list")],
)
def test_a_taxonomy_of_another_shape_is_refused_with_a_reason(
    tmp_path: Path, content: str, reason: str
) -> None:
    path = tmp_path / "taxonomy.json"
    path.write_text(content)
    with pytest.raises(TaxonomyError, match=reason):
        read_taxonomy(path)


def test_an_attribute_of_unknown_kind_names_the_kinds() -> None:
    with pytest.raises(TaxonomyError, match="use one of choice"):
        AttributeSpec("Shoes", "Colour", kind="colour")  # type: ignore[arg-type]


def test_kinds_are_read_off_the_values() -> None:
    assert kind_of(["1", "2.5", "30"]) == "number"
    assert kind_of(["A1234", "B-9911", "77-XYZ"]) == "identifier"
    assert kind_of(["Red", "Blue"]) == "choice"
    assert kind_of([]) == "text"


def test_offers_keep_gold_values_and_drop_the_null_mark(tmp_path: Path) -> None:
    path = tmp_path / "offers.jsonl"
    scores = {"Colour": {"Red": {"pid": [0], "score": 1}}, "Width": {"n/a": 1}}
    row = {"id": 7, "category": "Shoes", "input_title": "Red shoe", "target_scores": scores}
    path.write_text(json.dumps(row) + "\n\n")
    (offer,) = read_offers(path)
    assert (offer.id, offer.title, offer.description) == ("7", "Red shoe", "")
    assert offer.gold == {"Colour": ("Red",), "Width": ()}


def test_a_broken_line_is_named_by_its_number(tmp_path: Path) -> None:
    path = tmp_path / "offers.jsonl"
    path.write_text('{"category": "A", "input_title": "x", "target_scores": {}}\n{"category": 1}\n')
    with pytest.raises(RecordError, match="line 2"):
        read_offers(path)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match=r"none\.jsonl does not exist"):
        read_offers(tmp_path / "none.jsonl")
