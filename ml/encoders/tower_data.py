"""Everything a tower's training reads, prepared once: pixels, teachers' features, title vectors."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from ml.encoders.base import TextEncoder
from ml.encoders.corpus import Pair, pairs_of
from ml.encoders.pixels import cropped, decode_photos, view_boxes
from ml.encoders.teacher import INPUT_SIZE, TEACHER_DIM, compiled_teacher, load_teacher
from ml.encoders.title_bank import (
    TitleBank,
    Titles,
    as_titles,
    build_title_bank,
    encode_texts,
    texts_of,
)
from ml.encoders.words import Vocabulary, learn_vocabulary
from ml.negatives import hard_negatives, random_negatives
from ml.records import ItemRecord

TEACHERS = ("object_labeler_mobilenetv2_050", "imagenet_mobilenetv2_100")
STORED_SIZE = 160
VIEWS = 3  # of each photo that the teachers are asked about
SEED = 0
_TEACHER_BATCH = 32


@dataclass(frozen=True)
class TowerData:
    train: list[Pair]
    valid: list[Pair]
    pixels: NDArray[np.uint8]  # (train + valid, s, s, 3)
    boxes: NDArray[np.float32]  # (train, VIEWS, 4)
    teacher: NDArray[np.float16]  # (train, VIEWS, teachers · 1280), columns of unit variance
    vocabulary: Vocabulary
    bank: TitleBank  # of the train pairs
    valid_titles: Titles
    valid_random: NDArray[np.int64]
    valid_hard: NDArray[np.int64]

    def pixels_of(
        self, split: Literal["train", "valid"], rows: NDArray[np.int64]
    ) -> NDArray[np.uint8]:
        # Sorted reads of the mapped file, put back in order: random ones stall on a cold cache.
        shifted = rows if split == "train" else rows + len(self.train)
        order = np.argsort(shifted)
        chosen = np.empty((len(rows), *self.pixels.shape[1:]), dtype=np.uint8)
        chosen[order] = self.pixels[shifted[order]]
        return chosen


def prepare(
    records: Sequence[ItemRecord], teachers: Path, text_encoder: TextEncoder, work: Path, limit: int
) -> TowerData:
    """Decode, ask the teachers and encode the titles; each result is kept in `work` for next time.

    `limit` bounds the pairs of either split, for a smoke run.
    """
    train, valid = pairs_of(records, "train")[:limit], pairs_of(records, "valid")[:limit]
    work.mkdir(parents=True, exist_ok=True)
    photos = [pair.photo for pair in [*train, *valid]]
    pixels = _kept(work, "pixels", photos, lambda file: decode_photos(photos, STORED_SIZE, file))
    boxes = view_boxes(len(train), VIEWS, SEED)
    features = _kept(
        work,
        "teacher",
        [*photos[: len(train)], VIEWS],
        lambda file: _ask_teachers(pixels[: len(train)], boxes, teachers, file),
    )
    texts = texts_of(train)
    vectors = _kept(
        work, "titles", texts, lambda file: _saved(encode_texts(texts, text_encoder), file)
    )
    vocabulary = learn_vocabulary(_titles(train))
    valid_records = [pair.record for pair in valid]
    return TowerData(
        train=train,
        valid=valid,
        pixels=pixels,
        boxes=boxes,
        teacher=_standardised(features),
        vocabulary=vocabulary,
        bank=build_title_bank(train, texts, vectors, vocabulary),
        valid_titles=as_titles(text_encoder.encode(_titles(valid)), _titles(valid), vocabulary),
        valid_random=random_negatives(valid_records, seed=SEED),
        valid_hard=hard_negatives(valid_records, seed=SEED),
    )


def _titles(pairs: Sequence[Pair]) -> list[str]:
    return [pair.record.title for pair in pairs]


def _kept(
    work: Path, name: str, keys: Sequence[object], make: Callable[[Path], NDArray[Any]]
) -> NDArray[Any]:
    """The array made for these keys, from `work` if it is there, else made and kept."""
    digest = hashlib.sha256("\n".join(map(str, keys)).encode()).hexdigest()[:12]
    file = work / f"{name}-{digest}.npy"
    if not file.exists():
        draft = file.with_suffix(".draft")
        make(draft)
        draft.rename(file)
    kept: NDArray[Any] = np.load(file, mmap_mode="r")
    return kept


def _ask_teachers(
    pixels: NDArray[np.uint8], boxes: NDArray[np.float32], folder: Path, file: Path
) -> NDArray[np.float16]:
    """Features (photos, views, teachers · 1280) of every box of every photo."""
    teachers = [compiled_teacher(load_teacher(folder / f"{name}.safetensors")) for name in TEACHERS]
    features = np.empty((*boxes.shape[:2], len(teachers) * TEACHER_DIM), dtype=np.float16)
    for start in tqdm(range(0, len(pixels), _TEACHER_BATCH), desc="teachers", mininterval=5):
        rows = slice(start, start + _TEACHER_BATCH)
        for view in range(boxes.shape[1]):
            images = cropped(pixels[rows], boxes[rows, view], INPUT_SIZE) * 2 - 1
            features[rows, view] = np.hstack([teacher(images.numpy()) for teacher in teachers])
    return _saved(features, file)


def _standardised(features: NDArray[np.float16]) -> NDArray[np.float16]:
    """Columns of mean 0 and variance 1, bounded; measured on the whole photos."""
    whole = features[:, 0].astype(np.float32)
    mean, deviation = whole.mean(0), whole.std(0) + 1e-3
    scaled = np.empty(features.shape, dtype=np.float16)
    for start in range(0, len(features), 1024):
        part = features[start : start + 1024].astype(np.float32)
        scaled[start : start + 1024] = ((part - mean) / deviation).clip(-5, 5)
    return scaled


def _saved(rows: NDArray[Any], file: Path) -> NDArray[Any]:
    with file.open("wb") as out:
        np.save(out, rows)
    return rows
