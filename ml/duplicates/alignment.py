"""Lay one photo over another, mirrored or cropped if need be, and count where they agree.

Two products before the same white wall have nearly the same hash and nearly the same vector, but
their pixels do not fall on each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SIDE = 64  # of the thumbnails compared
SPACE = 2 * SIDE  # room for every shift of one over the other
# Up to three tenths of a side may be cut off. Steps of 4% leave at most a pixel at the edges.
SCALES = tuple(float(scale) for scale in np.geomspace(0.7, 1.0, 10))
LEAST_OVERLAP = 0.45  # of the smaller one's area
BLOCK = 8
TEXTURE = 6.0  # grey levels of standard deviation below which a block shows nothing
LEAST_BLOCKS = 6
BLOCK_AGREES = 0.8  # correlation
SURE = 0.9  # agreement that no other placement needs to improve

Grey = NDArray[np.float32]


@dataclass(frozen=True)
class Thumbnail:
    """A photo in grey at the sizes that alignment needs."""

    pixels: Grey  # (height, width), the longer side SIDE

    @classmethod
    def of(cls, image: Image.Image) -> Thumbnail:
        scale = SIDE / max(image.size)
        size = (max(8, round(image.width * scale)), max(8, round(image.height * scale)))
        grey = image.convert("L").resize(size, Image.Resampling.BOX, reducing_gap=None)
        return cls(np.asarray(grey, dtype=np.float32))

    def mirrored(self) -> Thumbnail:
        return Thumbnail(np.ascontiguousarray(self.pixels[:, ::-1]))

    @cached_property
    def scaled(self) -> tuple[Grey, ...]:
        """The pixels at every one of SCALES."""
        image = Image.fromarray(self.pixels)
        height, width = self.pixels.shape
        sizes = [(max(4, round(width * s)), max(4, round(height * s))) for s in SCALES]
        return tuple(
            np.asarray(image.resize(size, Image.Resampling.BILINEAR), dtype=np.float32)
            for size in sizes
        )

    @cached_property
    def spectra(self) -> NDArray[np.complex64]:
        """Transforms of mask, pixels and squares at every scale, (scales, 3, SPACE, …)."""
        return np.stack([_spectra(pixels) for pixels in self.scaled])

    @cached_property
    def largest(self) -> NDArray[np.complex64]:
        """The transforms at scale 1, (3, SPACE, …)."""
        return _spectra(self.pixels)


def agreement(first: Thumbnail, second: Thumbnail) -> float:
    """The share 0..1 of textured blocks that agree where the two lie best on each other.

    Either may be cut out of the other, and one may be the other's mirror image.
    """
    turned = first.mirrored()
    # As they are: a banner pasted over a photo can mislead the search for a better place.
    found = max(
        Placement(0.0, one.pixels, second.pixels, 0, 0).agreement() for one in (first, turned)
    )
    if found >= SURE:
        return found
    pairs = ((first, second), (turned, second), (second, first), (second, turned))
    places = (_best_placement(small, large) for small, large in pairs)
    best = max(places, key=lambda place: place.score)
    return max(found, best.agreement())


@dataclass(frozen=True)
class Placement:
    """Where a scaled thumbnail lies over another: its corner (down, right), and how it fits."""

    score: float
    small: Grey
    large: Grey
    down: int
    right: int

    def agreement(self) -> float:
        small, large = _overlap(self.small, self.large, self.down, self.right)
        correlations, textured = _blocks(small, large)
        if textured.sum() < LEAST_BLOCKS:
            return 0.0
        return float((correlations[textured] >= BLOCK_AGREES).mean())


def _best_placement(small: Thumbnail, large: Thumbnail) -> Placement:
    """Normalised cross-correlation over every shift and scale, the overlap alone counted."""
    mask_s, pixels_s, squares_s = np.moveaxis(small.spectra, 1, 0)  # (scales, SPACE, …) each
    mask_l, pixels_l, squares_l = np.conj(large.largest)
    products = np.stack(
        [
            mask_s * mask_l,
            pixels_s * mask_l,
            mask_s * pixels_l,
            squares_s * mask_l,
            mask_s * squares_l,
            pixels_s * pixels_l,
        ]
    )
    count, sum_s, sum_l, square_s, square_l, cross = np.fft.irfft2(products, (SPACE, SPACE))
    count = np.maximum(count, 1.0)
    spread = (square_s - sum_s**2 / count) * (square_l - sum_l**2 / count)
    correlation = (cross - sum_s * sum_l / count) / np.sqrt(np.maximum(spread, 1e-3))
    areas = np.array([pixels.size for pixels in small.scaled]).reshape(-1, 1, 1)
    enough = LEAST_OVERLAP * np.minimum(areas, large.pixels.size)
    # Of two placements that fit alike, the one that explains more of the picture.
    fit = np.where(count >= enough, correlation, -1.0)
    scale, down, right = np.unravel_index(int(fit.argmax()), fit.shape)
    shift = [int(d) - SPACE if d > SPACE // 2 else int(d) for d in (down, right)]
    return Placement(
        float(fit[scale, down, right]), small.scaled[scale], large.pixels, -shift[0], -shift[1]
    )


def _spectra(pixels: Grey) -> NDArray[np.complex64]:
    centred = (pixels - pixels.mean()) / 64
    planes = np.zeros((3, SPACE, SPACE), dtype=np.float32)
    height, width = pixels.shape
    planes[:, :height, :width] = np.ones_like(centred), centred, centred**2
    return np.fft.rfft2(planes).astype(np.complex64)


def _overlap(small: Grey, large: Grey, down: int, right: int) -> tuple[Grey, Grey]:
    """The pixels of both where `small`, its corner at (down, right) of `large`, covers it."""
    top, left = max(0, down), max(0, right)
    bottom = min(large.shape[0], down + small.shape[0])
    end = min(large.shape[1], right + small.shape[1])
    return (
        small[top - down : bottom - down, left - right : end - right],
        large[top:bottom, left:end],
    )


def _blocks(first: Grey, second: Grey) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Correlation of each block, and whether either picture shows anything there."""
    rows, columns = first.shape[0] // BLOCK, first.shape[1] // BLOCK
    if not rows or not columns:
        return np.zeros(0, dtype=np.float32), np.zeros(0, dtype=bool)

    def split(pixels: Grey) -> Grey:
        cut = pixels[: rows * BLOCK, : columns * BLOCK].reshape(rows, BLOCK, columns, BLOCK)
        flat = cut.swapaxes(1, 2).reshape(rows * columns, -1)
        return np.asarray(flat - flat.mean(axis=1, keepdims=True))

    a, b = split(first), split(second)
    deviations = np.sqrt((a**2).mean(axis=1)), np.sqrt((b**2).mean(axis=1))
    products = np.maximum(deviations[0] * deviations[1], 1e-6)
    correlations = (a * b).mean(axis=1) / products
    return correlations.astype(np.float32), np.maximum(*deviations) >= TEXTURE
