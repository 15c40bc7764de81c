"""Identifiers that carry their own proof: read as a span of the text and checked digit by digit.

A number with a wrong check digit is refused with the reason, never repaired: the slip may be in
any of its digits.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

GTIN_LENGTHS = (8, 12, 13, 14)
_VIN_VALUES = {
    **{str(digit): digit for digit in range(10)},
    **dict(zip("ABCDEFGH", range(1, 9), strict=True)),
    **dict(zip("JKLMN", range(1, 6), strict=True)),
    **{"P": 7, "R": 9},
    **dict(zip("STUVWXYZ", range(2, 10), strict=True)),
}
_VIN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)


class IdentifierError(ValueError):
    """A text is not such an identifier.

    `code` is one of length, characters, prefix, check_digit; the message says it in words.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Scheme:
    """One kind of identifier: how it looks in a text, and what it is once checked."""

    name: str
    words: frozenset[str]  # of an attribute's name that ask for it
    pattern: re.Pattern[str]
    normalise: Callable[[str], str]  # raises IdentifierError


@dataclass(frozen=True, slots=True)
class Found:
    """A place in a text that looks like an identifier: its value, or why it is none."""

    start: int
    end: int
    value: str | None
    refusal: str = ""


def gtin(written: str) -> str:
    """A GTIN-8, 13 or 14; a UPC of 12 digits is the EAN of 13 that begins with 0."""
    digits = _digits(written, "GTIN")
    if len(digits) not in GTIN_LENGTHS:
        raise IdentifierError("length", f"a GTIN has 8, 12, 13 or 14 digits, not {len(digits)}")
    _check(digits, gtin_check_digit(digits[:-1]), "GTIN")
    if len(digits) == 12:
        return f"0{digits}"
    return digits[1:] if len(digits) == 14 and digits[0] == "0" else digits


def isbn(written: str) -> str:
    """An ISBN-13; one of ten digits is given its thirteen."""
    plain = re.sub(r"[\s-]", "", written).upper()
    if len(plain) == 10:
        return isbn13_of(_isbn10(plain))
    digits = _digits(plain, "ISBN")
    if len(digits) != 13:
        raise IdentifierError("length", f"an ISBN has 10 or 13 digits, not {len(digits)}")
    if digits[:3] not in ("978", "979"):
        raise IdentifierError("prefix", "an ISBN of 13 digits begins with 978 or 979")
    _check(digits, gtin_check_digit(digits[:-1]), "ISBN")
    return digits


def isbn13_of(isbn10: str) -> str:
    body = f"978{isbn10[:9]}"
    return body + gtin_check_digit(body)


def isbn10_of(isbn13: str) -> str | None:
    """The ten-digit form; None for a number of the 979 range, which has none."""
    if not isbn13.startswith("978"):
        return None
    return isbn13[3:12] + _mod_11(isbn13[3:12])


def issn(written: str) -> str:
    plain = re.sub(r"[\s-]", "", written).upper()
    if not re.fullmatch(r"\d{7}[\dX]", plain):
        raise IdentifierError("characters", "an ISSN has seven digits and a digit or X")
    _check(plain, _mod_11(plain[:7]), "ISSN")
    return f"{plain[:4]}-{plain[4:]}"


def imei(written: str) -> str:
    digits = _digits(written, "IMEI")
    if len(digits) != 15:
        raise IdentifierError("length", f"an IMEI has 15 digits, not {len(digits)}")
    _check(digits, luhn_check_digit(digits[:-1]), "IMEI")
    return digits


def vin(written: str) -> str:
    """A vehicle's 17 characters. American makers alone fill in the ninth as a check digit."""
    plain = re.sub(r"[\s-]", "", written).upper()
    if len(plain) != 17:
        raise IdentifierError("length", f"a VIN has 17 characters, not {len(plain)}")
    if any(character not in _VIN_VALUES for character in plain):
        raise IdentifierError("characters", "a VIN has no I, O or Q and no marks")
    if plain[0] in "12345":
        total = sum(
            _VIN_VALUES[character] * weight
            for character, weight in zip(plain, _VIN_WEIGHTS, strict=True)
        )
        expected = "X" if total % 11 == 10 else str(total % 11)
        if plain[8] != expected:
            raise IdentifierError(
                "check_digit", f"the ninth character of this VIN should be {expected}"
            )
    return plain


def gtin_check_digit(body: str) -> str:
    """Weights 3 and 1 in turn from the right (GS1 General Specifications 7.9)."""
    total = sum(int(digit) * (3, 1)[place % 2] for place, digit in enumerate(reversed(body)))
    return str(-total % 10)


def luhn_check_digit(body: str) -> str:
    total = 0
    for place, digit in enumerate(reversed(body)):
        doubled = int(digit) * (2 - place % 2)
        total += doubled // 10 + doubled % 10
    return str(-total % 10)


SCHEMES = (
    Scheme(
        "ISBN",
        frozenset({"isbn"}),
        re.compile(r"(?<![\w-])(?:97[89][ -]?)?\d(?:[ -]?\d){8}[ -]?[\dXx](?![\w]|-\d)"),
        isbn,
    ),
    Scheme("ISSN", frozenset({"issn"}), re.compile(r"(?<![\w-])\d{4}-?\d{3}[\dXx](?!\w)"), issn),
    Scheme(
        "IMEI", frozenset({"imei"}), re.compile(r"(?<![\w-])\d(?:[ -]?\d){14}(?![\w]|-\d)"), imei
    ),
    Scheme(
        "VIN", frozenset({"vin"}), re.compile(r"(?<!\w)[A-HJ-NPR-Za-hj-npr-z0-9]{17}(?!\w)"), vin
    ),
    Scheme(
        "GTIN",
        frozenset({"gtin", "ean", "upc", "jan", "barcode"}),
        re.compile(r"(?<![\w-])(?:\d(?:[ -]?\d){11,13}|\d{8}|\d{4} \d{4})(?![\w]|-\d)"),
        gtin,
    ),
)


def scheme_of(attribute: str) -> Scheme | None:
    """The scheme that an attribute's name asks for: EAN and Retail UPC ask for a GTIN."""
    words = set(re.findall(r"[a-z]+", attribute.lower().replace("bar code", "barcode")))
    return next((scheme for scheme in SCHEMES if scheme.words & words), None)


def find(scheme: Scheme, text: str) -> Iterator[Found]:
    """Every place in `text` that looks like one, checked."""
    for match in scheme.pattern.finditer(text):
        try:
            yield Found(match.start(), match.end(), scheme.normalise(match.group()))
        except IdentifierError as error:
            yield Found(match.start(), match.end(), None, str(error))


def _isbn10(plain: str) -> str:
    if not re.fullmatch(r"\d{9}[\dX]", plain):
        raise IdentifierError("characters", "an ISBN of ten has nine digits and a digit or X")
    _check(plain, _mod_11(plain[:9]), "ISBN")
    return plain


def _mod_11(body: str) -> str:
    """The check digit of ISBN-10 and ISSN: weights fall to 2 at the last digit of `body`."""
    total = sum(int(digit) * weight for weight, digit in enumerate(reversed(body), start=2))
    return "X" if -total % 11 == 10 else str(-total % 11)


def _digits(written: str, name: str) -> str:
    plain = re.sub(r"[\s-]", "", written)
    if not (plain.isascii() and plain.isdigit()):
        raise IdentifierError("characters", f"a {name} holds digits alone")
    return plain


def _check(plain: str, expected: str, name: str) -> None:
    if plain[-1] != expected:
        raise IdentifierError(
            "check_digit", f"the last digit of this {name} should be {expected}, not {plain[-1]}"
        )
