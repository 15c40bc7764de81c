"""Sets of three photos under one title, clean and with one wrong photo among them.

Hardly any catalogue has three photos an item and the truth about them, so two kinds of right sets
stand beside each other. `own`: photos of one item. `alike`: an item's photo and those of two others
of the same source, kind and colour, which is harder than photos of one thing ever are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ml.mismatch.pairs import EncodedItems
from ml.mismatch.values import KINDS
from ml.negatives import title_words, titles_agree
from ml.records import ItemRecord

SET_SIZE = 3
Rights = Literal["own", "alike"]


@dataclass(frozen=True)
class PhotoSets:
    """`photos` (m, 3) are rows of EncodedItems.photos, under the title of record `record` (m,)."""

    record: NDArray[np.int64]
    photos: NDArray[np.int64]
    planted: NDArray[np.int64]  # (m,) the column of the wrong photo, -1 where all are right


def clean_sets(items: EncodedItems, rights: Rights, seed: int) -> PhotoSets:
    """Right photos only: an item with three, or an item with two that are like it."""
    generator = np.random.default_rng(seed)
    return _sets(items, rights, SET_SIZE, generator)


def planted_sets(
    items: EncodedItems, rights: Rights, seed: int, *, same_source: bool = False
) -> PhotoSets:
    """Two right photos and, at any place, one of a product whose title does not agree."""
    generator = np.random.default_rng(seed)
    sets = _sets(items, rights, SET_SIZE - 1, generator)
    words = [title_words(record.title) for record in items.records]
    sources = np.array([record.source for record in items.records])
    kept, rows, places = [], [], []
    for number, record in enumerate(sets.record.tolist()):
        for photo in generator.permutation(len(items.photos))[:200].tolist():
            other = int(items.owner[photo])
            near = not same_source or sources[other] == sources[record]
            if near and not titles_agree(words[record], words[other]):
                place = int(generator.integers(0, SET_SIZE))
                kept.append(record)
                places.append(place)
                rows.append(np.insert(sets.photos[number], place, photo))
                break
    return PhotoSets(
        np.array(kept, dtype=np.int64),
        np.array(rows, dtype=np.int64).reshape(-1, SET_SIZE),
        np.array(places, dtype=np.int64),
    )


def _sets(
    items: EncodedItems, rights: Rights, size: int, generator: np.random.Generator
) -> PhotoSets:
    choose = _own_photos(items) if rights == "own" else _photos_alike(items)
    records, rows = [], []
    for record in range(len(items.records)):
        photos = choose(record)
        if len(photos) >= size:
            records.append(record)
            first, *others = photos
            rows.append([first, *generator.permutation(others)[: size - 1].tolist()])
    return PhotoSets(
        np.array(records, dtype=np.int64),
        np.array(rows, dtype=np.int64).reshape(-1, size),
        np.full(len(records), -1),
    )


def _own_photos(items: EncodedItems) -> Callable[[int], list[int]]:
    of: dict[int, list[int]] = defaultdict(list)
    for photo, record in enumerate(items.owner.tolist()):
        of[record].append(photo)
    return lambda record: of[record]


def _photos_alike(items: EncodedItems) -> Callable[[int], list[int]]:
    """The first photo of a record, then those of others with the same source, kind and colour."""
    first = np.searchsorted(items.owner, np.arange(len(items.records)))
    members: dict[tuple[str, ...], list[int]] = defaultdict(list)
    looks = [_look_of(record) for record in items.records]
    for record, look in enumerate(looks):
        members[look].append(record)

    def choose(record: int) -> list[int]:
        if not all(looks[record]):
            return []
        others = [other for other in members[looks[record]] if other != record]
        return [int(first[one]) for one in (record, *others)]

    return choose


def _look_of(record: ItemRecord) -> tuple[str, ...]:
    colour = next((record.attributes[n] for n in KINDS["colour"] if n in record.attributes), "")
    kind = record.attributes.get("Type", "")
    return record.source, kind.lower(), colour.lower(), record.attributes.get("Gender", "any")
