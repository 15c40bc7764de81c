"""What most people want at the moment: for those of whom nothing is known yet."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import lru_cache

import numpy as np

from recommender import policy
from recommender.items.columns import HISTORY, Ids
from recommender.items.table import ItemTable
from recommender.recall_sets.base import Candidate
from recommender.similar.finding import Sources

POPULAR = "popular"
WORTHS = np.array([policy.ACT_WORTH.get(act, 0.0) for act in HISTORY], dtype=np.float32)


def departments_of(listing_ids: Sequence[int], table: ItemTable) -> list[int]:
    """Of those in the table, in the order given, each once."""
    rows = table.rows_of(listing_ids)
    departments = table.items.departments[rows[rows >= 0]].tolist()
    return [each for each in dict.fromkeys(departments) if each]


def popular_in(departments: Collection[int], table: ItemTable) -> dict[int, Sources]:
    """The most popular of these departments, of all where none is named; best first, as the
    sources of a strip. Nothing where nobody did anything."""
    charts = _charts(table)
    wanted = departments or [0]
    best = sorted((each for key in wanted for each in charts.get(key, ())), reverse=True)
    return {
        listing_id: {POPULAR: Candidate(listing_id, worth, reason="what most people want")}
        for worth, listing_id in best[: policy.POPULAR_ITEMS]
    }


@lru_cache(maxsize=1)
def _charts(table: ItemTable) -> dict[int, list[tuple[float, int]]]:
    """Worth and id of the best of every department, and of all under 0; once a table."""
    worths = table.items.history @ WORTHS  # (n,)
    rows = np.flatnonzero(worths > 0)
    departments = table.items.departments[rows]

    def best(of: Ids) -> list[tuple[float, int]]:
        top = of[np.argsort(-worths[of], kind="stable")[: policy.POPULAR_ITEMS]]
        return list(zip(worths[top].tolist(), table.items.ids[top].tolist(), strict=True))

    named = {int(each): best(rows[departments == each]) for each in np.unique(departments)}
    return {**named, 0: best(rows)}
