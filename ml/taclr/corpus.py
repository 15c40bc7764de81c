"""What TACLR learns from: annotated offers and the catalogue, with all that is computed once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ml.records import ItemRecord, Split, read_catalogue, split_of
from ml.taclr.model import TextEncoder, query_text
from ml.taclr.offers import Offer
from ml.taclr.surface import compact
from ml.taclr.taxonomy import AttributeSpec, taxonomy_of

# Of the sources with attributes, the ones that models may be trained on (data README).
SOURCES = ("flipkart", "myntra", "magento", "implicitave", "clothing", "caltech", "grocery")
LEAST_ITEMS = 8  # of a (category, attribute); fewer show no list of values
DEPTH = 2  # how much of a category's path names the place of its attributes
TYPE = "Type"

Taxonomy = Mapping[str, Mapping[str, AttributeSpec]]


@dataclass(frozen=True)
class Corpus:
    """Training items; `photos` (items, photo_dim) has rows of zeros where there is none."""

    offers: list[Offer]
    taxonomy: Taxonomy
    sentences: NDArray[np.float32]  # (items, text_dim)
    photos: NDArray[np.float32]
    encoder: CachedEncoder


class CachedEncoder:
    """A text encoder that reads every text once: folds ask for the same sentences again."""

    def __init__(self, encoder: TextEncoder) -> None:
        self._encoder = encoder
        self._held: dict[str, NDArray[np.float32]] = {}

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        missing = [text for text in dict.fromkeys(texts) if text not in self._held]
        if missing:
            self._held.update(zip(missing, self._encoder.encode(missing), strict=True))
        return np.stack([self._held[text] for text in texts])


def read_corpus(
    offers: Sequence[Offer], photos: NDArray[np.float32], encoder: TextEncoder
) -> Corpus:
    cached = CachedEncoder(encoder)
    sentences = encoder.encode([query_text(offer.title, offer.description) for offer in offers])
    annotations = [(offer.category, offer.gold) for offer in offers]
    return Corpus(list(offers), taxonomy_of(annotations), sentences, photos, cached)


def catalogue_items(folder: Path, *, split: Split | None) -> list[ItemRecord]:
    """Items with attributes of the sources above; `split` None is training and validation."""
    return [
        item
        for item in read_catalogue(folder)
        if item.source in SOURCES
        and item.attributes
        and (split_of(item.id) == split if split else split_of(item.id) != "test")
    ]


def offers_of(
    items: Sequence[ItemRecord], *, like: Sequence[ItemRecord] | None = None
) -> list[Offer]:
    """The items as annotated offers. A title that is only a label says nothing and is left out.

    Spellings of a value that differ in case or punctuation become the most frequent one; attributes
    that hardly any item of the category has are left out. Both are counted over `like`, which is
    the training items when `items` are held out.
    """
    counted = items if like is None else like
    spelling = spellings_of(counted)
    counts = Counter((category_of(item), name) for item in counted for name in item.attributes)
    return [
        Offer(
            id=item.id,
            category=category_of(item),
            title="" if item.title_is_label else item.title,
            description="",
            gold={
                name: (spelling.get((name, compact(value)), value),)
                for name, value in item.attributes.items()
                if counts[category_of(item), name] >= LEAST_ITEMS
            },
        )
        for item in items
    ]


def spellings_of(items: Sequence[ItemRecord]) -> dict[tuple[str, str], str]:
    """(attribute, compact value) -> its most frequent spelling."""
    counts: dict[tuple[str, str], Counter[str]] = {}
    for item in items:
        for name, value in item.attributes.items():
            counts.setdefault((name, compact(value)), Counter())[value] += 1
    return {key: held.most_common(1)[0][0] for key, held in counts.items()}


def category_of(item: ItemRecord) -> str:
    """Where the item's attributes belong: not under a leaf that is a type's own name."""
    path = item.category
    if path and compact(path[-1]) == compact(item.attributes.get(TYPE, "")):
        path = path[:-1]
    return " > ".join(path[:DEPTH])
