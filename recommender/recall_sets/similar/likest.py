"""Rows of the item table by their likeness to the seed."""

from __future__ import annotations

import numpy as np

from recommender.items.columns import Ids
from recommender.recall_sets.similar.surroundings import Scored, Surroundings


def likest(around: Surroundings, rows: Ids) -> list[Scored]:
    """The listings of these rows but the seed, the likest first, then those given first."""
    if around.table is None or not len(rows):
        return []
    ids = around.table.items.ids.take(rows)
    cosines = around.likeness(rows)
    order = np.argsort(-cosines, kind="stable")
    pairs = zip(ids[order].tolist(), cosines[order].tolist(), strict=True)
    return [each for each in pairs if each[0] != around.seed.listing_id]
