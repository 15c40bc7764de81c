"""Where photos and sentences meet, for models that take the mismatch model's vectors as they are.

Model folders do not import each other; those that train on photos come through this door.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from PIL import Image
from tqdm import tqdm

from ml.artefacts import bundled
from ml.encoders.base import TextEncoder, Vectors, read_photo
from ml.encoders.registry import load_image_encoder

DECODED_SIZE = 224
_CHUNK = 64


class PhotoSpace(Protocol):
    """Photos and sentences to unit rows of one space; `release` changes whenever they may."""

    release: str

    @property
    def dim(self) -> int: ...

    def encode_photos(self, images: Sequence[Image.Image]) -> Vectors: ...

    def encode_titles(self, titles: Sequence[str]) -> Vectors: ...


def load_photo_space(text_encoder: TextEncoder, image_encoder: str = "bundled") -> PhotoSpace:
    """The space of the bundled mismatch model; raises ArtefactError."""
    from ml.mismatch.predict import load_mismatch

    return load_mismatch(bundled("mismatch"), load_image_encoder(image_encoder), text_encoder)


def photo_rows(paths: Sequence[Path], space: PhotoSpace, work: Path | None = None) -> Vectors:
    """Unit rows (paths, dim), zero for what cannot be read; kept in `work` if it is given."""
    digest = hashlib.sha256("\n".join([space.release, *map(str, paths)]).encode()).hexdigest()[:16]
    kept = work / f"photos-{digest}.npy" if work else None
    if kept and kept.exists():
        held: Vectors = np.load(kept)
        return held
    rows = np.zeros((len(paths), space.dim), np.float32)
    for start in tqdm(range(0, len(paths), _CHUNK), desc="photos", mininterval=5):
        found = {
            place: image
            for place, path in enumerate(paths[start : start + _CHUNK], start)
            if (image := _readable(path)) is not None
        }
        if found:
            rows[list(found)] = space.encode_photos(list(found.values()))
    if kept:
        kept.parent.mkdir(parents=True, exist_ok=True)
        draft = kept.with_suffix(".draft.npy")
        np.save(draft, rows)
        draft.replace(kept)
    return rows


def _readable(path: Path) -> Image.Image | None:
    try:
        return read_photo(path, DECODED_SIZE)
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        tqdm.write(f"left out {path.name}: {error}")
        return None
