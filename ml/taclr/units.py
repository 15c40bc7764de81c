"""Units and numbers as sellers write them, and what they come to in one base unit per dimension.

Shops count storage in thousands: 1 TB is 1000 GB. The app's own table, which checks what people
type into forms, may not be imported from here; a test holds the two to the same factors.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

NUMBER_WORDS = {
    "single": 1, "one": 1, "two": 2, "dual": 2, "double": 2, "pair": 2, "three": 3, "triple": 3,
    "four": 4, "quad": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12, "dozen": 12,
}  # fmt: skip

# unit as written -> (canonical name, dimension, factor to the dimension's base unit)
UNITS: dict[str, tuple[str, str, float]] = {}
for _names, _unit, _dimension, _factor in (
    ("mm millimeter millimetre", "millimeter", "length", 0.1),
    ("cm cms centimeter centimetre zentimeter", "centimeter", "length", 1.0),
    ("m mtr meter metre", "meter", "length", 100.0),
    ("km kilometer kilometre", "kilometer", "length", 1e5),
    ("in ins inch inches zoll pouces \" ″ ” ''", "inch", "length", 2.54),
    ("ft foot feet '", "foot", "length", 30.48),
    ("yd yds yard", "yard", "length", 91.44),
    ("mg milligram", "milligram", "mass", 0.001),
    ("g gr gm gram gramme gramm", "gram", "mass", 1.0),
    ("kg kgs kilo kilogram kilogramm", "kilogram", "mass", 1000.0),
    ("oz ounce", "ounce", "mass", 28.349523125),
    ("lb lbs pound", "pound", "mass", 453.59237),
    ("ml mls milliliter millilitre cc", "milliliter", "volume", 1.0),
    ("cl centiliter centilitre", "centiliter", "volume", 10.0),
    ("dl deciliter decilitre", "deciliter", "volume", 100.0),
    ("l ltr liter litre", "liter", "volume", 1000.0),
    ("floz fluidounce", "fluid ounce", "volume", 29.5735295625),
    ("pt pint", "pint", "volume", 473.176473),
    ("qt quart", "quart", "volume", 946.352946),
    ("gal gallon", "gallon", "volume", 3785.411784),
    ("kb kilobyte", "kilobyte", "bytes", 1.0),
    ("mb megabyte mbyte", "megabyte", "bytes", 1e3),
    ("gb gigabyte gbyte gig", "gigabyte", "bytes", 1e6),
    ("tb terabyte tbyte", "terabyte", "bytes", 1e9),
    ("w watt", "watt", "power", 1.0),
    ("kw kilowatt", "kilowatt", "power", 1000.0),
    ("mv millivolt", "millivolt", "voltage", 0.001),
    ("v vac vdc volt", "volt", "voltage", 1.0),
    ("kv kilovolt", "kilovolt", "voltage", 1000.0),
    ("ma milliamp", "milliampere", "current", 0.001),
    ("amp ampere", "ampere", "current", 1.0),
    ("mah", "mah", "charge", 1.0),
    ("ah", "ampere hour", "charge", 1000.0),
    ("wh", "watt hour", "energy", 1.0),
    ("kwh", "kilowatt hour", "energy", 1000.0),
    ("hz hertz", "hertz", "frequency", 1.0),
    ("khz kilohertz", "kilohertz", "frequency", 1e3),
    ("mhz megahertz", "megahertz", "frequency", 1e6),
    ("ghz gigahertz", "gigahertz", "frequency", 1e9),
    ("mbps mbit megabit", "megabit", "data rate", 1.0),
    ("gbps gbit gigabit", "gigabit", "data rate", 1000.0),
    ("mp mpx mpix megapixel", "megapixel", "resolution", 1.0),
    ("dpi", "dpi", "dots", 1.0),
    ("rpm", "rpm", "rotation", 1.0),
    ("lm lumen", "lumen", "light", 1.0),
    ("tog", "tog", "warmth", 1.0),
    ("kt ct ctw karat carat", "karat", "fineness", 1.0),
    ("% percent pct", "percent", "share", 1.0),
    ("sec second", "second", "time", 1 / 60),
    ("min mins minute", "minute", "time", 1.0),
    ("hr hrs hour", "hour", "time", 60.0),
    ("month mth mths", "month", "duration", 1.0),
    ("year yr yrs", "year", "duration", 12.0),
):
    for _name in (*_names.split(), _unit):
        UNITS[_name] = (_unit, _dimension, _factor)
for _name in ("fl oz", "fl ounce"):
    UNITS[_name] = UNITS["floz"]

# A taxonomy may name these; behind a figure in a text the letter usually means something else.
_NAMED = {"s": UNITS["sec"], "h": UNITS["hour"], "a": UNITS["amp"]}

# Units that are a word or a size in another case: `32 Go` is storage, `ready to go` is not.
CASED_UNITS = {"Ko": "kb", "Mo": "mb", "Go": "gb", "To": "tb", "A": "amp"}

_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_CONTINENTAL = re.compile(r"\d{1,3}(?:\.\d{3})+,\d+")
_PLAIN = re.compile(r"\d+(?:[.,]\d+)?")


def parse_number(raw: str) -> float | None:
    """`1,200`, `36.4`, `1,5` and `1.200,5` as numbers; None for anything that is not one."""
    if _THOUSANDS.fullmatch(raw):
        return float(raw.replace(",", ""))
    if _CONTINENTAL.fullmatch(raw):
        return float(raw.replace(".", "").replace(",", "."))
    return float(raw.replace(",", ".")) if _PLAIN.fullmatch(raw) else None


def figure(value: float) -> str:
    """A number as people write it: no exponent, no empty decimals."""
    return f"{value:.4f}".rstrip("0").rstrip(".")


def unit_named(name: str) -> tuple[str, str, float] | None:
    """(canonical name, dimension, factor) of a unit as a taxonomy names it: `GB`, `Gigabytes`."""
    lower = name.lower().strip()
    return UNITS.get(lower) or UNITS.get(lower.removesuffix("s")) or _NAMED.get(lower)


def dimensions(units: Iterable[str]) -> set[str]:
    """What the given units measure; units that we do not know measure nothing."""
    return {known[1] for unit in units if (known := unit_named(unit))}
