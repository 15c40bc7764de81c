"""The behaviour log as Parquet, a folder a day: what the offline aggregation reads.

A file says which rows it was made of, so a day is written again only when its rows have changed:
an event came late, was erased or judged anew. Written beside and renamed.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Collection, Iterable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.db import connection
from django.db.models import Max, Min

from recommender.events.days import midnight
from recommender.events.event import person_of
from recommender.models import BehaviourEvent
from recommender.products import query_key

if TYPE_CHECKING:
    import pyarrow as pa

FILE = "events.parquet"
MADE_OF = b"made_of"
ROWS = 20_000
FIELDS = (
    *("event_id", "kind", "listing_id", "user_id", "session_key", "happened_at", "data", "flags"),
)


def logged_days() -> tuple[date, date] | None:
    """The first and the last day that have events; None where there are none."""
    found = BehaviourEvent.objects.aggregate(first=Min("happened_at"), last=Max("happened_at"))
    if found["first"] is None:
        return None
    return found["first"].date(), found["last"].date()


def export_days(root: Path, *, since: date, until: date) -> Iterator[tuple[date, int]]:
    """Write the days that have changed; gives each with its number of rows as it is done."""
    prints = _prints(since, until)
    for day in sorted(set(prints) | {day for day in _folders(root) if since <= day <= until}):
        file = _folder(root, day) / FILE
        if day not in prints:
            shutil.rmtree(file.parent)
            yield day, 0
        elif _made_of(file) != prints[day]:
            yield day, _write(file, _rows(day), made_of=prints[day])


def exported_days(root: Path) -> dict[date, Path]:
    """The folder of each day that holds Parquet files, the first day first."""
    return {day: folder for day, folder in _folders(root).items() if any(folder.glob("*.parquet"))}


def drop_days(root: Path, *, before: date) -> int:
    """Remove exported days that the database keeps no longer; returns how many."""
    past = [folder for day, folder in _folders(root).items() if day < before]
    for folder in past:
        shutil.rmtree(folder)
    return len(past)


def erase(root: Path, *, people: Collection[str]) -> int:
    """Write the files without the rows of these (`person_of`); returns how many rows went.

    Also of days that the database does not hold any more.
    """
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    gone = 0
    names = pa.array(sorted(people), pa.string())
    for file in sorted(root.glob("day=*/*.parquet")):
        table = pq.ParquetFile(file).read()
        kept = table.filter(pc.invert(pc.is_in(table["person"], value_set=names)))
        if len(kept) < len(table):
            gone += len(table) - len(kept)
            # What it was made of is left out: the next export looks at the day anew.
            _replace(file, [kept], kept.schema.remove_metadata())
    return gone


def _prints(since: date, until: date) -> dict[date, str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (happened_at AT TIME ZONE 'UTC')::date, count(*), max(id),"
            " count(*) FILTER (WHERE flags = '') FROM recommender_behaviourevent"
            " WHERE happened_at >= %s AND happened_at < %s GROUP BY 1",
            [midnight(since), midnight(until + timedelta(days=1))],
        )
        return {day: f"{count} {newest} {counted}" for day, count, newest, counted in cursor}


def _made_of(file: Path) -> str:
    import pyarrow.parquet as pq

    if not file.exists():
        return ""
    return str((pq.read_metadata(file).metadata or {}).get(MADE_OF, b"").decode())


def _rows(day: date) -> Iterator[list[tuple[Any, ...]]]:
    events = BehaviourEvent.objects.order_by("happened_at", "id").filter(
        happened_at__gte=midnight(day), happened_at__lt=midnight(day + timedelta(days=1))
    )
    chunk: list[tuple[Any, ...]] = []
    for row in events.values_list(*FIELDS).iterator(chunk_size=ROWS):
        chunk.append(_row(row, day))
        if len(chunk) == ROWS:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _row(row: tuple[Any, ...], day: date) -> tuple[Any, ...]:
    event_id, kind, listing_id, user_id, session, happened_at, data, flags = row
    person = person_of(user_id, session)
    query = query_key(str(data.get("query") or ""))
    told = json.dumps(data, ensure_ascii=False)
    return (
        *(str(event_id), kind, listing_id, person, session, happened_at, day, query, not flags),
        *(user_id, told, flags),
    )


def _schema(made_of: str) -> pa.Schema:
    import pyarrow as pa

    return pa.schema(
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
            ("user_id", pa.int64()),
            ("data", pa.string()),
            ("flags", pa.string()),
        ],
        metadata={MADE_OF: made_of},
    )


def _write(file: Path, chunks: Iterable[list[tuple[Any, ...]]], *, made_of: str) -> int:
    import pyarrow as pa

    schema = _schema(made_of)
    file.parent.mkdir(parents=True, exist_ok=True)
    tables = (
        pa.table([list(column) for column in zip(*rows, strict=True)], schema=schema)
        for rows in chunks
    )
    return _replace(file, tables, schema)


def _replace(file: Path, tables: Iterable[pa.Table], schema: pa.Schema) -> int:
    """A reader sees the old file or the new one. A name with a dot is no reader's."""
    import pyarrow.parquet as pq

    beside, count = file.with_name(f".{file.name}.new"), 0
    with pq.ParquetWriter(beside, schema, compression="zstd") as writer:
        for table in tables:
            writer.write_table(table)
            count += len(table)
    beside.replace(file)
    return count


def _folder(root: Path, day: date) -> Path:
    return root / f"day={day}"


def _folders(root: Path) -> dict[date, Path]:
    found = (re.fullmatch(r"day=(\d{4}-\d\d-\d\d)", path.name) for path in root.glob("day=*"))
    days = sorted(date.fromisoformat(each[1]) for each in found if each)
    return {day: _folder(root, day) for day in days}
