"""What a drawn thing looks like, and the names of colours and patterns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Colour = tuple[int, int, int]
Pattern = Literal["plain", "striped", "checked", "dotted", "floral"]
PATTERNS: tuple[Pattern, ...] = ("plain", "striped", "checked", "dotted", "floral")

COLOURS: dict[str, Colour] = {
    "Black": (38, 38, 42),
    "White": (240, 239, 235),
    "Grey": (138, 141, 146),
    "Silver": (188, 192, 198),
    "Red": (196, 40, 44),
    "Burgundy": (112, 26, 44),
    "Pink": (236, 142, 172),
    "Orange": (232, 122, 40),
    "Yellow": (240, 198, 56),
    "Gold": (204, 164, 82),
    "Beige": (214, 194, 160),
    "Cream": (240, 228, 202),
    "Tan": (182, 132, 84),
    "Brown": (122, 78, 48),
    "Green": (52, 130, 74),
    "Khaki": (112, 114, 62),
    "Turquoise": (40, 160, 164),
    "Light blue": (140, 184, 224),
    "Blue": (46, 98, 186),
    "Navy": (34, 46, 88),
    "Purple": (118, 70, 150),
}


@dataclass(frozen=True)
class Look:
    """`colour` and `second` are keys of COLOURS; `brand` is printed on the thing where it fits."""

    kind: str
    colour: str
    second: str = "White"
    pattern: Pattern = "plain"
    brand: str = ""
    material: str = ""


def mixed(a: Colour, b: Colour, share: float) -> Colour:
    """`share` 0 gives `a`, 1 gives `b`."""
    red, green, blue = (round(x + (y - x) * share) for x, y in zip(a, b, strict=True))
    return red, green, blue


def lighter(colour: Colour, share: float = 0.3) -> Colour:
    return mixed(colour, (255, 255, 255), share)


def darker(colour: Colour, share: float = 0.3) -> Colour:
    return mixed(colour, (0, 0, 0), share)


def is_dark(colour: Colour) -> bool:
    red, green, blue = colour
    return 0.299 * red + 0.587 * green + 0.114 * blue < 120


def ink_on(colour: Colour) -> Colour:
    """A colour for print that can be read on `colour`."""
    return (245, 243, 238) if is_dark(colour) else (36, 36, 44)
