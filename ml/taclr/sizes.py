"""Sizes of clothes and shoes: one size in three countries' numbers, trousers' two numbers, ages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ml.taclr.surface import Text, compact, read

SIZE_WORDS = ("size", "taille", "talla", "taglia", "grosse", "age")
_SYSTEMS = {"eu": "EU", "eur": "EU", "uk": "UK", "us": "US", "usa": "US"}
_WOMEN = frozenset({"woman", "women", "lady", "female", "damen", "femme", "mujer", "donna"})

# UK -> EU; the US number is the UK one and 1 for men, and 2 for women. Makers differ by a half.
_MEN = {
    5.0: 38.0, 5.5: 38.5, 6.0: 39.0, 6.5: 40.0, 7.0: 41.0, 7.5: 41.5, 8.0: 42.0, 8.5: 42.5,
    9.0: 43.0, 9.5: 44.0, 10.0: 44.5, 10.5: 45.0, 11.0: 46.0, 12.0: 47.0, 13.0: 48.0,
}  # fmt: skip
_LADIES = {
    2.0: 34.0, 2.5: 35.0, 3.0: 35.5, 3.5: 36.0, 4.0: 37.0, 4.5: 37.5, 5.0: 38.0, 5.5: 38.5,
    6.0: 39.0, 6.5: 40.0, 7.0: 40.5, 7.5: 41.0, 8.0: 42.0,
}  # fmt: skip
_TROUSERS = re.compile(r"w?\s*(\d{2})\s*w?\s*[/x\s-]?\s*l?\s*(\d{2})\s*l?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ShoeSize:
    """`UK 8` and where the text says so."""

    system: str
    number: float
    first: int = 0
    last: int = 0


def asks_size(attribute: str) -> bool:
    return any(word in compact(attribute) for word in SIZE_WORDS)


def shoe_size_of(value: str) -> ShoeSize | None:
    """`EU 42` and `8.5 UK` as a size; None for anything else, and for a bare number."""
    text = read(value)
    sizes = list(shoe_sizes_in(text))
    return sizes[0] if len(sizes) == 1 and len(text.tokens) == 2 else None


def shoe_sizes_in(text: Text) -> Iterator[ShoeSize]:
    """Numbers with a country's name on either side."""
    for quantity in text.quantities:
        first, last = quantity.first, quantity.last
        if quantity.unit is not None:
            continue
        before = text.tokens[first - 1].raw if first else ""
        after = text.tokens[last + 1].raw if last + 1 < len(text.tokens) else ""
        if before in _SYSTEMS:
            yield ShoeSize(_SYSTEMS[before], quantity.value, first - 1, last)
        elif after in _SYSTEMS:
            yield ShoeSize(_SYSTEMS[after], quantity.value, first, last + 1)


def converted(size: ShoeSize, system: str, *, women: bool) -> float | None:
    """The number of the same shoe in another system; None outside the table."""
    table, american = (_LADIES, 2) if women else (_MEN, 1)
    british = {
        "UK": size.number,
        "US": size.number - american,
        "EU": next((uk for uk, eu in table.items() if eu == size.number), None),
    }[size.system]
    if british is None or british not in table:
        return None
    return {"UK": british, "US": british + american, "EU": table[british]}[system]


def is_for_women(text: Text) -> bool:
    return bool(_WOMEN & text.vocabulary)


def spellings_of_size(value: str) -> Iterator[str]:
    """Other ways of writing `W32 L34`, the ages `3-4 years` and `12-18 months`, spaceless."""
    trousers = _TROUSERS.fullmatch(value.strip())
    if trousers and not value.strip().isdigit():
        waist, length = trousers.groups()
        yield f"w{waist}l{length}"
        yield f"{waist}w{length}l"
        yield f"{waist}x{length}"
        yield f"{waist}{length}"
        yield f"waist{waist}length{length}"
    text = read(value)
    figures = "".join(token.raw for token in text.tokens if token.is_number)
    units = {token.canonical for token in text.tokens if not token.is_number} - {"age", "old"}
    if figures and units in ({"year"}, {"month"}):
        unit = units.pop()
        for short in (unit, unit[0], {"year": "yr", "month": "mo"}[unit]):
            yield figures + short
        if unit == "year":
            yield f"age{figures}"
            yield f"{figures}yearold"
