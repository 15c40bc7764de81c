"""Public sets in which people said what goes together: a shop's links, furniture in rooms."""

from __future__ import annotations

import gzip
import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from ml.deeprecs.pairs import Ints, pairs_of_baskets, pairs_of_links
from ml.deeprecs.pairs_file import ItemsAndPairs
from ml.records import ItemRecord
from ml.shop_links import LINKED_SOURCE, read_shop_links

FURNITURE = "ikea"
ROOMS = Path("text") / "ikea_item_to_room.json.gz"


def shop_links(data: Path, records: Iterable[ItemRecord]) -> ItemsAndPairs:
    """The shop's items and its directed links between them, variant by variant.

    Links to items that the catalogue lacks are left out; without the files there is no pair.
    """
    items = [record for record in records if record.source == LINKED_SOURCE]
    variants: dict[str, list[int]] = defaultdict(list)
    for row, record in enumerate(items):
        variants[_number(record)].append(row)
    links = {
        (head, tail): 1
        for sku, linked in read_shop_links(data)
        for head in variants.get(sku, ())
        for tail in variants.get(linked.partition("-")[0], ())
    }
    return ItemsAndPairs(items, pairs_of_links(links, len(items)), _nothing(items))


def product_names(records: Sequence[ItemRecord]) -> list[str]:
    """What each item is a variant of: variants share their links, so no split may part them."""
    return [
        f"{LINKED_SOURCE}:{_number(record)}" if record.source == LINKED_SOURCE else record.id
        for record in records
    ]


def products_of(records: Sequence[ItemRecord]) -> Ints:
    """The same as numbers (items,)."""
    _, numbers = np.unique(product_names(records), return_inverse=True)
    return np.asarray(numbers, dtype=np.int64)


def room_pairs(data: Path, records: Iterable[ItemRecord]) -> ItemsAndPairs:
    """Furniture, and how many rooms show two pieces together; without the file there is no pair."""
    items = [record for record in records if record.source == FURNITURE]
    rows = {record.id: row for row, record in enumerate(items)}
    rooms: dict[str, list[int]] = defaultdict(list)
    path = data / ROOMS
    shown = json.loads(gzip.decompress(path.read_bytes())) if path.exists() else {}
    for image, scenes in shown.items():
        item = f"{FURNITURE}:{Path(image).stem}"
        for scene in scenes if item in rows else ():
            rooms[scene].append(rows[item])
    return ItemsAndPairs(items, pairs_of_baskets(rooms.values(), len(items)), _nothing(items))


def _nothing(items: Sequence[ItemRecord]) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    return np.zeros((len(items), 0), np.float32)


def _number(record: ItemRecord) -> str:
    """The product's number: a variant's has its colour behind a hyphen."""
    return record.id.partition(":")[2].partition("-")[0]
