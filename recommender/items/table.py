"""What is for sale as columns, in files that all processes map.

    <folder>/<column>.npy      a file for each column of Items, by ascending id
    <folder>/<order>.npy       (2, m) key and row of each listing that has one, by key, newest first
    <folder>/other-*.npy       history of what was not for sale then, by ascending id
    <folder>/prior-*.npy       what a new listing of each category has for a history

A table is of a day: behaviour in it is that of the whole days before its midnight, UTC. Until the
next one is built it serves on, and says its day. What a listing is (price, details, vectors) is as
it was when the table was built; sellers' edits since then come with the next.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import structlog
from django.conf import settings

from recommender import published
from recommender.items.columns import (
    COLUMNS,
    HISTORY,
    Dims,
    Ids,
    Items,
    Numbers,
    rows_among,
    shapes_of,
)
from recommender.items.history import Priors, Tally

log = structlog.get_logger()

# Another shape or meaning of a column is another format: what is older is not opened.
FORMAT = 2
ORDERS = {"by_product": "products", "by_seller": "sellers", "by_category": "categories"}
OTHERS, OTHERS_COUNTS = "other-ids", "other-history"
PRIORS, PRIORS_COUNTS = "prior-categories", "prior-history"


class TableError(Exception):
    """The files are not there or not whole; the message says which."""


@dataclass(frozen=True)
class Manifest:
    """`release` is of the vectors; `revision` the newest of theirs that had been seen. `seconds` is
    how long the building took."""

    folder: str
    day: str
    release: str
    revision: int
    count: int
    built_at: float  # seconds since 1970
    seconds: float
    format: int = FORMAT


@dataclass(frozen=True, eq=False)
class Order:
    """Rows by key and, of one key, newest first."""

    keys: Ids  # (m,) ascending
    rows: Ids  # (m,)

    def of(self, key: int) -> Ids:
        first, last = np.searchsorted(self.keys, [key, key + 1])
        return self.rows[first:last]


@dataclass(frozen=True, eq=False)
class ItemTable:
    """`others` are the histories of listings that are not in it, `priors` those of categories: what
    is published after it, or back for sale, is ranked by the same numbers as what was there."""

    day: str
    release: str
    items: Items
    others: Tally
    priors: Priors
    published: Mapping[str, Order] | None = None  # as mapped; else made when asked for

    def __len__(self) -> int:
        return len(self.items)

    def rows_of(self, listing_ids: Collection[int] | Ids) -> Ids:
        """The row of each (n,), -1 for what is not in the table."""
        asked = np.fromiter(listing_ids, np.int64, len(listing_ids))
        return rows_among(self.items.ids, asked)

    def of_product(self, key: int) -> Ids:
        """Rows of the listings of a product by `Items.products`, newest first."""
        return self.orders["by_product"].of(key)

    def of_seller(self, seller_id: int) -> Ids:
        """Rows of a seller's listings, newest first."""
        return self.orders["by_seller"].of(seller_id)

    def of_category(self, category_id: int) -> Ids:
        """Rows of the listings of a category, not of those below it, newest first."""
        return self.orders["by_category"].of(category_id)

    @cached_property
    def orders(self) -> Mapping[str, Order]:
        return self.published or orders_of(self.items)


def orders_of(items: Items) -> dict[str, Order]:
    return {name: _ordered(items, getattr(items, column)) for name, column in ORDERS.items()}


def _ordered(items: Items, keys: Ids) -> Order:
    rows = np.flatnonzero(keys)
    order = np.lexsort((-items.ids[rows], -items.published[rows], keys[rows]))
    return Order(keys[rows][order], rows[order])


# --- Files --------------------------------------------------------------------------------------


def root() -> Path:
    return Path(settings.ITEMS_DIR)


def new_columns(draft: Path, n: int, dims: Dims) -> Items:
    """Columns of n listings, as files to be written into: a table need not fit in memory."""
    columns = {}
    for name, (shape, kind) in shapes_of(n, dims).items():
        path = draft / f"{name}.npy"
        # Rather than emptied: its rows may be on their way into the new one.
        path.unlink(missing_ok=True)
        columns[name] = np.lib.format.open_memmap(path, mode="w+", dtype=kind, shape=shape)
    return Items(**columns)


def publish(draft: Path, table: ItemTable, *, revision: int, started: float) -> Manifest:
    """Put a table in service whose columns are in the files of `draft`.

    What changed since `started`, in seconds since 1970, is for the next one.
    """
    for name, order in orders_of(table.items).items():
        np.save(draft / f"{name}.npy", np.stack([order.keys, order.rows]))
    np.save(draft / f"{OTHERS}.npy", table.others.keys)
    np.save(draft / f"{OTHERS_COUNTS}.npy", table.others.counts)
    np.save(draft / f"{PRIORS}.npy", table.priors.categories)
    np.save(draft / f"{PRIORS_COUNTS}.npy", table.priors.counts)
    folder = published.name_of(draft)
    manifest = Manifest(
        folder=folder,
        day=table.day,
        release=table.release,
        revision=revision,
        count=len(table),
        built_at=started,
        seconds=round(time.time() - started, 1),
    )
    published.put_in_service(root(), draft, asdict(manifest))
    return manifest


def manifest_in_service() -> Manifest | None:
    """None for nothing, and for a table of another format. Raises TableError."""
    try:
        told = published.read_manifest(root())
        if told is None or told.get("format") != FORMAT:
            return None
        return Manifest(**told)
    except (published.ManifestError, TypeError) as error:
        raise TableError(f"{root()}: {error}; build it with manage.py build_items") from error


def current_table() -> ItemTable | None:
    """The table in service, opened once a process; None for none, or one that cannot be read."""
    return _opened(root(), published.changed_at(root()))


@lru_cache(maxsize=2)
def _opened(folder: Path, changed_at: int) -> ItemTable | None:
    """None is an answer too: a broken table is read and logged once, not for every page."""
    try:
        table = open_table()
    except TableError as error:
        log.error("item_table_unusable", reason=str(error))
        return None
    if table is not None:
        log.info("item_table_opened", day=table.day, items=len(table))
    return table


def open_table() -> ItemTable | None:
    """Map what is in service; None for nothing. Raises TableError."""
    manifest = manifest_in_service()
    while manifest is not None:
        try:
            return _mapped(manifest)
        except (OSError, ValueError) as error:
            newer = manifest_in_service()
            if newer == manifest:
                raise TableError(
                    f"{manifest.folder}: {error}; build it with manage.py build_items"
                ) from error
            manifest = newer  # replaced, and the old one removed, while it was being opened
    return None


def _mapped(manifest: Manifest) -> ItemTable:
    def column(name: str) -> Any:
        # As a plain array: what numpy does with its subclass for files costs more each time.
        return np.asarray(np.load(root() / manifest.folder / f"{name}.npy", mmap_mode="r"))

    items = Items(**{name: column(name) for name in COLUMNS})
    expected = shapes_of(manifest.count, items.dims)
    for name, (shape, kind) in expected.items():
        found = getattr(items, name)
        if found.shape != shape or found.dtype != kind:
            raise ValueError(f"{name}.npy is not as the manifest says")
    counts: Numbers = column(PRIORS_COUNTS).astype(np.float32)
    others = Tally(column(OTHERS), column(OTHERS_COUNTS).astype(np.float64))
    if counts.shape[1:] != (len(HISTORY),) or others.counts.shape[1:] != (len(HISTORY),):
        raise ValueError("histories of other kinds of acts")
    orders = {}
    for name in ORDERS:
        keys, rows = column(name)
        orders[name] = Order(keys, rows)
    priors = Priors(column(PRIORS), counts)
    return ItemTable(manifest.day, manifest.release, items, others, priors, orders)
