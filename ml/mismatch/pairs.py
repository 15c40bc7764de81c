"""Records with their vectors, and the true and wrong pairs that fitting and measuring both need."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from tqdm import tqdm

from ml.encoders.base import ImageEncoder, TextEncoder, Vectors, read_photo
from ml.records import ItemRecord

DECODED_SIZE = 224
_CHUNK = 256


@dataclass(frozen=True)
class EncodedItems:
    """Records that have a title and a readable photo, with one row for each photo of theirs.

    `owner[p]` is the record of photo row p; rows of one record are consecutive.
    """

    records: list[ItemRecord]
    photos: Vectors  # (photos, image_dim)
    owner: NDArray[np.int64]  # (photos,)
    titles: Vectors  # (records, text_dim)
    unreadable: tuple[str, ...]  # "photo: reason", of photos left out
    left_out: int  # records without a title or without a readable photo

    def mean_by_owner(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Means (records,) of values (photos,) over the photos of each record."""
        total = np.bincount(self.owner, weights=values, minlength=len(self.records))
        counts = np.bincount(self.owner, minlength=len(self.records))
        mean: NDArray[np.float64] = total / counts
        return mean


def encode_items(
    records: Sequence[ItemRecord],
    image_encoder: ImageEncoder,
    text_encoder: TextEncoder,
    *,
    view: Callable[[Image.Image], Image.Image] = lambda image: image,
) -> EncodedItems:
    """Encode titles and photos; photos that cannot be read are named, not fatal.

    `view` varies each photo before it is encoded.
    """
    kept: list[ItemRecord] = []
    owner: list[int] = []
    rows: list[Vectors] = []
    unreadable: list[str] = []
    for chunk in _chunks(records):
        images: list[Image.Image] = []
        for record in chunk:
            found = list(_readable(record.photos if record.title.strip() else (), unreadable))
            if found:
                owner += [len(kept)] * len(found)
                kept.append(record)
                images += [view(image) for image in found]
        rows.append(image_encoder.encode(images))
    empty = np.empty((0, image_encoder.dim), dtype=np.float32)
    return EncodedItems(
        records=kept,
        photos=np.concatenate(rows) if rows else empty,
        owner=np.array(owner, dtype=np.int64),
        titles=encode_titles([record.title for record in kept], text_encoder),
        unreadable=tuple(unreadable),
        left_out=len(records) - len(kept),
    )


def encode_titles(titles: Sequence[str], text_encoder: TextEncoder) -> Vectors:
    """Rows (n, text_dim) with progress; a title that repeats is encoded once."""
    unique = list(dict.fromkeys(titles))
    parts = [
        text_encoder.encode(unique[start : start + _CHUNK])
        for start in tqdm(range(0, len(unique), _CHUNK), desc="titles", mininterval=5)
    ]
    if not parts:
        return np.empty((0, text_encoder.dim), dtype=np.float32)
    place = {title: row for row, title in enumerate(unique)}
    return np.concatenate(parts)[[place[title] for title in titles]]


def _chunks(records: Sequence[ItemRecord]) -> Iterator[Sequence[ItemRecord]]:
    starts = range(0, len(records), _CHUNK)
    for start in tqdm(starts, desc="photos", mininterval=5):
        yield records[start : start + _CHUNK]


def _readable(photos: Sequence[Path], unreadable: list[str]) -> Iterator[Image.Image]:
    for path in photos:
        try:
            yield read_photo(path, DECODED_SIZE)
        except (OSError, ValueError, Image.DecompressionBombError) as error:
            unreadable.append(f"{path.name}: {error}")
