"""Strips that people saw → rows for the ranker: what it saw of each place, and what was done.

1  the strips of the days in order, with what was done in them (seen.py)
2  for each day that served them, the item table as it was then (items/building.py)
3  for each strip the columns, by the same function as when it was served (features.py), of what
   was to be had then (past.py)
4  for each place the inverse of the probability with which it showed what it showed

Strips in which nothing was done teach no order and are left out. What is gone from the marketplace
leaves its strip.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date
from itertools import groupby
from operator import attrgetter

import numpy as np
from numpy.typing import NDArray

from recommender import policy
from recommender.features import NOBODY, Context, Matrix, Viewer, feature_matrix
from recommender.items.building import tables_as_of
from recommender.items.columns import Ids, Items, rows_among
from recommender.items.facts import items_of
from recommender.items.profiles import viewers_as_of
from recommender.items.table import ItemTable
from recommender.ranking.past import Sold, embed_gone
from recommender.ranking.seen import SeenStrip, strips_between

Progress = Callable[[float], None]


@dataclass(frozen=True, eq=False)
class LoggedStrip:
    """`formats` are places in items.columns.FORMATS, `weights` inverse propensities."""

    matrix: Matrix  # (n, F)
    acts: tuple[set[str], ...]  # n
    formats: NDArray[np.int8]  # (n,)
    weights: NDArray[np.float64]  # (n,)
    shown_on: date


@dataclass(frozen=True)
class Read:
    """`seen` counts all strips, those in which nothing was done, too."""

    strips: list[LoggedStrip]
    seen: int


def read_log(
    first: date,
    last: date,
    *,
    progress: Progress = lambda share: None,
    wanted: Callable[[SeenStrip], bool] = attrgetter("is_acted_on"),
) -> Read:
    """What can be learnt from the days, in order of time. Raises ArtefactError where vectors are
    missing and cannot be made."""
    seen = strips_between(first, last)
    told = sorted(
        (each for each in seen if wanted(each)),
        key=lambda each: (_table_day(each), each.shown_at),
    )
    if not told:
        return Read([], len(seen))
    embed_gone(_ids(told).tolist())
    days = [(day, list(group)) for day, group in groupby(told, key=_table_day)]
    tables = tables_as_of([day for day, _ in days], listing_ids=_ids(told))
    found: list[LoggedStrip] = []
    sold = Sold(_ids(told), since=min(each.shown_at for each in told))
    for number, ((day, group), table) in enumerate(zip(days, tables, strict=True)):
        found += _logged(group, day, table, sold)
        progress((number + 1) / len(days))
    return Read(found, len(seen))


def _logged(
    strips: Sequence[SeenStrip], day: date, table: ItemTable, sold: Sold
) -> Iterator[LoggedStrip]:
    """Strips that the table of one day served; what they name is looked up at once."""
    viewers = viewers_as_of(day, sorted({each.user_id for each in strips if each.user_id}))
    known = items_of(_ids(strips), table)
    known = known.take(np.argsort(known.ids))
    for strip in strips:
        viewer = viewers.get(strip.user_id or 0, NOBODY)
        logged = _row(strip, known, viewer, sold)
        if logged is not None:
            yield logged


def _row(strip: SeenStrip, known: Items, viewer: Viewer, sold: Sold) -> LoggedStrip | None:
    rows = _rows_of(known, strip.listings)
    there = np.flatnonzero(rows >= 0)
    seed = None if strip.seed_id is None else _taken(known, [strip.seed_id])
    if len(there) < 2 or (seed is not None and not len(seed)):
        return None
    items = known.take(rows[there])
    stock = items.quantities + sold.after(items.ids, strip.shown_at)
    items = replace(items, quantities=stock)
    recent = _taken(known, _recent(strip))
    matrix = feature_matrix(
        items,
        seed=seed,
        context=Context(
            at=float(strip.served.get("at") or strip.shown_at.timestamp()),
            country=str(strip.served.get("country", "")),
            device=str(strip.served.get("device", "")),
        ),
        viewer=replace(viewer, recent=recent if len(recent) else None),
        positions=np.array(strip.positions, dtype=np.int64)[there],
    )
    return LoggedStrip(
        matrix=matrix,
        acts=tuple(strip.acts[place] for place in there.tolist()),
        formats=items.formats,
        weights=inverse_propensities(strip)[there],
        shown_on=_day(strip),
    )


def inverse_propensities(strip: SeenStrip) -> NDArray[np.float64]:
    """Of each place (n,), 1 where the log does not say; none over the policy's most: a place that
    hardly ever shows a thing would else outshout all others."""
    told = strip.served.get("propensities") or ()
    weights = [
        1 / max(float(told[position - 1]), 1 / policy.MOST_INVERSE_PROPENSITY)
        if position <= len(told)
        else 1.0
        for position in strip.positions
    ]
    return np.array(weights, dtype=np.float64)


def _ids(strips: Sequence[SeenStrip]) -> Ids:
    wanted: set[int] = set()
    for strip in strips:
        wanted.update(strip.listings, _recent(strip))
        wanted.update([strip.seed_id] if strip.seed_id else [])
    return np.array(sorted(wanted), dtype=np.int64)


def _taken(known: Items, ids: Sequence[int]) -> Items:
    rows = _rows_of(known, ids)
    return known.take(rows[rows >= 0])


def _rows_of(known: Items, ids: Sequence[int]) -> Ids:
    """By ascending ids; −1 for what is gone."""
    return rows_among(known.ids, np.array(ids, dtype=np.int64))


def _recent(strip: SeenStrip) -> list[int]:
    return [int(each) for each in strip.served.get("recent") or ()]


def _day(strip: SeenStrip) -> date:
    return strip.shown_at.astimezone(UTC).date()


def _table_day(strip: SeenStrip) -> date:
    """Of the item table that served it; that of its own day where the log does not say."""
    try:
        return date.fromisoformat(str(strip.served.get("table", "")))
    except ValueError:
        return _day(strip)
