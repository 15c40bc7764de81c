"""What the aggregation reads: the behaviour log by day, and what is for sale, as Parquet."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from django.db import connection, transaction

from listing_assistant.catalogue.selectors import spelling_key
from listing_assistant.listings.models import Listing, ListingAttribute, State
from recommender.models import BehaviourEvent
from recommender.products import product_key, query_key

BATCH = 5_000  # listings

EVENTS = pa.schema(
    [
        ("event_id", pa.string()),
        ("kind", pa.string()),
        ("listing_id", pa.int64()),
        ("person", pa.string()),
        ("session", pa.string()),
        ("happened_at", pa.timestamp("us", tz="UTC")),
        ("day", pa.date32()),
        ("query", pa.string()),
        ("is_counted", pa.bool_()),
    ]
)
EVENT_FIELDS = (
    *("event_id", "kind", "listing_id", "user_id", "session_key", "happened_at", "data", "flags"),
)
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


def digests(first: date, last: date) -> dict[date, str]:
    """Of each day with events, what changes when one comes late, is erased or is judged anew."""
    table = BehaviourEvent._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (happened_at AT TIME ZONE 'UTC')::date, count(*), max(id),"
            "       count(*) FILTER (WHERE flags = '')"
            f" FROM {table} WHERE happened_at >= %s AND happened_at < %s GROUP BY 1",
            [_midnight(first), _midnight(last + timedelta(days=1))],
        )
        return {day: f"{count}-{newest}-{counted}" for day, count, newest, counted in cursor}


class Exports:
    """The log as Parquet, root/day=<day>/, and from which state of the log each day was written."""

    def __init__(self, root: Path) -> None:
        self._root, self._manifest = root, root / "exported.json"

    def changed(self, first: date, last: date) -> dict[date, str]:
        """Days that are not exported as they are now, with the digest of what they are; one
        without events any more has none."""
        written, now = self._written(), digests(first, last)
        gone = {day: "" for day in written if first <= day <= last and day not in now}
        return {
            day: digest
            for day, digest in sorted((now | gone).items())
            if written.get(day) != digest or not (self._folder(day).exists() or day in gone)
        }

    def export(self, day: date, digest: str) -> int:
        """Write the day anew; how many events it has.

        The digest was taken before: what came since makes the day a changed one again.
        """
        folder = self._folder(day)
        written = self._written()
        if digest:
            count = _export_day(day, folder)
            self._note({**written, day: digest})
            return count
        shutil.rmtree(folder, ignore_errors=True)
        self._note({known: told for known, told in written.items() if known != day})
        return 0

    def _folder(self, day: date) -> Path:
        return self._root / f"day={day}"

    def _written(self) -> dict[date, str]:
        if not self._manifest.exists():
            return {}
        told = json.loads(self._manifest.read_text())
        return {date.fromisoformat(day): digest for day, digest in told.items()}

    def _note(self, written: Mapping[date, str]) -> None:
        beside = self._manifest.with_suffix(".new")
        beside.write_text(json.dumps({str(day): digest for day, digest in written.items()}))
        beside.replace(self._manifest)


def _export_day(day: date, folder: Path) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    beside, count = folder / "events.new", 0
    events = BehaviourEvent.objects.filter(
        happened_at__gte=_midnight(day), happened_at__lt=_midnight(day + timedelta(days=1))
    )
    with pq.ParquetWriter(beside, EVENTS) as file, transaction.atomic():
        rows = events.order_by().values_list(*EVENT_FIELDS).iterator(BATCH)
        while chunk := list(islice(rows, BATCH)):
            file.write_table(_table([_event(row, day) for row in chunk], EVENTS))
            count += len(chunk)
    for old in folder.glob("*.parquet"):
        old.unlink()
    beside.rename(folder / "events.parquet")
    return count


def write_items(folder: Path, progress: Callable[[float], None]) -> tuple[Path, Path, int]:
    """Every listing that ever was for sale, and its details; the two files and how many listings.

    Read in one snapshot, in batches of listings.
    """
    folder.mkdir(parents=True, exist_ok=True)
    items, details = folder / "items.parquet", folder / "item_attributes.parquet"
    count = 0
    with (
        pq.ParquetWriter(items, ITEMS) as item_file,
        pq.ParquetWriter(details, ITEM_ATTRIBUTES) as detail_file,
        transaction.atomic(),
    ):
        total = _offered().count()
        for rows in _batches():
            stated = _stated([pk for pk, *_ in rows])
            item_file.write_table(_table([_item(row, stated) for row in rows], ITEMS))
            keyed = {
                (pk, attribute_id, _spelt(text))
                for pk, told in stated.items()
                for attribute_id, _, text in told
            }
            detail_file.write_table(_table(sorted(keyed), ITEM_ATTRIBUTES))
            count += len(rows)
            progress(count / max(1, total))
    return items, details, count


def _event(row: tuple[Any, ...], day: date) -> tuple[Any, ...]:
    event_id, kind, listing_id, user_id, session, happened_at, data, flags = row
    person = f"u{user_id}" if user_id else f"s{session}"
    query = query_key(str(data.get("query") or ""))
    return str(event_id), kind, listing_id, person, session, happened_at, day, query, not flags


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


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=UTC)


@lru_cache(maxsize=100_000)
def _spelt(text: str) -> str:
    return spelling_key(text)
