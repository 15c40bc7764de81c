"""What the category tower learns from: titles and photos with the path their source gave them."""

from __future__ import annotations

import csv
import gzip
import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from ml.category.model import TokenBags, Vectors, category_tokens, title_tokens
from ml.category.taxonomy import SEPARATOR, CategorySpec
from ml.category.words import words_of
from ml.encoders.base import TextEncoder
from ml.photo_space import PhotoSpace, photo_rows
from ml.records import ItemRecord, Split, split_of

MARKETPLACE = ("flipkart", "magento", "myntra")  # titles as shops write them, one pool of leaves
TITLED = (*MARKETPLACE, "implicitave")
LABELLED = ("caltech", "clothing", "grocery")  # titles are the class names: photos alone count
POOLS = ("marketplace", "implicitave", *LABELLED)
LEAST_PRODUCTS = 10  # of a leaf that figures are measured on
STYLES = Path("text") / "myntra_styles_all_44k.csv.gz"

_CHUNK = 256


@dataclass(frozen=True, slots=True)
class Example:
    """A listing and its leaf; `title` is empty where it would only repeat the leaf.

    `pool` numbers the taxonomy in POOLS: leaves of other sources are no wrong answers.
    """

    title: str
    path: str
    pool: int
    source: str
    split: Split
    photo: Path | None = None

    @property
    def unnamed(self) -> str:
        """The title without the words of the leaf: what a careless seller might have typed."""
        leaf = {word.form for word in words_of(self.path.split(SEPARATOR)[-1])}
        kept = list(self.title)
        for word in words_of(self.title):
            if word.form in leaf:
                kept[word.start : word.end] = [""] * (word.end - word.start)
        return " ".join("".join(kept).split())


def examples_of(records: Sequence[ItemRecord]) -> list[Example]:
    """The catalogue's items that may be trained on, in all splits.

    A photo that a train item shares with one of a later split counts only for the latter.
    """
    held_out = {
        photo for record in records if split_of(record.id) != "train" for photo in record.photos[:1]
    }
    examples = []
    for record in records:
        titled = record.source in TITLED and not record.title_is_label
        if not record.category or not (titled or record.source in LABELLED):
            continue
        split = split_of(record.id)
        photo = record.photos[0] if record.photos else None
        if split == "train" and photo in held_out:
            photo = None
        if (titled and record.title) or photo:
            pool = "marketplace" if record.source in MARKETPLACE else record.source
            title = record.title if titled else ""
            path = SEPARATOR.join(record.category)
            examples.append(Example(title, path, POOLS.index(pool), record.source, split, photo))
    return examples


def read_styles(data: Path, records: Sequence[ItemRecord]) -> list[Example]:
    """Fashion titles without photos, all of train; empty where the folder has no such file.

    None is an item of the catalogue, none has the title of one that is held out.
    """
    path = data / STYLES
    if not path.exists():
        return []
    ids = {record.id for record in records}
    titles = {record.title.lower() for record in records if split_of(record.id) != "train"}
    with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
        rows = [
            (
                f"myntra:{row['id']}",
                row["productDisplayName"].strip(),
                SEPARATOR.join((row["masterCategory"], row["subCategory"], row["articleType"])),
            )
            for row in csv.DictReader(lines)
            if row["productDisplayName"]
        ]
    return [
        Example(title, leaf, POOLS.index("marketplace"), "styles", "train")
        for item, title, leaf in rows
        if item not in ids and split_of(item) == "train" and title.lower() not in titles
    ]


def leaves_of(examples: Sequence[Example]) -> list[str]:
    """The marketplace's leaves that hold LEAST_PRODUCTS of the catalogue or more, sorted."""
    counts: dict[str, int] = {}
    for example in examples:
        if example.source in MARKETPLACE:
            counts[example.path] = counts.get(example.path, 0) + 1
    return sorted(path for path, count in counts.items() if count >= LEAST_PRODUCTS)


@dataclass(frozen=True)
class Corpus:
    """Examples and the leaves they name, encoded once. Row i belongs to example or leaf i."""

    examples: list[Example]
    titles: Vectors  # (n, text_dim), zero without a title
    unnamed: Vectors  # the same of the titles without the leaf's words
    photos: Vectors  # (n, photo_dim), zero without a photo
    title_bags: TokenBags
    unnamed_bags: TokenBags
    categories: list[CategorySpec]
    sentences: Vectors  # (leaves, text_dim)
    category_bags: TokenBags
    answers: NDArray[np.int64]  # (n,) place of the example's leaf
    pools: NDArray[np.bool_]  # (pools, leaves)

    def where(self, split: Split, sources: Collection[str]) -> NDArray[np.int64]:
        return np.array(
            [
                row
                for row, example in enumerate(self.examples)
                if example.split == split and example.source in sources
            ],
            np.int64,
        )

    @cached_property
    def places(self) -> dict[str, int]:
        return {category.path: place for place, category in enumerate(self.categories)}


def encode_corpus(
    examples: Sequence[Example],
    texts: TextEncoder,
    space: PhotoSpace,
    buckets: int,
    work: Path | None = None,
) -> Corpus:
    """Every title, photo and leaf as rows; what is slow to encode is kept in `work`, if given."""
    paths = sorted({example.path for example in examples})
    categories = [CategorySpec(place, path) for place, path in enumerate(paths)]
    places = {path: place for place, path in enumerate(paths)}
    pictured = [row for row, example in enumerate(examples) if example.photo]
    photos = np.zeros((len(examples), space.dim), np.float32)
    photos[pictured] = photo_rows(
        [photo for example in examples if (photo := example.photo)], space, work
    )
    # Only listings with a photo are ever shown without their words: those cost encoding twice.
    unnamed = [example.unnamed if example.photo else "" for example in examples]
    pools = np.zeros((len(POOLS), len(paths)), np.bool_)
    for example in examples:
        pools[example.pool, places[example.path]] = True
    return Corpus(
        examples=list(examples),
        titles=text_rows([example.title for example in examples], texts, work),
        unnamed=text_rows(unnamed, texts, work),
        photos=photos,
        title_bags=TokenBags.of([title_tokens(example.title, buckets) for example in examples]),
        unnamed_bags=TokenBags.of([title_tokens(title, buckets) for title in unnamed]),
        categories=categories,
        sentences=text_rows([category.sentence for category in categories], texts, work),
        category_bags=TokenBags.of([category_tokens(each, buckets) for each in categories]),
        answers=np.array([places[example.path] for example in examples], np.int64),
        pools=pools,
    )


def text_rows(texts: Sequence[str], encoder: TextEncoder, work: Path | None = None) -> Vectors:
    """Unit rows (texts, text_dim), zero for empty texts; equal texts are encoded once."""
    unique = sorted({text for text in texts if text}, key=lambda text: (len(text), text))
    digest = hashlib.sha256("\n".join([encoder.release, *unique]).encode()).hexdigest()[:16]
    kept = work / f"texts-{digest}.npy" if work else None
    if kept and kept.exists():
        rows: Vectors = np.load(kept)
    else:
        rows = np.zeros((len(unique), encoder.dim), np.float32)
        for start in tqdm(range(0, len(unique), _CHUNK), desc="texts", mininterval=5):
            rows[start : start + _CHUNK] = encoder.encode(unique[start : start + _CHUNK])
        if kept:
            kept.parent.mkdir(parents=True, exist_ok=True)
            draft = kept.with_suffix(".draft.npy")
            np.save(draft, rows)
            draft.replace(kept)
    place = {text: row for row, text in enumerate(unique)}
    with_none = np.concatenate([rows, np.zeros((1, encoder.dim), np.float32)])
    return with_none[[place.get(text, -1) for text in texts]]
