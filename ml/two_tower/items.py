"""Items as the towers take them: rows of frozen encoders, several views and wordings of each."""

from __future__ import annotations

import csv
import gzip
import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps
from tqdm import tqdm

from ml.encoders.base import ImageEncoder, TextEncoder, Vectors, read_photo, unit_rows
from ml.encoders.corpus import pairs_of, title_variants
from ml.negatives import title_words
from ml.records import ItemRecord, Split, split_of
from ml.two_tower.pairs import look_of

VIEWS = 3  # of a photo in training: whole, mirrored, a random crop
WORDINGS = 3  # of a title in training, the first of `wordings_of`
TITLE, TWO_WORDS, STATED, UNNAMED = range(4)
LEAST_CROP = 0.6  # share of the picture that a random crop keeps
DECODED_SIZE = 224
STYLES = Path("text") / "myntra_styles_all_44k.csv.gz"

_CHUNK = 256


@dataclass(frozen=True)
class ItemRows:
    """Row i of every array belongs to `records[i]`.

    An item without a readable photo has a zero row and `has_photo` false; several photos of an
    item are one row, the mean of theirs.
    """

    records: list[ItemRecord]
    photos: Vectors  # (views, items, image_dim), unit or zero
    has_photo: NDArray[np.bool_]  # (items,)
    texts: list[list[str]]  # wordings of items of strings, "" where a wording is missing
    titles: Vectors  # (wordings, items, text_dim)

    def chosen(self, rows: NDArray[np.int64]) -> ItemRows:
        """These rows alone, in the order given."""
        return ItemRows(
            [self.records[row] for row in rows],
            self.photos[:, rows],
            self.has_photo[rows],
            [[texts[row] for row in rows] for texts in self.texts],
            self.titles[:, rows],
        )

    def worded(self, wording: int) -> ItemRows:
        """The same items as if their sellers had typed nothing but this wording."""
        return replace(self, texts=[self.texts[wording]], titles=self.titles[wording : wording + 1])


def joined(first: ItemRows, second: ItemRows) -> ItemRows:
    """The items of both; the second, which must have as many wordings, fills missing views by zero.

    Raises ValueError where the second has photos in fewer views: those would be lost.
    """
    views = len(first.photos)
    photos = second.photos
    if len(photos) != views:
        if second.has_photo.any():
            raise ValueError(f"photos in {len(photos)} views cannot join photos in {views}")
        photos = np.zeros((views, *photos.shape[1:]), dtype=np.float32)
    return ItemRows(
        records=first.records + second.records,
        photos=np.concatenate([first.photos, photos], axis=1),
        has_photo=np.concatenate([first.has_photo, second.has_photo]),
        texts=[one + other for one, other in zip(first.texts, second.texts, strict=True)],
        titles=np.concatenate([first.titles, second.titles], axis=1),
    )


def items_of(records: Sequence[ItemRecord], split: Split) -> list[ItemRecord]:
    """The titled records of a split that may be trained on, without photos of a later split."""
    photos: dict[str, list[Path]] = {}
    for pair in pairs_of(records, split):
        photos.setdefault(pair.record.id, []).append(pair.photo)
    return [
        replace(record, photos=tuple(photos[record.id]))
        for record in records
        if record.id in photos
    ]


def read_styles(data: Path, known: Iterable[str]) -> list[ItemRecord]:
    """Fashion titles without photos, of the train split, none of them among the `known` ids.

    Empty where the folder has no such file: they make the text side better, not possible.
    """
    path, taken = data / STYLES, set(known)
    if not path.exists():
        return []
    with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
        rows = [
            ItemRecord(
                id=f"myntra:{row['id']}",
                title=row["productDisplayName"].strip(),
                source="myntra",
                category=(row["masterCategory"], row["subCategory"], row["articleType"]),
                attributes={
                    "Gender": row["gender"],
                    "Type": row["articleType"],
                    "Color": row["baseColour"],
                },
            )
            for row in csv.DictReader(lines)
            if row["productDisplayName"]
        ]
    return [row for row in rows if split_of(row.id) == "train" and row.id not in taken]


def encode_items(
    records: Sequence[ItemRecord],
    image_encoder: ImageEncoder,
    text_encoder: TextEncoder,
    *,
    views: int = 1,
    wordings: int = 2,
    work: Path | None = None,
) -> ItemRows:
    """Rows of every record, whether it has a readable photo or not.

    What was encoded is kept in `work`, if given, and found again for the same encoder and files.
    """
    paths = [path for record in records for path in record.photos]
    seen = _kept(
        work, (image_encoder.release, views, *paths), lambda: _views(paths, image_encoder, views)
    )
    texts = wordings_of(records)[:wordings]
    unique = list(dict.fromkeys(text for row in texts for text in row))
    said = _kept(work, (text_encoder.release, *unique), lambda: _encoded(unique, text_encoder))
    place = {text: row for row, text in enumerate(unique)}
    owner = np.repeat(np.arange(len(records)), [len(record.photos) for record in records])
    photos = np.stack([_mean_by(owner, view, len(records)) for view in seen])
    return ItemRows(
        records=list(records),
        photos=photos,
        has_photo=np.asarray((photos[0] != 0).any(axis=1)),
        texts=texts,
        titles=np.stack([said[[place[text] for text in row]] for row in texts]),
    )


def wordings_of(records: Sequence[ItemRecord], seed: int = 0) -> list[list[str]]:
    """Four lists of one text a record, all true of it: TITLE, TWO_WORDS, STATED, UNNAMED.

    The title, two words of it, what the attributes say, the title without its type and colour.
    """
    generator = np.random.default_rng(seed)
    stated = [title_variants(record, generator)[-1] for record in records]
    short = [two_words(record.title, generator) for record in records]
    unnamed = [without_look(record) for record in records]
    return [[record.title for record in records], short, stated, unnamed]


def two_words(title: str, generator: np.random.Generator) -> str:
    """Two words of the title in its order, drawn at random; shorter titles stay as they are."""
    words = title.split()
    if len(words) <= 2:
        return title
    kept = np.sort(generator.choice(len(words), 2, replace=False))
    return " ".join(words[place] for place in kept)


def without_look(record: ItemRecord) -> str:
    """The title without the words that name the item's type or colour."""
    look = look_of(record) or ()
    told = frozenset[str]().union(*(title_words(part) for part in look[1:]))
    kept = (word for word in record.title.split() if not _words_within(word) & told)
    return " ".join(kept)


def _words_within(word: str) -> frozenset[str]:
    """As one word and as its parts: what is navy-blue is blue."""
    return title_words(word) | title_words(word.replace("-", " "))


def _views(paths: Sequence[Path], encoder: ImageEncoder, views: int) -> Vectors:
    """(views, photos, image_dim); zero rows for what cannot be read."""
    generator = np.random.default_rng(0)
    rows = np.zeros((views, len(paths), encoder.dim), dtype=np.float32)
    for start in tqdm(range(0, len(paths), _CHUNK), desc="photos", mininterval=5):
        photos = {
            place: photo
            for place, path in enumerate(paths[start : start + _CHUNK], start)
            if (photo := _readable(path)) is not None
        }
        for view in range(views if photos else 0):
            varied = [_view_of(photo, view, generator) for photo in photos.values()]
            rows[view, list(photos)] = encoder.encode(varied)
    return rows


def _readable(path: Path) -> Image.Image | None:
    try:
        return read_photo(path, DECODED_SIZE)
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        tqdm.write(f"left out {path.name}: {error}")
        return None


def _view_of(photo: Image.Image, view: int, generator: np.random.Generator) -> Image.Image:
    if view == 0:
        return photo
    if view == 1:
        return ImageOps.mirror(photo)
    side = float(np.sqrt(generator.uniform(LEAST_CROP, 1.0)))
    width, height = max(1, int(photo.width * side)), max(1, int(photo.height * side))
    left = int(generator.integers(photo.width - width + 1))
    top = int(generator.integers(photo.height - height + 1))
    return photo.crop((left, top, left + width, top + height))


def _encoded(texts: Sequence[str], encoder: TextEncoder) -> Vectors:
    rows = np.zeros((len(texts), encoder.dim), dtype=np.float32)
    for start in tqdm(range(0, len(texts), _CHUNK), desc="titles", mininterval=5):
        rows[start : start + _CHUNK] = encoder.encode(texts[start : start + _CHUNK])
    return rows


def _mean_by(owner: NDArray[np.int64], rows: Vectors, count: int) -> Vectors:
    """Unit means (count, dim) of the rows of each owner; zero for an owner without any."""
    total = np.zeros((count, rows.shape[1]), dtype=np.float32)
    np.add.at(total, owner, rows)
    return unit_rows(total)


def _kept(work: Path | None, made_from: tuple[object, ...], make: Callable[[], Vectors]) -> Vectors:
    if work is None:
        return make()
    digest = hashlib.sha256("\n".join(map(str, made_from)).encode()).hexdigest()[:16]
    file = work / f"rows-{digest}.npy"
    if not file.exists():
        work.mkdir(parents=True, exist_ok=True)
        rows = make()
        draft = file.with_suffix(".draft.npy")
        np.save(draft, rows)
        draft.replace(file)
    kept: Vectors = np.load(file)
    return kept
