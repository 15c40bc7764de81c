"""Merge with learnt weights: plain numpy, so that a web process can do it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ml.artefacts import IncompatibleArtefactError, load_artefact

from .model import COLUMNS, FORMAT_VERSION, KIND, Ids, Lists, MergeConfig, Row, describe


class Merger:
    """`weights` is (sets, COLUMNS): what each column of each set is worth, in log-odds."""

    def __init__(self, config: MergeConfig, weights: Row) -> None:
        if weights.shape != (len(config.sets), len(COLUMNS)):
            raise ValueError(f"weights of shape {weights.shape} for {len(config.sets)} sets")
        self.config = config
        self.weights = weights

    def parts(self, lists: Lists) -> dict[str, tuple[Ids, Row]]:
        """What each set adds to each of its items; sets it does not know add nothing."""
        return {
            name: (
                lists[name].ids,
                describe(lists[name], logarithmic=name in self.config.logarithmic) @ weights,
            )
            for name, weights in zip(self.config.sets, self.weights, strict=True)
            if name in lists
        }

    def merge(self, lists: Lists) -> tuple[Ids, Row]:
        """All items with their scores, best first; the lesser id first among equals."""
        parts = list(self.parts(lists).values())
        if not parts:
            return np.zeros(0, np.int64), np.zeros(0)
        ids, place = np.unique(np.concatenate([ids for ids, _ in parts]), return_inverse=True)
        scores: Row = np.zeros(len(ids))
        np.add.at(scores, place, np.concatenate([row for _, row in parts]))
        order = np.lexsort((ids, -scores))
        return ids[order], scores[order]


def load_merger(folder: Path) -> Merger:
    """Raises ArtefactError where it is missing, damaged or of another kind."""
    artefact = load_artefact(folder, kind=KIND, format_version=FORMAT_VERSION)
    stored = artefact.config
    try:
        config = MergeConfig(
            sets=tuple(stored["sets"]),
            logarithmic=frozenset(stored["logarithmic"]),
            l2=float(stored["l2"]),
        )
        return Merger(config, artefact.tensors["weights"].astype(np.float64))
    except (KeyError, ValueError) as error:
        raise IncompatibleArtefactError(folder, f"not a merger of this form: {error}") from error
