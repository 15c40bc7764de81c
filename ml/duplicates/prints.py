"""Prints of a photo: 64-bit perceptual hashes of the whole and of what a crop would leave.

Hashes that differ in at most MOST_BITS bits share one of four 16-bit bands up to one bit, so that a
database finds them by equality in an index instead of comparing all.
"""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image

BITS = 64
BANDS = 4
BAND_BITS = BITS // BANDS
# Four bands and one bit off in each: with eight bits the ninth could be missed.
MOST_BITS = 2 * BANDS - 1

# What is cut off at (left, top, right, bottom), as shares of the sides; the whole comes first.
VIEWS: tuple[tuple[float, float, float, float], ...] = (
    (0.0, 0.0, 0.0, 0.0),
    (0.05, 0.05, 0.05, 0.05),
    (0.1, 0.1, 0.1, 0.1),
    (0.1, 0.1, 0.0, 0.0),
    (0.0, 0.1, 0.1, 0.0),
    (0.1, 0.0, 0.0, 0.1),
    (0.0, 0.0, 0.1, 0.1),
)
WHOLE = 0


def prints_of(image: Image.Image) -> tuple[int, ...]:
    """The hash of every view, in the order of VIEWS."""
    return tuple(_hash(_cut(image, view)) for view in VIEWS)


def mirrored(value: int) -> int:
    """The hash of the mirror image, off by a bit or two.

    Mirroring turns the sign of every second column of the cosine transform, and a hash's bit says
    whether a coefficient is above the median, which is close to zero.
    """
    return value ^ _EVERY_SECOND_COLUMN


def distance(first: int, second: int) -> int:
    """In how many of the 64 bits two hashes differ."""
    return (first ^ second).bit_count()


def as_hex(value: int) -> str:
    """Sixteen digits, four to a band."""
    return f"{value:016x}"


def band_keys(value: int) -> tuple[tuple[str, ...], ...]:
    """For each band the hexadecimal keys that a hash within MOST_BITS can have in one of them."""
    digits = as_hex(value)
    width = BAND_BITS // 4
    return tuple(_near(digits[start : start + width]) for start in range(0, len(digits), width))


def _near(key: str) -> tuple[str, ...]:
    """A band's key itself, and with each of its bits turned."""
    value = int(key, 16)
    turned = [value] + [value ^ (1 << bit) for bit in range(BAND_BITS)]
    return tuple(f"{one:0{len(key)}x}" for one in turned)


def _cut(image: Image.Image, view: Sequence[float]) -> Image.Image:
    left, top, right, bottom = view
    width, height = image.size
    box = (
        *(round(width * left), round(height * top)),
        *(round(width * (1 - right)), round(height * (1 - bottom))),
    )
    return image.crop(box) if any(view) else image


def _hash(image: Image.Image) -> int:
    import imagehash  # brings parts of SciPy, which comparing hashes does without

    return int(str(imagehash.phash(image)), 16)


# In the hexadecimal form the rows of the 8×8 transform follow each other, two digits a row.
_EVERY_SECOND_COLUMN = 0x5555555555555555
