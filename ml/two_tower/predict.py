"""Load the twin tower and embed: rows of the encoders and titles in, unit rows of items out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from ml.artefacts import Artefact, CorruptArtefactError, IncompatibleArtefactError, load_artefact
from ml.encoders.base import Vectors, unit_rows
from ml.encoders.words import Vocabulary
from ml.two_tower.model import FORMAT_VERSION, KIND, ItemTower, TwoTowerConfig, item_input
from ml.two_tower.transh import RELATIONS


@dataclass(frozen=True)
class EncodedItem:
    """What the two encoders say of an item: rows (photos, image_dim) and its title's (text_dim,).

    Any number of photos, zero too; a title without a word counts as none.
    """

    photos: Vectors
    title: str
    title_row: Vectors


class TwoTowerPredictor:
    """The tower of one artefact, for rows of the two encoders it was trained on."""

    def __init__(self, artefact: Artefact, image_release: str, text_release: str) -> None:
        self.config = _config_of(artefact)
        _require_release(artefact, "image", self.config.image_release, image_release)
        _require_release(artefact, "text", self.config.text_release, text_release)
        self._vocabulary = Vocabulary(self.config.vocabulary)
        self.tower = ItemTower(self.config).eval()
        tensors = {name: array.astype(np.float32) for name, array in artefact.tensors.items()}
        try:
            self.tower.load_state_dict(
                {name: torch.from_numpy(array) for name, array in tensors.items()}
            )
        except RuntimeError as error:
            raise CorruptArtefactError(artefact.folder, "weights do not fit the config") from error
        self.release = artefact.release

    @property
    def dim(self) -> int:
        return self.config.dim

    def item_vectors(self, items: Sequence[EncodedItem]) -> Vectors:
        """Unit rows (n, dim). The cosine of two says how alike the items are.

        Raises ValueError where a row has not the dimension of its encoder.
        """
        if not items:
            return np.empty((0, self.dim), dtype=np.float32)
        given = item_input(
            np.stack([self._photo_row(item.photos) for item in items]),
            np.array([len(item.photos) > 0 for item in items]),
            np.stack([self._title_row(item.title_row) for item in items]),
            [item.title for item in items],
            self._vocabulary,
        )
        with torch.inference_mode():
            rows: Vectors = self.tower(given).numpy()
        return rows

    def item_vector(self, photos: Vectors, title: str, title_row: Vectors) -> Vectors:
        """The unit row (dim,) of one item; as `item_vectors`."""
        row: Vectors = self.item_vectors([EncodedItem(photos, title, title_row)])[0]
        return row

    def translate(self, item_vectors: Vectors, relation: str) -> Vectors:
        """Unit rows (n, dim) to search the item vectors with for the tails of a relation.

        The query lies in the relation's hyperplane, so its inner product with an item's vector is
        that with the item's projection: the index of item vectors serves every relation.
        Raises ValueError for a relation that the model does not know.
        """
        if relation not in RELATIONS:
            known = ", ".join(RELATIONS)
            raise ValueError(f"relation is {relation!r}; use one of {known}")
        with torch.inference_mode():
            moved = self.tower.relations.translate(torch.from_numpy(item_vectors), relation)
        return unit_rows(moved.numpy())

    def _photo_row(self, photos: Vectors) -> Vectors:
        if not len(photos):
            return np.zeros(self.config.image_dim, dtype=np.float32)
        _require_dim("photos", photos.shape[-1], self.config.image_dim)
        mean: Vectors = unit_rows(photos.mean(axis=0, keepdims=True))[0]
        return mean

    def _title_row(self, row: Vectors) -> Vectors:
        _require_dim("title_row", row.shape[-1], self.config.text_dim)
        return np.asarray(row, dtype=np.float32)


def load_two_tower(folder: Path, image_release: str, text_release: str) -> TwoTowerPredictor:
    """Read an artefact for rows of these encoders.

    Raises ArtefactError; IncompatibleArtefactError when it was trained on other encoders' rows.
    """
    artefact = load_artefact(folder, kind=KIND, format_version=FORMAT_VERSION)
    return TwoTowerPredictor(artefact, image_release, text_release)


def _config_of(artefact: Artefact) -> TwoTowerConfig:
    try:
        return TwoTowerConfig.from_mapping(artefact.config)
    except (KeyError, TypeError) as error:
        raise IncompatibleArtefactError(artefact.folder, f"config lacks {error}") from error


def _require_release(artefact: Artefact, side: str, trained: str, given: str) -> None:
    if trained != given:
        raise IncompatibleArtefactError(
            artefact.folder,
            f"was trained on {side} encoder {trained}, not {given}; fit it for this encoder with "
            "python -m ml.two_tower.fit",
        )


def _require_dim(name: str, given: int, wanted: int) -> None:
    if given != wanted:
        raise ValueError(f"{name} has rows of {given} numbers; the model takes {wanted}")
