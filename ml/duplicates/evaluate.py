"""Edited photos looked for in a gallery that holds their originals among many others.

Each edit of a chosen photo has one right answer in the gallery; every other photo called the same
is a false one. Photos of one kind from one shop look much alike, which makes them hard.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ml.duplicates.alignment import Thumbnail, agreement
from ml.duplicates.edits import EDITS
from ml.duplicates.prints import MOST_BITS, WHOLE, mirrored, prints_of
from ml.encoders.base import read_photo
from ml.records import ItemRecord

SIDE = 320  # the product's smallest stored size
MOST_CLOSE, MOST_LIKELY = 6, 4  # candidates whose pixels are compared, as the product does
SEED = 11
NEVER = -100.0  # the score of what a method has not even looked at

Scores = NDArray[np.float32]
Encode = Callable[[Sequence[Image.Image]], NDArray[np.float32]]


def half_of(item_id: str) -> int:
    """0 or 1 by a hash of the id: thresholds come from one half, figures from the other."""
    return hashlib.sha256(f"half {item_id}".encode()).digest()[0] % 2


@dataclass
class Gallery:
    """Photos with their prints, and their vectors where an encoder is given."""

    images: list[Image.Image]
    prints: NDArray[np.uint64]  # (n, views)
    vectors: NDArray[np.float32] | None  # (n, dim)

    def thumbnail(self, place: int) -> Thumbnail:
        """Made anew each time: kept for all, they would fill gigabytes."""
        return Thumbnail.of(self.images[place])


@dataclass(frozen=True)
class Searched:
    """Scores of queries (q) against gallery places (n): the higher, the likelier one photo."""

    edits: tuple[str, ...]  # (q,)
    truth: NDArray[np.int64]  # (q,) the original's place
    hashes: Scores  # (q, n) minus the bits between the whole pictures
    prints: Scores  # (q, n) minus the fewest bits between any views
    cosines: Scores  # (q, n), NEVER without vectors
    by_prints: Scores  # (q, n) agreement of pixels where prints made it a candidate, else NEVER
    by_both: Scores  # the same with the closest vectors as candidates besides


def gallery_of(records: Sequence[ItemRecord], size: int, encode: Encode | None) -> Gallery:
    """The first photos of `size` products drawn by a fixed seed."""
    drawn = np.random.default_rng(SEED).permutation(len(records))[:size]
    images = []
    for place in drawn:
        image = read_photo(records[place].photos[0], SIDE)
        image.thumbnail((SIDE, SIDE))
        images.append(image)
    prints = np.array([prints_of(image) for image in images], dtype=np.uint64)
    return Gallery(images, prints, encode(images) if encode else None)


def search(
    gallery: Gallery, chosen: int, encode: Encode | None, *, pixels: bool = True
) -> Searched:
    """Every edit of the gallery's first `chosen` photos, looked for by every method.

    Without `pixels` the two methods that compare them find nothing, in a tenth of the time.
    """
    edits, truth, rows = [], [], []
    for place in range(chosen):
        for name, edit in EDITS.items():
            edits.append(name)
            truth.append(place)
            rows.append(_scores(gallery, edit(gallery.images[place]), encode, pixels))
    hashes, prints, cosines, by_prints, by_both = (np.stack(one) for one in zip(*rows, strict=True))
    where = np.array(truth, dtype=np.int64)
    return Searched(tuple(edits), where, hashes, prints, cosines, by_prints, by_both)


def _scores(
    gallery: Gallery, query: Image.Image, encode: Encode | None, pixels: bool
) -> tuple[Scores, ...]:
    own = prints_of(query)
    whole = _bits(gallery.prints[:, WHOLE], own[WHOLE])
    near = _fewest_bits(gallery.prints, own)
    cosines = np.full(len(near), NEVER, dtype=np.float32)
    likely: list[int] = []
    if encode and gallery.vectors is not None:
        cosines = gallery.vectors @ encode([query])[0]
        likely = [int(place) for place in np.argsort(-cosines)[:MOST_LIKELY]]
    close = [int(place) for place in np.argsort(near, kind="stable") if near[place] <= MOST_BITS]
    close = close[:MOST_CLOSE]
    compared = {*close, *likely} if pixels else set()
    seen = Thumbnail.of(query)
    shares = {place: agreement(seen, gallery.thumbnail(place)) for place in compared}
    by_prints, by_both = np.full((2, len(near)), NEVER, dtype=np.float32)
    for place, share in shares.items():
        by_both[place] = share
        if place in close:
            by_prints[place] = share
    return -whole, -near, cosines, by_prints, by_both


def _fewest_bits(prints: NDArray[np.uint64], own: Sequence[int]) -> Scores:
    """As the product looks them up: wholes among all views, views among wholes, mirrored too."""
    best = np.full(len(prints), 64, dtype=np.float32)
    for view, value in enumerate(own):
        among = prints if view == WHOLE else prints[:, WHOLE : WHOLE + 1]
        for one in (value, mirrored(value)):
            best = np.minimum(best, _bits(among, one).min(axis=1))
    return best


def _bits(prints: NDArray[np.uint64], value: int) -> Scores:
    bits: Scores = np.bitwise_count(prints ^ np.uint64(value)).astype(np.float32)
    return bits


# --- Figures ------------------------------------------------------------------------------------


def choose_threshold(scores: Scores, truth: NDArray[np.int64], precision: float) -> float:
    """The lowest score from which that share of what is called the same is the same.

    Where no score is that good, the one of the best precision.
    """
    right, wrong = _split(scores, truth)
    tried = np.unique(right[right > NEVER])
    best, found = -1.0, float("inf")
    for threshold in tried[::-1]:
        hits, misses = int((right >= threshold).sum()), int((wrong >= threshold).sum())
        reached = hits / (hits + misses)
        if reached >= precision or (reached > best and best < precision):
            best, found = max(reached, best), float(threshold)
    return found


def figures(searched: Searched, scores: Scores, threshold: float) -> dict[str, Any]:
    """Precision over all edits, recall of each and of all; 95% intervals by photo."""
    right, wrong = _split(scores, searched.truth)
    hits, false = right >= threshold, (wrong >= threshold).sum(axis=1)
    names = np.array(searched.edits)
    return {
        "threshold": threshold,
        "precision": _interval(searched.truth, hits, false, _precision),
        "recall": _interval(searched.truth, hits, false, lambda hit, _: float(hit.mean())),
        "by_edit": {name: float(hits[names == name].mean()) for name in EDITS},
    }


def _precision(hits: NDArray[np.bool_], false: NDArray[np.int64]) -> float:
    called = int(hits.sum() + false.sum())
    return float(hits.sum() / called) if called else 1.0


def _interval(
    photo: NDArray[np.int64],
    hits: NDArray[np.bool_],
    false: NDArray[np.int64],
    of: Callable[[NDArray[np.bool_], NDArray[np.int64]], float],
) -> dict[str, float]:
    """Photos are drawn again and again, with all their edits."""
    random = np.random.default_rng(SEED)
    rows = [np.flatnonzero(photo == one) for one in np.unique(photo)]
    drawn = []
    for _ in range(500):
        chosen = np.concatenate([rows[place] for place in random.integers(0, len(rows), len(rows))])
        drawn.append(of(hits[chosen], false[chosen]))
    low, high = np.percentile(drawn, [2.5, 97.5])
    return {"value": of(hits, false), "low": float(low), "high": float(high)}


def _split(scores: Scores, truth: NDArray[np.int64]) -> tuple[Scores, Scores]:
    """Scores of the right answers (q,), and of all others (q, n) with the right ones at -inf."""
    rows = np.arange(len(truth))
    wrong = scores.copy()
    wrong[rows, truth] = -np.inf
    return scores[rows, truth], wrong
