"""What the picture models learn from: pairs of a photo and its title, and other ways to say it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ml.negatives import title_words
from ml.records import ItemRecord, Split, split_of

# Licences that allow measuring and nothing else.
EVALUATION_ONLY = frozenset({"ikea"})
# Sources of varied real titles with few products, counted twice in an epoch.
TWICE = frozenset({"flipkart", "implicitave"})
VARIANT_SHARES = (0.5, 0.25, 0.25)

_WORD_DROPOUT = 0.25


@dataclass(frozen=True, slots=True)
class Pair:
    """A photo and the record whose title is true of it."""

    record: ItemRecord
    photo: Path


def pairs_of(records: Sequence[ItemRecord], split: Split) -> list[Pair]:
    """Every photo of every titled record of the split.

    A photo that variants of one product share belongs to the split that is furthest from
    training, else the test would ask for pictures that were learnt by heart.
    """
    order: tuple[Split, ...] = ("train", "valid", "test")
    later = {
        photo
        for record in records
        if order.index(split_of(record.id)) > order.index(split)
        for photo in record.photos
    }
    return [
        Pair(record, photo)
        for record in records
        if split_of(record.id) == split and record.source not in EVALUATION_ONLY and record.title
        for photo in record.photos
        if photo not in later
    ]


def title_variants(record: ItemRecord, generator: np.random.Generator) -> list[str]:
    """The title, the title with words left out, and what its attributes say.

    As many texts as VARIANT_SHARES, all true of the photos: nothing is added that the record does
    not state.
    """
    return [
        record.title,
        _with_words_dropped(record.title, generator),
        _from_attributes(record),
    ]


def _with_words_dropped(title: str, generator: np.random.Generator) -> str:
    words = title.lower().split()
    kept = [word for word in words if generator.random() >= _WORD_DROPOUT]
    return " ".join(kept) if len(kept) >= 2 else " ".join(words)


def _from_attributes(record: ItemRecord) -> str:
    """Such as "black men shoes": what someone without the brand's wording would type."""
    colour = record.attributes.get("Color") or record.attributes.get("Colour") or ""
    kind = record.attributes.get("Type") or (record.category[-1] if record.category else "")
    if not kind or title_words(kind) == title_words(record.title):
        return record.title.lower()
    parts = [colour, record.attributes.get("Gender", ""), kind]
    return " ".join(part for part in parts if part).lower()
