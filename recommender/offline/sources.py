"""What is for sale, as the aggregation reads it: two Parquet files beside the days of events."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from listing_assistant.catalogue.selectors import spelling_key
from listing_assistant.listings.models import Listing, ListingAttribute, State
from recommender.products import product_key

BATCH = 5_000  # listings
# Spelt out, "++" is "plus plus": a text may outgrow the key of a table's row, and one that long is
# no detail that others share.
LONGEST = 120

ITEMS = pa.schema(
    [
        ("listing_id", pa.int64()),
        ("product_key", pa.string()),
        ("category_id", pa.int64()),
        ("seller_id", pa.int64()),
        ("is_live", pa.bool_()),
    ]
)
ITEM_ATTRIBUTES = pa.schema(
    [("listing_id", pa.int64()), ("attribute_id", pa.int64()), ("text", pa.string())]
)


def write_items(folder: Path, progress: Callable[[float], None]) -> tuple[Path, Path, int]:
    """Every listing that ever was for sale, and its details; the two files and how many listings.

    A listing that changes meanwhile is as it was when its batch was read.
    """
    folder.mkdir(parents=True, exist_ok=True)
    items, details = folder / "items.parquet", folder / "item_attributes.parquet"
    count = 0
    with (
        pq.ParquetWriter(items, ITEMS) as item_file,
        pq.ParquetWriter(details, ITEM_ATTRIBUTES) as detail_file,
    ):
        total = _offered().count()
        for rows in _batches():
            stated = _stated([pk for pk, *_ in rows])
            item_file.write_table(_table([_item(row, stated) for row in rows], ITEMS))
            keyed = {
                (pk, attribute_id, spelt)
                for pk, told in stated.items()
                for attribute_id, _, text in told
                if len(spelt := _spelt(text)) <= LONGEST
            }
            detail_file.write_table(_table(sorted(keyed), ITEM_ATTRIBUTES))
            count += len(rows)
            progress(count / max(1, total))
    return items, details, count


def _offered() -> Any:
    return Listing.objects.exclude(state=State.DRAFT).order_by("pk")


def _batches() -> Iterator[list[tuple[Any, ...]]]:
    fields = ("pk", "product_id", "category_id", "seller_id", "state")
    last = 0
    while rows := list(_offered().filter(pk__gt=last).values_list(*fields)[:BATCH]):
        yield rows
        last = rows[-1][0]


def _stated(listing_ids: Sequence[int]) -> dict[int, list[tuple[int, str, str]]]:
    """Attribute, its name and the text, of each listing that states any."""
    rows = ListingAttribute.objects.filter(listing_id__in=listing_ids)
    stated: dict[int, list[tuple[int, str, str]]] = {}
    fields = ("listing_id", "attribute_id", "attribute__name", "text")
    for pk, attribute_id, name, text in rows.values_list(*fields):
        stated.setdefault(pk, []).append((attribute_id, name, text))
    return stated


def _item(
    row: tuple[Any, ...], stated: dict[int, list[tuple[int, str, str]]]
) -> tuple[int, str, int | None, int, bool]:
    pk, product_id, category_id, seller_id, state = row
    key = product_key(
        product_id=product_id,
        category_id=category_id,
        attributes=[(name, text) for _, name, text in stated.get(pk, ())],
    )
    return pk, key, category_id, seller_id, state == State.LIVE


def _table(rows: Iterable[tuple[Any, ...]], schema: pa.Schema) -> pa.Table:
    columns = list(zip(*rows, strict=True)) or [()] * len(schema)
    return pa.table(
        [pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)],
        schema=schema,
    )


@lru_cache(maxsize=100_000)
def _spelt(text: str) -> str:
    return spelling_key(text)
