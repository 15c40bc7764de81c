"""Identifiers are read as spans, and a wrong check digit is refused with its reason."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.taclr.extraction import LABELLED, VALIDATED, Statement, refusals_in, statements_in
from ml.taclr.identifiers import (
    IdentifierError,
    gtin,
    imei,
    isbn,
    isbn10_of,
    issn,
    scheme_of,
    vin,
)
from ml.taclr.matching import span_of
from ml.taclr.surface import read
from ml.taclr.taxonomy import AttributeSpec, ValueSpec


def naive_gtin_digit(body: str) -> int:
    """By trying: the digit that makes the weighted sum of all a multiple of ten."""
    for digit in range(10):
        padded = f"{body}{digit}".zfill(14)
        total = sum(int(d) * (3 if place % 2 == 0 else 1) for place, d in enumerate(padded))
        if total % 10 == 0:
            return digit
    raise AssertionError(body)


def naive_isbn10_digit(body: str) -> str:
    for value in range(11):
        total = sum(int(d) * (10 - place) for place, d in enumerate(body)) + value
        if total % 11 == 0:
            return "X" if value == 10 else str(value)
    raise AssertionError(body)


def naive_luhn(number: str) -> bool:
    digits = [int(d) for d in number]
    for place in range(len(digits) - 2, -1, -2):
        digits[place] = sum(map(int, str(2 * digits[place])))
    return sum(digits) % 10 == 0


@given(st.text("0123456789", min_size=11, max_size=13).filter(lambda body: len(body) > 10))
def test_a_gtin_is_right_with_one_last_digit_alone(body: str) -> None:
    right = naive_gtin_digit(body)
    assert gtin(f"{body}{right}").lstrip("0") == f"{body}{right}".lstrip("0")
    for digit in set(range(10)) - {right}:
        with pytest.raises(IdentifierError, match=f"should be {right}, not {digit}"):
            gtin(f"{body}{digit}")


@given(st.text("0123456789", min_size=9, max_size=9))
def test_an_isbn_of_ten_becomes_thirteen_and_back(body: str) -> None:
    ten = body + naive_isbn10_digit(body)
    thirteen = isbn(ten)
    assert thirteen.startswith(f"978{body}")
    assert int(thirteen[-1]) == naive_gtin_digit(thirteen[:-1])
    assert isbn10_of(thirteen) == ten


@given(st.text("0123456789", min_size=15, max_size=15))
def test_an_imei_is_what_luhn_says(number: str) -> None:
    if naive_luhn(number):
        assert imei(number) == number
    else:
        with pytest.raises(IdentifierError):
            imei(number)


@pytest.mark.parametrize(
    ("read_as", "written", "value"),
    [
        (gtin, "4006381333931", "4006381333931"),
        (gtin, "036000291452", "0036000291452"),
        (gtin, "0 36000 29145 2", "0036000291452"),
        (gtin, "96385074", "96385074"),
        (gtin, "04006381333931", "4006381333931"),
        (gtin, "10012345678902", "10012345678902"),
        (isbn, "978-3-16-148410-0", "9783161484100"),
        (isbn, "0-306-40615-2", "9780306406157"),
        (isbn, "080442957X", "9780804429573"),
        (isbn, "080442957x", "9780804429573"),
        (issn, "0378-5955", "0378-5955"),
        (issn, "2434561X", "2434-561X"),
        (imei, "49-015420-323751-8", "490154203237518"),
        (vin, "1M8GDM9AXKP042788", "1M8GDM9AXKP042788"),
        (vin, "wvwzzz1jz3w386752", "WVWZZZ1JZ3W386752"),
    ],
)
def test_published_examples_are_normalised(
    read_as: Callable[[str], str], written: str, value: str
) -> None:
    assert read_as(written) == value


@pytest.mark.parametrize(
    ("read_as", "written", "code", "reason"),
    [
        (gtin, "4006381333932", "check_digit", "should be 1, not 2"),
        (gtin, "12345", "length", "not 5"),
        (gtin, "40063813339A1", "characters", "digits alone"),
        (isbn, "978-3-16-148410-1", "check_digit", "should be 0"),
        (isbn, "0-306-40615-3", "check_digit", "should be 2"),
        (isbn, "4006381333931", "prefix", "978 or 979"),
        (isbn, "12345", "length", "10 or 13"),
        (issn, "0378-5954", "check_digit", "should be 5"),
        (imei, "490154203237517", "check_digit", "should be 8"),
        (imei, "49015420323751", "length", "15 digits"),
        (vin, "1M8GDM9A1KP042788", "check_digit", "should be X"),
        (vin, "1M8GDM9AXKPO42788", "characters", "no I, O or Q"),
    ],
)
def test_a_wrong_one_is_refused_with_the_reason(
    read_as: Callable[[str], str], written: str, code: str, reason: str
) -> None:
    with pytest.raises(IdentifierError, match=reason) as caught:
        read_as(written)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("attribute", "scheme"),
    [
        ("ISBN", "ISBN"),
        ("ISBN-13", "ISBN"),
        ("EAN", "GTIN"),
        ("Retail UPC", "GTIN"),
        ("Barcode", "GTIN"),
        ("Bar Code Number", "GTIN"),
        ("IMEI", "IMEI"),
        ("VIN", "VIN"),
        ("Part Number", None),
        ("Vintage", None),
        ("Ocean", None),
    ],
)
def test_the_attributes_name_decides_the_scheme(attribute: str, scheme: str | None) -> None:
    found = scheme_of(attribute)
    assert (found.name if found else None) == scheme


def identifier(attribute: str, *known: str, kind: str = "identifier") -> AttributeSpec:
    return AttributeSpec("Things", attribute, tuple(map(ValueSpec, known)), kind)  # type: ignore[arg-type]


def said(text: str, statement: Statement) -> str:
    return span_of(read(text), "title", statement.first, statement.last).text


@pytest.mark.parametrize(
    ("attribute", "text", "value", "words", "conversion"),
    [
        ("ISBN", "Atlas, ISBN: 978-3-16-148410-0", "9783161484100", "978-3-16-148410-0", LABELLED),
        ("ISBN", "Atlas 0306406152 paperback", "9780306406157", "0306406152", VALIDATED),
        ("EAN", "Pens (EAN 4006381333931) 10 pcs", "4006381333931", "4006381333931", LABELLED),
        ("Barcode", "Gum 036000291452", "0036000291452", "036000291452", VALIDATED),
        ("IMEI", "Phone, IMEI 490154203237518", "490154203237518", "490154203237518", LABELLED),
        ("ISSN", "Journal ISSN 0378-5955", "0378-5955", "0378-5955", LABELLED),
    ],
)
def test_an_identifier_is_found_with_its_span(
    attribute: str, text: str, value: str, words: str, conversion: str
) -> None:
    (statement,) = statements_in(identifier(attribute), read(text), "title")
    assert (statement.value, said(text, statement)) == (value, words)
    assert statement.conversion == conversion


@pytest.mark.parametrize(
    "text", ["EAN 4006381333932", "ISBN 978-3-16-148410-1", "tel 0123456788", "4006381333931-7"]
)
def test_a_number_that_does_not_check_is_never_answered(text: str) -> None:
    for attribute in ("EAN", "ISBN"):
        assert statements_in(identifier(attribute), read(text), "title") == []


def test_a_labelled_number_that_does_not_check_is_refused_with_place_and_reason() -> None:
    text = "Atlas, EAN 4006381333932, serial 4006381333933"
    (refusal,) = refusals_in(identifier("EAN"), read(text), "title")
    assert text[refusal.start : refusal.end] == "4006381333932"
    assert "should be 1, not 2" in refusal.reason


def test_a_list_that_keeps_something_else_under_the_name_is_believed() -> None:
    spec = identifier("UPC", "41540", "36000", "21200")
    found = statements_in(spec, read("036000291452"), "title")
    assert all(statement.conversion != VALIDATED for statement in found)


@pytest.mark.parametrize(
    ("attribute", "text", "value"),
    [
        ("Part Number", "HP disk P/N 432322-B21 tested", "432322-B21"),
        ("Part Number", "Fan Part# AB1234 new", "AB1234"),
        ("MPN", "Filter, MPN: FX-900/2", "FX-900/2"),
        ("Model Number", "Bohrer Mod. X100-B neu", "X100-B"),
        ("Part Number", "Lampe Art.-Nr. 700-123", "700-123"),
        ("Model", "Radio, Model No. RX-505", "RX-505"),
        ("Reference", "montre Réf. A1234B", "A1234B"),
        ("Style Code", "Sneaker style code CW2288-111", "CW2288-111"),
    ],
)
def test_a_label_in_the_text_marks_its_code(attribute: str, text: str, value: str) -> None:
    found = statements_in(identifier(attribute), read(text), "title")
    assert [s.value for s in found if s.conversion == LABELLED] == [value]
