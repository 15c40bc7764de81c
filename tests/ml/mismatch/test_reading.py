"""What is read on a thing supports or contradicts the title; reading itself where rapidocr is."""

from __future__ import annotations

import importlib.util

import pytest
from PIL import Image, ImageDraw, ImageFont

from ml.mismatch import reading
from ml.mismatch.reading import Line, RapidReader, ReaderMissingError, compare

BRANDS = ("Norvik", "Voltera", "Tamsin Grey", "Sony", "Apple", "HP")


def lines(*texts: str) -> list[Line]:
    return [Line(text, 0.95, 0.1, 0.1, 0.5, 0.2) for text in texts]


def test_the_title_s_own_brand_supports_it_however_it_is_written():
    title = "Coat by Tamsin Grey, navy"
    (found,) = compare(lines("TAMSINGREY", "Made in Italy"), title, BRANDS)
    assert not found.contradicts
    assert title[found.start : found.end] == found.text == "Tamsin Grey"
    assert found.seen == "TAMSINGREY"


def test_another_known_brand_contradicts_it_where_it_is_read():
    (found,) = compare(lines("VOLTERA X"), "Norvik speaker", BRANDS)
    assert found.contradicts
    assert (found.text, found.seen) == ("Norvik", "VOLTERA")
    assert (found.line.left, found.line.bottom) == (0.1, 0.2)


def test_words_that_are_no_brand_say_nothing():
    assert compare(lines("SALE", "Made in Italy", "voltera-like"), "Norvik coat", BRANDS) == []


def test_a_brand_that_the_title_does_not_state_says_nothing():
    assert compare(lines("VOLTERA"), "Black speaker", BRANDS) == []


def test_a_case_need_not_carry_the_name_of_the_phone_it_fits():
    found = compare(lines("Norvik", "Voltera"), "Norvik case for Apple phones", BRANDS)
    assert [one.contradicts for one in found] == [False]


def test_another_number_of_the_same_model_contradicts_it():
    found = compare(lines("WH-1000XM5"), "Sony headphones WH1000XM4", BRANDS)
    assert [(one.text, one.seen, one.contradicts) for one in found] == [
        ("WH1000XM4", "WH-1000XM5", True)
    ]


def test_the_same_model_supports_it_and_another_shape_says_nothing():
    assert not compare(lines("wh-1000xm4"), "Sony WH1000XM4", BRANDS)[0].contradicts
    assert compare(lines("CE2021", "RoHS7"), "Sony WH1000XM4", BRANDS) == []


def test_short_names_are_not_taken_for_brands():
    assert compare(lines("HP"), "Norvik printer", BRANDS) == []


def test_contradictions_come_first():
    found = compare(lines("Norvik", "WH-1000XM5"), "Norvik WH-1000XM4", BRANDS)
    assert [one.contradicts for one in found] == [True, False]


def test_a_missing_library_is_an_error_that_names_the_extra(monkeypatch):
    monkeypatch.setattr(reading, "find_spec", lambda name: None)
    with pytest.raises(ReaderMissingError, match=r"listing-assistant\[ocr\]"):
        RapidReader()


@pytest.mark.skipif(
    importlib.util.find_spec("rapidocr") is None,
    reason="rapidocr is not here: pip install 'listing-assistant[ocr]'",
)
def test_printed_letters_are_read_where_they_stand():
    photo = Image.new("RGB", (900, 600), (200, 190, 170))
    pen = ImageDraw.Draw(photo)
    pen.rectangle((300, 150, 860, 500), fill=(30, 40, 90))
    pen.text((400, 260), "VOLTERA X200", font=ImageFont.load_default(48), fill="white")
    (line,) = RapidReader().read(photo)
    assert line.text.replace(" ", "") == "VOLTERAX200"
    assert 400 / 900 - 0.03 < line.left < line.right < 0.9
    assert 260 / 600 - 0.03 < line.top < line.bottom < 330 / 600
    assert RapidReader().read(Image.new("L", (300, 200))) == []
