"""Everything a tower's training reads, prepared once: pixels, teachers' features, title vectors."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from tqdm import tqdm

from ml.encoders.base import TextEncoder
from ml.encoders.corpus import Pair, pairs_of
from ml.encoders.pixels import decode_photos
from ml.encoders.teacher import load_teacher, teacher_features
from ml.encoders.title_bank import TitleBank, build_title_bank, encode_variants
from ml.negatives import hard_negatives, random_negatives
from ml.records import ItemRecord

TEACHERS = ("object_labeler_mobilenetv2_050", "imagenet_mobilenetv2_100")
STORED_SIZE = 160
_TEACHER_BATCH = 32


@dataclass(frozen=True)
class TowerData:
    train: list[Pair]
    valid: list[Pair]
    pixels: NDArray[np.uint8]  # (train + valid, s, s, 3)
    teacher: NDArray[np.float32]  # (train, teachers · 1280), each column of unit variance
    bank: TitleBank  # of the train pairs
    valid_titles: NDArray[np.float32]  # (valid, text dim)
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
    features = _kept(
        work, "teacher", photos[: len(train)], lambda file: _ask_teachers(train, teachers, file)
    )
    variants = _kept(
        work, "titles", _titles(train), lambda file: _encode_variants(train, text_encoder, file)
    )
    valid_records = [pair.record for pair in valid]
    return TowerData(
        train=train,
        valid=valid,
        pixels=pixels,
        teacher=_standardised(features),
        bank=build_title_bank(train, variants),
        valid_titles=text_encoder.encode(_titles(valid)),
        valid_random=random_negatives(valid_records, seed=0),
        valid_hard=hard_negatives(valid_records, seed=0),
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


def _ask_teachers(pairs: Sequence[Pair], folder: Path, file: Path) -> NDArray[np.float16]:
    teachers = [load_teacher(folder / f"{name}.safetensors") for name in TEACHERS]
    rows = []
    for start in tqdm(range(0, len(pairs), _TEACHER_BATCH), desc="teachers", mininterval=5):
        images = [Image.open(pair.photo) for pair in pairs[start : start + _TEACHER_BATCH]]
        rows.append(np.hstack([teacher_features(teacher, images) for teacher in teachers]))
    features = np.concatenate(rows).astype(np.float16)
    with file.open("wb") as out:
        np.save(out, features)
    return features


def _standardised(features: NDArray[np.float16]) -> NDArray[np.float32]:
    columns = features.astype(np.float32)
    scaled: NDArray[np.float32] = (columns - columns.mean(0)) / (columns.std(0) + 1e-3)
    return scaled.clip(-5, 5)


def _encode_variants(
    pairs: Sequence[Pair], text_encoder: TextEncoder, file: Path
) -> NDArray[np.float32]:
    rows = encode_variants(pairs, text_encoder)
    with file.open("wb") as out:
        np.save(out, rows)
    return rows
