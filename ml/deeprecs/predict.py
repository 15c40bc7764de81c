"""Load DeepRecs and encode: items in, unit rows of seeds and of what may go with them out.

Numpy alone: a page's process encodes its seed without torch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ml.artefacts import Artefact, CorruptArtefactError, IncompatibleArtefactError, load_artefact
from ml.deeprecs.features import Hashes, bags_of
from ml.deeprecs.model import FORMAT_VERSION, PARTS, REC, SEED, DeepRecsConfig, Rows, Tower
from ml.records import ItemRecord

HASHES = "hashes"


@dataclass(frozen=True)
class DeepRecs:
    """Both towers with what they read."""

    config: DeepRecsConfig
    hashes: Hashes
    towers: Mapping[str, Tower]
    release: str = ""

    @property
    def dim(self) -> int:
        return self.config.dim

    def seed_rows(self, records: Sequence[ItemRecord], dense: Rows | None = None) -> Rows:
        """Rows (n, dim) to multiply with `rec_rows`: the products are the scores' first term.

        `dense` are rows (n, dense_dim) of the model that the config names, zero where an item has
        none. Zero for an item of which the model knows nothing. Raises ValueError where `dense` has
        another width.
        """
        return self.config.scale * self._rows(SEED, records, dense)

    def rec_rows(self, records: Sequence[ItemRecord], dense: Rows | None = None) -> Rows:
        """Unit rows (n, dim) of candidates; as `seed_rows`."""
        return self._rows(REC, records, dense)

    def popularity(self, counts: NDArray[np.int64]) -> Rows:
        """What candidates' scores gain (n,) by how often each was bought."""
        gains: Rows = (self.config.popularity_weight * np.log1p(counts)).astype(np.float32)
        return gains

    def _rows(self, side: str, records: Sequence[ItemRecord], dense: Rows | None) -> Rows:
        if dense is None:
            dense = np.zeros((len(records), self.config.dense_dim), np.float32)
        if dense.shape != (len(records), self.config.dense_dim):
            wanted = (len(records), self.config.dense_dim)
            raise ValueError(f"dense has the shape {dense.shape}; the model takes {wanted}")
        return self.towers[side](bags_of(records, self.hashes, self.config.fields), dense)


def load_deeprecs(folder: Path, name: str = "deeprecs") -> DeepRecs:
    """Read an artefact of that name. Raises ArtefactError."""
    artefact = load_artefact(folder, kind=name, format_version=FORMAT_VERSION)
    try:
        config = DeepRecsConfig.from_mapping(artefact.config)
    except (KeyError, TypeError) as error:
        raise IncompatibleArtefactError(folder, f"config lacks {error}") from error
    hashes = artefact.tensors.get(HASHES, np.empty(0, np.uint64))
    towers = {side: _tower(artefact, config, len(hashes), side) for side in (SEED, REC)}
    return DeepRecs(config, hashes, towers, artefact.release)


def tensor_name(side: str, part: str) -> str:
    return f"{side}.{part}"


def _tower(artefact: Artefact, config: DeepRecsConfig, features: int, side: str) -> Tower:
    tensors: dict[str, Rows] = {}
    for part in PARTS:
        found = artefact.tensors.get(tensor_name(side, part))
        # A tensor without a number is not saved: safetensors keeps none.
        shape = config.shapes(features)[part]
        if found is None and 0 in shape:
            found = np.zeros(shape, np.float32)
        if found is None or found.shape != shape:
            raise CorruptArtefactError(artefact.folder, "weights do not fit the config")
        tensors[part] = found.astype(np.float32)
    return Tower(tensors)
