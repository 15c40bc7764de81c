"""Lay one photo over another, mirrored or cropped if need be, and count where they agree.

Two products before the same white wall have nearly the same hash and nearly the same vector, but
their pixels do not fall on each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

SIDE = 64  # of the thumbnails that are moved over each other
SPACE = 2 * SIDE  # room for every shift of one over the other
FINE = 2  # times as large are those whose blocks are compared
# Up to three tenths of a side may be cut off. Steps of 4% leave at most a pixel at the edges.
SCALES = tuple(float(scale) for scale in np.geomspace(0.7, 1.0, 10))
JITTER = (0.98, 1.0, 1.02)  # of the scale, once the place is known; with shifts of so many pixels
REACH = 2
LEAST_OVERLAP = 0.45  # of the smaller one's area
BLOCK = 8
TEXTURE = 6.0  # grey levels of standard deviation below which a block shows nothing
LEAST_BLOCKS = 12
BLOCK_AGREES = 0.75  # correlation
# Levels of red, green or blue by which the mean of a block may be off: the same shoe in another
# colour is another photo.
SAME_COLOUR = 28.0
SURE = 0.9  # agreement that no other placement needs to improve

Grey = NDArray[np.float32]
Colour = NDArray[np.float32]  # (height, width, 3)


@dataclass(frozen=True)
class Thumbnail:
    """A photo at the sizes that alignment needs."""

    image: Image.Image  # RGB, the longer side FINE * SIDE

    @classmethod
    def of(cls, image: Image.Image) -> Thumbnail:
        scale = FINE * SIDE / max(image.size)
        size = (max(16, round(image.width * scale)), max(16, round(image.height * scale)))
        return cls(image.convert("RGB").resize(size, Image.Resampling.BOX))

    def mirrored(self) -> Thumbnail:
        return Thumbnail(ImageOps.mirror(self.image))

    def at(self, scale: float) -> Colour:
        """The fine pixels, this many times as large."""
        size = (round(self.image.width * scale), round(self.image.height * scale))
        return np.asarray(self.image.resize(size, Image.Resampling.BILINEAR), dtype=np.float32)

    @cached_property
    def pixels(self) -> Grey:
        return self._grey(1.0)

    @cached_property
    def scaled(self) -> tuple[Grey, ...]:
        """The pixels at every one of SCALES."""
        return tuple(self._grey(scale) for scale in SCALES)

    def _grey(self, scale: float) -> Grey:
        across, down = (max(4, round(length * scale / FINE)) for length in self.image.size)
        small = self.image.convert("L").resize((across, down), Image.Resampling.BOX)
        return np.asarray(small, dtype=np.float32)

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
    found = max(Placement(0.0, one, second, 1.0, 0, 0).agreement() for one in (first, turned))
    if found >= SURE:
        return found
    pairs = ((first, second), (turned, second), (second, first), (second, turned))
    places = (_best_placement(small, large) for small, large in pairs)
    best = max(places, key=lambda place: place.score)
    return max(found, best.agreement())


@dataclass(frozen=True)
class Placement:
    """Where a thumbnail, scaled, lies over another: its corner (down, right), and how it fits."""

    score: float
    small: Thumbnail
    large: Thumbnail
    scale: float
    down: int
    right: int

    def agreement(self) -> float:
        """Of blocks of the fine pixels, once the place is found to the pixel."""
        small, large = self._refined()
        correlations, textured, apart = _blocks(small, large)
        if textured.sum() < LEAST_BLOCKS:
            return 0.0
        same = (correlations >= BLOCK_AGREES) & (apart <= SAME_COLOUR)
        return float(same[textured].mean())

    def _refined(self) -> tuple[Colour, Colour]:
        """The overlap of both, of the scale and shift nearby that correlate best."""
        large = self.large.at(1.0)
        shifts = range(-REACH, REACH + 1)
        tried = [
            _overlap(small, large, FINE * self.down + down, FINE * self.right + right)
            for small in (self.small.at(self.scale * jitter) for jitter in JITTER)
            for down in shifts
            for right in shifts
        ]
        return max(tried, key=lambda pair: _correlation(*pair))


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
        float(fit[scale, down, right]), small, large, SCALES[int(scale)], -shift[0], -shift[1]
    )


def _spectra(pixels: Grey) -> NDArray[np.complex64]:
    centred = (pixels - pixels.mean()) / 64
    planes = np.zeros((3, SPACE, SPACE), dtype=np.float32)
    height, width = pixels.shape
    planes[:, :height, :width] = np.ones_like(centred), centred, centred**2
    return np.fft.rfft2(planes).astype(np.complex64)


def _overlap(small: Colour, large: Colour, down: int, right: int) -> tuple[Colour, Colour]:
    """The pixels of both where `small`, its corner at (down, right) of `large`, covers it."""
    top, left = max(0, down), max(0, right)
    bottom = min(large.shape[0], down + small.shape[0])
    end = min(large.shape[1], right + small.shape[1])
    return (
        small[top - down : bottom - down, left - right : end - right],
        large[top:bottom, left:end],
    )


def _correlation(first: Colour, second: Colour) -> float:
    """Of every second green pixel, which is near enough to grey and quick."""
    a, b = first[::2, ::2, 1], second[::2, ::2, 1]
    a, b = a - a.mean(), b - b.mean()
    return float((a * b).sum() / np.sqrt(max(1e-6, float((a**2).sum() * (b**2).sum()))))


def _blocks(
    first: Colour, second: Colour
) -> tuple[NDArray[np.float32], NDArray[np.bool_], NDArray[np.float32]]:
    """Of each block its correlation, whether it shows anything, and how far its colour is off."""
    rows, columns = first.shape[0] // BLOCK, first.shape[1] // BLOCK

    def split(pixels: Colour) -> NDArray[np.float32]:
        """(blocks, pixels of a block, 3)"""
        cut = pixels[: rows * BLOCK, : columns * BLOCK]
        apart = cut.reshape(rows, BLOCK, columns, BLOCK, 3).swapaxes(1, 2)
        return apart.reshape(rows * columns, BLOCK * BLOCK, 3)

    one, two = split(first), split(second)
    off = np.abs(one.mean(axis=1) - two.mean(axis=1)).max(axis=1)  # (blocks,)
    a, b = one - one.mean(axis=1, keepdims=True), two - two.mean(axis=1, keepdims=True)
    deviations = np.sqrt((a**2).mean(axis=1)), np.sqrt((b**2).mean(axis=1))  # (blocks, 3)
    textured = np.maximum(*deviations) >= TEXTURE
    products = np.maximum(deviations[0] * deviations[1], 1e-6)
    correlations = np.where(textured, (a * b).mean(axis=1) / products, 1.0)
    # A thin frame on white in another colour shows in one channel alone: the worst one counts.
    return correlations.min(axis=1), textured.any(axis=1), off
