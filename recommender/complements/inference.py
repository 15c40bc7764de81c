"""The only door to DeepRecs: a seed in, the best of what is for sale in its related categories out.

The seed is encoded as it is asked for, by numpy alone, so a new listing has complements at once;
candidates are in the snapshot. Model code is imported inside functions.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import structlog
from django.conf import settings
from numpy.typing import NDArray

from recommender import inference, policy, published
from recommender.complements import selectors, snapshot
from recommender.complements.selectors import Described
from recommender.recall_sets.base import Seed
from recommender.releases.inference import artefact_folder
from recommender.vectors import VectorError, unpack

if TYPE_CHECKING:
    from ml.deeprecs.predict import DeepRecs
    from ml.records import ItemRecord

log = structlog.get_logger()

DEEPRECS, VISUAL = "deeprecs", "visual"
KINDS = (DEEPRECS, VISUAL)
Rows = NDArray[np.float32]


class ComplementsError(Exception):
    """A model or its snapshot cannot be used; the message says why."""


def complements(kind: str, seed: Seed, *, limit: int) -> list[tuple[int, float]]:
    """Listings of the seed's related categories with their scores, best first.

    Nothing where no snapshot has been built yet, or the seed has nothing that the model knows.
    Raises ComplementsError.
    """
    weights = {each.category_id: _prior(each.score) for each in seed.related}
    if not weights:
        return []
    model = model_in_service(kind)
    candidates = _snapshot_of(kind)
    if candidates is None or candidates.manifest.release != release_of(model):
        return []
    row = _seed_row(model, seed)
    return [] if row is None else candidates.best(row, weights, limit)


def load(kind: str) -> None:
    """Reads now what `complements` would read when it is first asked. Raises ComplementsError."""
    model_in_service(kind)
    _snapshot_of(kind)


def _prior(score: float) -> float:
    """What a category is worth to its items; the score is the cosine of the two categories."""
    return policy.CATEGORY_PRIOR * math.log(max(score, policy.LEAST_CATEGORY_OCHIAI))


def _seed_row(model: DeepRecs, seed: Seed) -> Rows | None:
    described = [selectors.described_seed(seed)]
    dense, known = dense_rows(model, described)
    row: Rows = model.seed_rows(records_of(described), dense)[0]
    return row if known[0] and row.any() else None


# --- Which model, which vectors -----------------------------------------------------------------


def model_in_service(kind: str) -> DeepRecs:
    """Raises ComplementsError where its artefact cannot be used."""
    folder = artefact_folder(kind)
    loaded = _loaded(kind, folder, published.file_changed_at(folder / "SHA256SUMS"))
    if isinstance(loaded, str):
        raise ComplementsError(loaded)
    return loaded


@lru_cache(maxsize=4)
def _loaded(kind: str, folder: Path, changed_at: int) -> DeepRecs | str:
    """An error is an answer too: a broken artefact is read and logged once, not for every page."""
    from ml.artefacts import ArtefactError
    from ml.deeprecs.predict import load_deeprecs

    try:
        return load_deeprecs(folder, kind)
    except ArtefactError as error:
        log.warning("complements_unusable", kind=kind, reason=error.reason)
        return str(error)


def release_of(model: DeepRecs) -> str:
    """Names the vectors of a snapshot: the model's release and that of the vectors it reads."""
    dense = inference.release_in_service() if model.config.dense_dim else ""
    return f"{model.release}-{dense}" if dense else model.release


def dense_release() -> str:
    """Of the model that makes items' vectors: what it is trained with a model must be served with.

    Its release changes with its encoders', which it names.
    """
    from ml.artefacts import bundled

    own = Path(settings.ARTEFACTS_DIR) / inference.TWO_TOWER
    folder = own if own.is_dir() else bundled(inference.TWO_TOWER)
    return _dense_release(folder, published.file_changed_at(folder / "SHA256SUMS"))


@lru_cache(maxsize=2)
def _dense_release(folder: Path, changed_at: int) -> str:
    from ml.artefacts import ArtefactError, verify_checksums

    try:
        return verify_checksums(folder)
    except ArtefactError as error:
        log.warning("two_tower_unusable", reason=error.reason)
        return ""


def dense_rows(model: DeepRecs, listings: Sequence[Described]) -> tuple[Rows, NDArray[np.bool_]]:
    """The vectors (n, dense_dim) that the model reads, and which listings have theirs.

    A model that reads words alone knows all listings. Where items' vectors are of another model
    than it was trained with, it knows none.
    """
    rows = np.zeros((len(listings), model.config.dense_dim), np.float32)
    known = np.ones(len(listings), bool)
    if not model.config.dense_dim:
        return rows, known
    known[:] = False
    release = inference.release_in_service()
    if release is None or model.config.dense_release != dense_release():
        return rows, known
    stored = selectors.stored_vectors([each.listing_id for each in listings], release)
    for place, each in enumerate(listings):
        vector = _unpacked(stored.get(each.listing_id))
        if vector is not None and len(vector) == rows.shape[1]:
            rows[place], known[place] = vector, True
    return rows, known


def _unpacked(stored: bytes | None) -> Rows | None:
    try:
        return None if stored is None else unpack(stored)
    except VectorError:
        return None


def records_of(listings: Sequence[Described]) -> list[ItemRecord]:
    from ml.records import ItemRecord

    return [
        ItemRecord(
            id=str(each.listing_id),
            title=each.title,
            source="marketplace",
            category=each.category,
            attributes=each.details,
        )
        for each in listings
    ]


# --- The snapshot -------------------------------------------------------------------------------


def snapshot_root(kind: str) -> Path:
    return Path(settings.INDEX_DIR) / "complements" / kind


def _snapshot_of(kind: str) -> snapshot.Snapshot | None:
    root = snapshot_root(kind)
    try:
        return _opened(root, published.changed_at(root))
    except snapshot.SnapshotError as error:
        raise ComplementsError(
            f"{kind}: {error}; build it with manage.py build_complements"
        ) from error


@lru_cache(maxsize=4)
def _opened(root: Path, changed_at: int) -> snapshot.Snapshot | None:
    return snapshot.open_snapshot(root)


def encode_candidates(
    model: DeepRecs, listings: Sequence[Described]
) -> tuple[list[Described], Rows]:
    """Those that the model knows, and their unit rows (n, dim)."""
    dense, known = dense_rows(model, listings)
    rows = model.rec_rows(records_of(listings), dense)
    known &= rows.any(axis=1)
    return [each for each, is_known in zip(listings, known, strict=True) if is_known], rows[known]


def popularity_gains(model: DeepRecs, counts: Sequence[int]) -> Rows:
    """What scores gain (n,) by how many people bought the product."""
    return model.popularity(np.array(counts, dtype=np.int64))
