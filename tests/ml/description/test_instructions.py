"""Lessons: the prompts of serving, answers that people wrote, and nothing that was made up."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from ml.description.grounding import check
from ml.description.prompt import messages
from ml.description.tuning.instructions import lessons_of, read_listings, split_lessons
from ml.records import ItemRecord, RecordError, split_of
from tests.ml.description.listings_file import write_listings

DRESS = ItemRecord(
    "dress-1",
    "Red dress by Zara",
    category=("Women", "Dresses"),
    attributes={"Colour": "Red", "Brand": "Zara", "Length": "90 cm", "Condition": "Like new"},
    description=(
        "A red dress by Zara. The length is 90 cm. It belonged to Grace Kelly."
        " The colour is red. Thanks for looking!"
    ),
    photos=(Path("a.jpg"),),
)


def by_task(item: ItemRecord) -> dict:
    return {lesson.task: lesson for lesson in lessons_of(item)}


def test_what_the_facts_do_not_back_is_not_taught():
    for lesson in lessons_of(DRESS):
        assert "Grace" not in lesson.answer
        assert all(claim.source for claim in check(lesson.answer, lesson.request.facts))
    draft = by_task(DRESS)["draft"]
    assert draft.answer == "A red dress by Zara. The length is 90 cm. The colour is red."


def test_bullets_are_not_taught():
    text = "• A red dress by Zara. * The colour is red. - The length is 90 cm."
    answer = by_task(ItemRecord(**{**_fields(DRESS), "description": text}))["draft"].answer
    assert answer == "A red dress by Zara. The colour is red. The length is 90 cm."


def test_the_prompt_is_the_one_that_serving_asks():
    draft = by_task(DRESS)["draft"]
    assert draft.turns == messages(draft.request)
    assert draft.photos == (Path("a.jpg"),)
    assert draft.request.facts.condition == "like new"
    assert "Grace" not in "".join(turn.text for turn in draft.turns)


def test_revisions_are_taken_from_the_same_text():
    lessons = by_task(DRESS)
    assert lessons["shorter"].answer in lessons["draft"].answer
    assert len(lessons["shorter"].answer) < len(lessons["longer"].answer)
    assert lessons["longer"].request.revision.sentences == (
        "A red dress by Zara.",
        "The length is 90 cm.",
    )
    assert lessons["friendlier"].answer.endswith("Thanks for looking!")
    assert "Thanks" not in lessons["plainer"].answer
    assert "Thanks for looking!" in lessons["plainer"].request.revision.sentences


def test_a_sentence_is_written_anew_from_a_bare_statement_of_its_facts():
    lesson = by_task(DRESS)["sentence"]
    revision = lesson.request.revision
    assert revision.sentences[revision.place] == "Colour: Red. Brand: Zara."
    assert lesson.answer == "A red dress by Zara."


def test_a_title_is_taught_only_where_the_other_facts_back_it():
    assert "title" not in by_task(DRESS)  # nothing but the title says what it is
    kind = ItemRecord(**{**_fields(DRESS), "attributes": {**DRESS.attributes, "Type": "Dress"}})
    lesson = by_task(kind)["title"]
    assert lesson.answer == "Red dress by Zara"
    assert "Red dress by Zara" not in "".join(turn.text for turn in lesson.turns)


@pytest.mark.parametrize("description", ["", "Nice!", "It belonged to Grace Kelly.", "red " * 999])
def test_a_description_that_teaches_nothing_gives_no_lesson(description: str):
    assert lessons_of(ItemRecord(**{**_fields(DRESS), "description": description})) == []


def test_listings_are_split_by_their_id_and_the_test_tenth_is_left_out(tmp_path):
    train, valid = split_lessons(read_listings(write_listings(tmp_path, range(60))))
    assert {split_of(lesson.listing) for lesson in train} == {"train"}
    assert {split_of(lesson.listing) for lesson in valid} == {"valid"}


def test_listings_are_read_from_plain_and_packed_lines(tmp_path):
    plain = write_listings(tmp_path, range(3))
    packed = tmp_path / "listings.jsonl.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    assert list(read_listings(packed)) == list(read_listings(plain))
    assert next(read_listings(plain)).photos == (tmp_path / "0.jpg",)


@pytest.mark.parametrize("line", ["{}", "not json", '{"id": 1, "title": "x", "attributes": 3}'])
def test_a_bad_line_is_named(tmp_path, line: str):
    path = tmp_path / "bad.jsonl"
    path.write_text('{"id": 1, "title": "Mug"}\n\n' + line + "\n")
    with pytest.raises(RecordError, match=r"bad\.jsonl line 3"):
        list(read_listings(path))
    with pytest.raises(RecordError, match="nowhere"):
        list(read_listings(tmp_path / "nowhere.jsonl"))


def _fields(item: ItemRecord) -> dict:
    return {name: getattr(item, name) for name in item.__dataclass_fields__}
