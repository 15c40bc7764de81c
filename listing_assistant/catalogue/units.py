"""Measures as people write them: "32gb", "10 in", '10"', "1,5 kg". Exact, by decimals.

Storage counts in thousands as shops do: 1 TB is 1000 GB.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

CANONICAL_DIGITS = Decimal("0.000001")


class UnitError(ValueError):
    """A text is not one measure.

    `code` is one of empty, no_number, no_unit, unknown_unit, other_quantity.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


# Canonical unit of a quantity → its units → how many canonical ones each is, then its spellings.
_UNITS: dict[str, dict[str, tuple[str, str]]] = {
    "cm": {
        "mm": ("0.1", "millimetre millimetres millimeter millimeters"),
        "cm": ("1", "centimetre centimetres centimeter centimeters cms"),
        "m": ("100", "metre metres meter meters mtr"),
        "in": ("2.54", 'inch inches ins " ” ″ zoll'),
        "ft": ("30.48", "foot feet"),
        "yd": ("91.44", "yard yards"),
    },
    "g": {
        "mg": ("0.001", "milligram milligrams"),
        "g": ("1", "gr gram grams gramme grammes gm gms"),
        "kg": ("1000", "kilo kilos kilogram kilograms kgs"),
        "oz": ("28.349523125", "ounce ounces"),
        "lb": ("453.59237", "lbs pound pounds"),
    },
    "ml": {
        "ml": ("1", "millilitre millilitres milliliter milliliters mls"),
        "cl": ("10", "centilitre centilitres centiliter centiliters"),
        "l": ("1000", "litre litres liter liters ltr"),
        "fl oz": ("29.5735295625", "floz fl.oz fluidounce fluidounces"),
    },
    "GB": {
        "MB": ("0.001", "megabyte megabytes mbyte"),
        "GB": ("1", "gigabyte gigabytes gbyte gig gigs go"),
        "TB": ("1000", "terabyte terabytes tbyte to"),
    },
    "W": {"W": ("1", "watt watts"), "kW": ("1000", "kilowatt kilowatts")},
    "V": {"mV": ("0.001", ""), "V": ("1", "volt volts")},
    "A": {"mA": ("0.001", "milliamp milliamps"), "A": ("1", "amp amps ampere amperes")},
    "mAh": {"mAh": ("1", ""), "Ah": ("1000", "")},
    "Wh": {"Wh": ("1", ""), "kWh": ("1000", "")},
    "Hz": {
        "Hz": ("1", "hertz"),
        "kHz": ("1000", "kilohertz"),
        "MHz": ("1000000", "megahertz"),
        "GHz": ("1000000000", "gigahertz"),
    },
    "Mbps": {
        "Mbps": ("1", "mbit/s mb/s megabit"),
        "Gbps": ("1000", "gbit/s gb/s gigabit"),
    },
    "month": {
        "month": ("1", "months mth mths mo"),
        "year": ("12", "years yr yrs yo"),
    },
    "min": {
        "s": ("0.016666666666666666666666666667", "sec secs second seconds"),
        "min": ("1", "mins minute minutes"),
        "h": ("60", "hr hrs hour hours"),
    },
    "MP": {"MP": ("1", "mpx mpix megapixel megapixels")},
    "lm": {"lm": ("1", "lumen lumens")},
    "dpi": {"dpi": ("1", "")},
    "pcs": {"pcs": ("1", "pc piece pieces pack parts")},
    "players": {"players": ("1", "player")},
    "people": {"people": ("1", "person persons man p")},
    "key": {"key": ("1", "keys note notes")},
    "gear": {"gear": ("1", "gears speed speeds")},
    "page": {"page": ("1", "pages")},
    "tog": {"tog": ("1", "togs")},
}


@dataclass(frozen=True)
class Quantity:
    value: Decimal
    unit: str

    def __str__(self) -> str:
        return f"{plain(self.value)} {self.unit}"


def parse_quantity(text: str, default_unit: str = "") -> Quantity:
    """The number and unit of a text, as written: "10 inches" is 10 in.

    A bare number takes `default_unit`. Several numbers, ranges and signs are refused, so that
    nothing is guessed. Raises UnitError.
    """
    if not text.strip():
        raise UnitError("empty", "there is no text")
    match = _QUANTITY.fullmatch(text.strip())
    if not match or not (match["whole"] or match["fraction"]):
        raise UnitError("no_number", f"{text!r} is not one number with a unit, such as 25 cm")
    value = _number(match["whole"], match["fraction"])
    spelling = match["unit"].strip()
    if not spelling and not default_unit:
        raise UnitError("no_unit", f"{text!r} has no unit")
    return Quantity(value, _unit(spelling or default_unit, like=default_unit))


def normalise(text: str, default_unit: str = "") -> Quantity:
    """The canonical quantity: "10 in" and "25.4 cm" are both 25.4 cm. Raises UnitError."""
    return canonical(parse_quantity(text, default_unit))


def canonical(quantity: Quantity) -> Quantity:
    base, factor = _BASES[quantity.unit]
    return Quantity(_rounded(quantity.value * factor), base)


def convert(text: str, unit: str) -> Decimal:
    """A text as a number of `unit`, which a bare number is taken to have. Raises UnitError."""
    quantity = parse_quantity(text, unit)
    if unit not in _BASES:
        raise UnitError("unknown_unit", f"{unit!r} is not a known unit")
    base, factor = _BASES[unit]
    found_base, found_factor = _BASES[quantity.unit]
    if found_base != base:
        raise UnitError("other_quantity", f"{text!r} cannot be given in {unit}")
    return _rounded(quantity.value * found_factor / factor)


def plain(value: Decimal) -> str:
    """Without exponent and trailing zeros: 25.4, 1000."""
    return f"{value:f}".rstrip("0").rstrip(".") if "." in f"{value:f}" else f"{value:f}"


_NUMBER = r"[1-9]\d{0,2}(?:[ ,’']\d{3})+(?:\.\d+)?|\d{1,3}(?:\.\d{3})+,\d+|\d+(?:[.,]\d+)?"
_QUANTITY = re.compile(
    rf"(?:(?P<whole>{_NUMBER})(?![\d/]))?[ -]?(?P<fraction>\d{{1,2}}/\d{{1,2}})?(?P<unit>\D*)"
)
_THOUSANDS = re.compile(r"[1-9]\d{0,2}([ ,’'])\d{3}(\1\d{3})*(\.\d+)?")


def _number(whole: str | None, fraction: str | None) -> Decimal:
    value = Decimal(0) if whole is None else _decimal(whole)
    if fraction is not None:
        numerator, denominator = map(int, fraction.split("/"))
        if not denominator:
            raise UnitError("no_number", f"{fraction!r} divides by zero")
        value += Decimal(numerator) / Decimal(denominator)
    return value


def _decimal(written: str) -> Decimal:
    """1,000 and 1 000.5 have thousands; 1,5 and 1.000,5 a decimal comma."""
    if _THOUSANDS.fullmatch(written):
        return Decimal(re.sub(r"[ ,’']", "", written))
    if "," in written:
        return Decimal(written.replace(".", "").replace(",", "."))
    return Decimal(written)


def _unit(spelling: str, like: str = "") -> str:
    """The unit that a spelling stands for; `like` decides between quantities that share one."""
    key = re.sub(r"\s+", "", spelling).lower().rstrip(".")
    candidates = _SPELLINGS.get(key, [])
    if not candidates:
        raise UnitError("unknown_unit", f"{spelling!r} is not a known unit")
    base = _BASES[like][0] if like in _BASES else ""
    return next((unit for unit in candidates if _BASES[unit][0] == base), candidates[0])


def _rounded(value: Decimal) -> Decimal:
    return value.quantize(CANONICAL_DIGITS).normalize()


_BASES: dict[str, tuple[str, Decimal]] = {
    unit: (base, Decimal(factor))
    for base, units in _UNITS.items()
    for unit, (factor, _) in units.items()
}
UNITS = tuple(_BASES)

_SPELLINGS: dict[str, list[str]] = {}
for _base_units in _UNITS.values():
    for _name, (_, _spellings) in _base_units.items():
        for _spelling in (_name.replace(" ", "").lower(), *_spellings.split()):
            _SPELLINGS.setdefault(_spelling, []).append(_name)
