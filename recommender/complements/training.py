"""Purchases to the files that training reads, and the model's own command line run on them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from recommender import inference as models
from recommender.complements import inference, selectors
from recommender.complements.selectors import Described
from recommender.models import ModelRelease
from recommender.releases.services import register
from recommender.releases.training import TrainingError, new_folder, run_module
from recommender.vectors import unpack


def train(kind: str, *, quick: bool = False) -> ModelRelease:
    """A candidate from what people bought here. Progress goes to the terminal.

    Raises TrainingError.
    """
    folder = new_folder(kind)
    items, pairs = export(folder, with_vectors=kind == inference.VISUAL)
    options = ["--items", str(items), "--pairs", str(pairs), "--out", str(folder), "--name", kind]
    if kind == inference.VISUAL:
        options += ["--dense-release", inference.dense_release()]
    if quick:
        options.append("--quick")
    run_module("ml.deeprecs.fit", *options)
    return register(kind=kind, folder=folder / kind)


def export(folder: Path, *, with_vectors: bool, source: str = "marketplace") -> tuple[Path, Path]:
    """Everything that was bought, by product, and what the same people bought: two files.

    A product is described by the listing of it that was bought last. Raises TrainingError where
    nobody has bought two things.
    """
    from ml.deeprecs.pairs import pairs_of_baskets
    from ml.deeprecs.pairs_file import ItemsAndPairs, write_items_and_pairs
    from ml.records import ItemRecord

    bought = selectors.purchases()
    listings = {
        each.listing_id: each for each in selectors.all_described(listing for _, listing in bought)
    }
    units = selectors.unit_of(list(listings.values()))
    described = {units[listing]: listings[listing] for _, listing in bought}
    rows = {unit: row for row, unit in enumerate(described)}
    baskets: dict[int, list[int]] = {}
    for user, listing in bought:
        baskets.setdefault(user, []).append(rows[units[listing]])
    pairs = pairs_of_baskets(baskets.values(), len(rows))
    if not len(pairs):
        raise TrainingError(
            "Nobody has bought two things here yet: there is nothing to learn from."
        )
    records = [
        ItemRecord(
            id=unit,
            title=each.title,
            source=source,
            category=each.category,
            attributes=each.details,
        )
        for unit, each in described.items()
    ]
    vectors = _vectors(list(described.values())) if with_vectors else np.zeros((len(rows), 0))
    data = ItemsAndPairs(records, pairs, vectors.astype(np.float32))
    return write_items_and_pairs(folder, data)


def _vectors(listings: list[Described]) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    """Of the models' own release (n, dim), zero where a listing has none. Raises TrainingError."""
    release = models.release_in_service()
    stored = (
        selectors.stored_vectors([each.listing_id for each in listings], release) if release else {}
    )
    if not stored:
        raise TrainingError("Nothing that was bought has a vector: run refresh_embeddings first.")
    found = {pk: unpack(vector) for pk, vector in stored.items()}
    rows = np.zeros((len(listings), len(next(iter(found.values())))), np.float32)
    for row, each in enumerate(listings):
        if each.listing_id in found:
            rows[row] = found[each.listing_id]
    return rows
