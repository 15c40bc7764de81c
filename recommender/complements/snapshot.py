"""Vectors of what is for sale by category, in files that all processes map.

    root/<folder>/ids.npy        (n,) listings, in the order of their category
    root/<folder>/vectors.npy    (n, dim) float32: half the size in float16 costs ten times the
                                 time, for numpy widens it at every question
    root/<folder>/gains.npy      (n,) what popularity adds to a score
    root/<folder>/categories.npy (2, c) category and its first row, ascending

How a folder is put in service and followed is in recommender/published.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from recommender import published

IDS, VECTORS, GAINS, CATEGORIES = "ids.npy", "vectors.npy", "gains.npy", "categories.npy"

Ids = NDArray[np.int64]
Rows = NDArray[np.float32]


class SnapshotError(Exception):
    """The files are not there or not whole; the message says which."""


@dataclass(frozen=True)
class Manifest:
    """`release` is the models' whose vectors these are; `state` what the listings were like."""

    folder: str
    release: str
    state: str
    count: int
    built_at: float  # seconds since 1970


@dataclass(frozen=True)
class Candidates:
    """Row i of every array belongs to one listing."""

    ids: Ids
    categories: Ids
    vectors: Rows
    gains: Rows


@dataclass(frozen=True)
class Snapshot:
    """An open snapshot: rows in the order of their category."""

    manifest: Manifest
    ids: Ids
    vectors: Rows
    gains: Rows
    categories: Ids

    def span(self, category: int) -> tuple[int, int]:
        """The first row of a category and the one after its last."""
        known, starts = self.categories
        place = int(np.searchsorted(known, category))
        if place == len(known) or known[place] != category:
            return 0, 0
        last = starts[place + 1] if place + 1 < len(starts) else len(self.ids)
        return int(starts[place]), int(last)

    def best(self, seed: Rows, weights: Mapping[int, float], k: int) -> list[tuple[int, float]]:
        """The k listings of these categories with the highest product with `seed` (dim,), exactly.

        `weights` are added to all scores of a category. Ties go to the lower id.
        """
        found_ids, found_scores = [np.empty(0, np.int64)], [np.empty(0, np.float32)]
        for category, weight in weights.items():
            first, last = self.span(category)
            scores = self.vectors[first:last] @ seed + self.gains[first:last] + np.float32(weight)
            ids = np.asarray(self.ids[first:last])
            if len(scores) > k:
                # More than k where the last of them has equals: the ids decide below.
                bar = np.partition(scores, len(scores) - k)[len(scores) - k]
                kept = scores >= bar
                ids, scores = ids[kept], scores[kept]
            found_ids.append(ids)
            found_scores.append(scores)
        ids, scores = np.concatenate(found_ids), np.concatenate(found_scores)
        order = np.lexsort((ids, -scores))[:k]
        return [(int(ids[row]), float(scores[row])) for row in order]


def publish(root: Path, candidates: Candidates, *, release: str, state: str, at: float) -> Manifest:
    """Put a snapshot in service. Killed at any point it leaves the one before in service."""
    order = np.lexsort((candidates.ids, candidates.categories))
    kinds, starts = np.unique(candidates.categories[order], return_index=True)
    draft = published.new_draft(root)
    np.save(draft / IDS, candidates.ids[order])
    np.save(draft / VECTORS, candidates.vectors[order].astype(np.float32))
    np.save(draft / GAINS, candidates.gains[order].astype(np.float32))
    np.save(draft / CATEGORIES, np.stack([kinds, starts]).astype(np.int64))
    manifest = Manifest(published.name_of(draft), release, state, len(order), at)
    published.put_in_service(root, draft, asdict(manifest))
    return manifest


def read_manifest(root: Path) -> Manifest | None:
    """What is in service; None for nothing. Raises SnapshotError."""
    try:
        told = published.read_manifest(root)
        return None if told is None else Manifest(**told)
    except (published.ManifestError, TypeError) as error:
        raise SnapshotError(str(error)) from error


def open_snapshot(root: Path) -> Snapshot | None:
    """Map what is in service; None for nothing. Raises SnapshotError."""
    manifest = read_manifest(root)
    while manifest is not None:
        try:
            return _mapped(root, manifest)
        except (OSError, ValueError) as error:
            newer = read_manifest(root)
            if newer == manifest:
                raise SnapshotError(f"{manifest.folder}: {error}") from error
            manifest = newer  # replaced, and the old one removed, while it was being opened
    return None


def _mapped(root: Path, manifest: Manifest) -> Snapshot:
    folder = root / manifest.folder
    ids, vectors, gains = (np.load(folder / name, mmap_mode="r") for name in (IDS, VECTORS, GAINS))
    if not len(ids) == len(vectors) == len(gains) == manifest.count:
        raise ValueError("not as many rows as the manifest says")
    return Snapshot(manifest, ids, vectors, gains, np.load(folder / CATEGORIES))
