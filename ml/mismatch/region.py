"""Which part of a photo was judged against the title: things stand out, and hiding one tells.

1  fit the background to the photo's rim; what differs from it falls into things
2  paint each thing over with that background and encode again, one batch for all
3  the thing that the photo's vector depends on most is what the model judged
Where nothing stands out (a busy background, a thing that fills the photo), windows all over the
photo are painted over instead, and the region lies around those that matter most.

The title has no say in it: asking how the log-odds of the mismatch change when a thing is hidden,
or left alone, is the more direct question, but its answers are worse where several things lie in
the photo and no better elsewhere (`benchmarks/evidence.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms
from scipy import ndimage

from ml.encoders.base import Vectors, as_rgb

Encode = Callable[[Sequence[Image.Image]], Vectors]
Field = NDArray[np.float64]
Mask = NDArray[np.bool_]

SIDE = 160  # pixels of the copy in which things are hidden; encoders bring it to their own size
GRID = 64  # cells a side of the copy in which things are found
RIM = 5  # cells along each edge that show background, mostly
CLEAR = 3.0  # times the rim's own spread: a cell so far from the background belongs to a thing
START_SHARE = 0.6  # of the rim: what the first fit is made from
FITS = 5
LEAST_SPREAD = 1.0  # of Lab; eyes and JPEG tell less apart
LEAST_AREA = 0.004  # of the photo: what is smaller is a crumb
MOST_AREA = 0.9  # of the photo: what is larger is no thing but a background that does not fit
MOST_THINGS = 6
WINDOW = GRID // 4  # side of the windows where nothing stands out; half of each is in the next
LEAST_EFFECT = 1e-4  # of hiding; rounding alone makes less
HOT = 0.5  # share of the largest effect from which a cell is in the region


@dataclass(frozen=True, slots=True)
class Region:
    """A part of an upright picture: edges as shares 0..1 of its width and height.

    `weight` 0..2 is how far the photo's vector turns (1 − cosine) when the part is hidden.
    """

    left: float
    top: float
    right: float
    bottom: float
    weight: float


def find_region(image: Image.Image, encode: Encode) -> Region | None:
    """The part that the photo's vector depends on most; None where hiding changes nothing.

    `encode` takes pictures to unit rows, such as `MismatchPredictor.encode_photos`.
    """
    scene = look_at(image)
    things = scene.things()
    parts = things or windows()
    effects = hiding_effects(scene, parts, encode)
    strongest = float(effects.max())
    if strongest < LEAST_EFFECT:
        return None
    mask = things[int(effects.argmax())] if things else hottest(parts, effects)
    return _framed(mask, strongest)


@dataclass(frozen=True, slots=True)
class Scene:
    """A small copy of a photo (SIDE²) and what its background would look like without things.

    `unlike` (GRID, GRID) is how far each cell is from the background, in spreads of the rim.
    """

    picture: Image.Image
    background: Image.Image
    unlike: Field

    def things(self) -> list[Mask]:
        """What stands out (GRID, GRID), the largest first, at most MOST_THINGS."""
        clear = ndimage.uniform_filter((self.unlike > CLEAR).astype(np.float64), 3) > 0.5
        labels, count = ndimage.label(clear, structure=np.ones((3, 3)))
        sizes = ndimage.sum_labels(clear, labels, range(1, count + 1)) / GRID**2
        order = np.argsort(-sizes, kind="stable")[:MOST_THINGS]
        return [labels == place + 1 for place in order if LEAST_AREA <= sizes[place] <= MOST_AREA]

    def without(self, part: Mask) -> Image.Image:
        """The picture with the part painted over, a cell beyond its edge to catch the blur."""
        grown = Image.fromarray(ndimage.binary_dilation(part, np.ones((3, 3))))
        alpha = grown.convert("L").resize(self.picture.size, Image.Resampling.BILINEAR)
        return Image.composite(self.background, self.picture, alpha)


def look_at(image: Image.Image) -> Scene:
    picture = as_rgb(image).resize((SIDE, SIDE), Image.Resampling.BICUBIC, reducing_gap=2.0)
    cells = picture.resize((GRID, GRID), Image.Resampling.BOX)
    lab = _lab(cells)
    distance, spread, shows_background = _distances(lab)
    rgb = _plane(np.asarray(cells, dtype=np.float64), shows_background)
    painted = Image.fromarray(np.clip(rgb, 0, 255).astype(np.uint8))
    background = painted.resize(picture.size, Image.Resampling.BILINEAR)
    return Scene(picture, background, distance / spread)


def hiding_effects(scene: Scene, parts: Sequence[Mask], encode: Encode) -> Field:
    """How far the photo's vector turns (n,), as 1 − cosine, when each part is painted over."""
    rows = encode([scene.picture, *(scene.without(part) for part in parts)])
    effects: Field = 1 - rows[1:].astype(np.float64) @ rows[0]
    return effects


def windows() -> list[Mask]:
    """Squares all over the photo, each overlapping the next by half."""
    starts = range(0, GRID - WINDOW + 1, WINDOW // 2)
    masks = []
    for top in starts:
        for left in starts:
            mask = np.zeros((GRID, GRID), dtype=np.bool_)
            mask[top : top + WINDOW, left : left + WINDOW] = True
            masks.append(mask)
    return masks


def _distances(lab: Field) -> tuple[Field, float, Mask]:
    """From the background (GRID, GRID), its spread, and the cells of the rim that show it.

    Things may reach into the rim: the fit starts from the cells of the commonest colour, and takes
    in what agrees with it.
    """
    rim = np.ones((GRID, GRID), dtype=np.bool_)
    rim[RIM:-RIM, RIM:-RIM] = False
    off = np.linalg.norm(lab - np.median(lab[rim], axis=0), axis=2)
    kept = rim & (off <= np.quantile(off[rim], START_SHARE))
    for _ in range(FITS):
        distance = np.linalg.norm(lab - _plane(lab, kept), axis=2)
        spread = 1.5 * float(np.median(distance[rim])) + LEAST_SPREAD
        kept = rim & (distance < 2.5 * spread)
    return distance, spread, kept


def _plane(values: Field, cells: Mask) -> Field:
    """For each channel the plane through some cells (GRID, GRID, c), as light from a side makes."""
    design = _design()
    slopes, *_ = np.linalg.lstsq(design[cells], values[cells], rcond=None)
    plane: Field = design @ slopes
    return plane


@lru_cache(maxsize=1)
def _design() -> Field:
    across, down = np.meshgrid(np.linspace(-1, 1, GRID), np.linspace(-1, 1, GRID))
    return np.stack([np.ones_like(across), across, down], axis=2)


def _lab(picture: Image.Image) -> Field:
    """CIE Lab (h, w, 3): distances there are differences that people see."""
    lab = np.asarray(ImageCms.applyTransform(picture, _to_lab()))
    lightness = lab[..., :1].astype(np.float64) * (100 / 255)
    return np.concatenate([lightness, lab[..., 1:].view(np.int8)], axis=2)


@lru_cache(maxsize=1)
def _to_lab() -> ImageCms.ImageCmsTransform:
    profiles = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    return ImageCms.buildTransform(*profiles, "RGB", "LAB")


def hottest(parts: Sequence[Mask], effects: Field) -> Mask:
    """The cells around the hottest one that share at least HOT of its heat."""
    stacked = np.stack(parts).astype(np.float64)  # (n, GRID, GRID)
    heat = np.tensordot(effects, stacked, 1) / np.maximum(stacked.sum(axis=0), 1)
    base = float(np.median(heat))
    labels, _ = ndimage.label(heat >= base + HOT * (heat.max() - base))
    hottest: Mask = labels == labels.flat[heat.argmax()]
    return hottest


def _framed(mask: Mask, weight: float) -> Region:
    down, across = ndimage.find_objects(mask.astype(np.int8))[0]
    edges = (across.start, down.start, across.stop, down.stop)
    left, top, right, bottom = (edge / GRID for edge in edges)
    return Region(left, top, right, bottom, weight)
