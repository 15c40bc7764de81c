"""Listings by id as columns: from the item table, and what is not in it from the database."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np

from recommender.items.columns import Ids, Items, joined, rows_among
from recommender.items.reading import read_items
from recommender.items.table import ItemTable


def items_of(listing_ids: Sequence[int] | Ids, table: ItemTable | None) -> Items:
    """In the order asked; what does not exist is left out.

    What is in the table takes no query; what was published after it, or is not for sale, takes
    three, whatever their number, and has the table's histories and priors. Without a table nobody's
    behaviour is known: history and prior are 0.
    """
    asked = np.fromiter(listing_ids, np.int64, len(listing_ids))
    if table is None:
        return _in_order(read_items(asked.tolist()), asked)
    rows = table.rows_of(asked)
    known = rows >= 0
    found = table.items.take(rows[known])
    if known.all():
        return found
    return _in_order(joined([found, _after(asked[~known].tolist(), table)]), asked)


def _after(listing_ids: Collection[int], table: ItemTable) -> Items:
    """What is not in the table, with what the table knows of its past."""
    items = read_items(listing_ids, release=table.release, dims=table.items.dims)
    return replace(
        items, history=table.others.of(items.ids), prior=table.priors.of(items.categories)
    )


def _in_order(items: Items, asked: Ids) -> Items:
    order = np.argsort(items.ids, kind="stable")
    places = rows_among(items.ids[order], asked)
    return items.take(order[places[places >= 0]])
