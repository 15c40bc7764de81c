"""The offline tables: written whole by a kind or key by key, read by key at request time."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence

from django.db import connection, transaction

from recommender.models import AggregateRow
from recommender.recall_sets.base import Entry


class StoredAggregates:
    """Reads AggregateRow: one query a call, whatever the number of keys."""

    def rows(self, kind: str, keys: Collection[str]) -> Mapping[str, Sequence[Entry]]:
        if not keys:
            return {}
        # In plain SQL: a strip asks a dozen times, and the ORM takes longer than the database.
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT key, entries FROM {AggregateRow._meta.db_table} "
                "WHERE kind = %s AND key = ANY(%s)",
                [kind, list(keys)],
            )
            return {key: entries_of(text) for key, text in cursor.fetchall()}


def entries_of(text: str) -> list[Entry]:
    """A row's entries from their JSON."""
    return [(str(thing), float(score), int(support)) for thing, score, support in json.loads(text)]


@transaction.atomic
def replace_rows(*, kind: str, rows: Iterable[tuple[str, Sequence[Entry]]]) -> int:
    """Put new rows in the place of all of a kind, in one step for readers; returns how many."""
    AggregateRow.objects.filter(kind=kind).delete()
    return _copy(kind, rows)


@transaction.atomic
def update_rows(*, kind: str, rows: Mapping[str, Sequence[Entry]]) -> int:
    """Put new rows in the place of those keys alone."""
    AggregateRow.objects.filter(kind=kind, key__in=list(rows)).delete()
    return _copy(kind, rows.items())


def _copy(kind: str, rows: Iterable[tuple[str, Sequence[Entry]]]) -> int:
    from psycopg.types.json import Jsonb

    count = 0
    table = AggregateRow._meta.db_table
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {table} (kind, key, entries) FROM STDIN") as copy,
    ):
        for key, entries in rows:
            if entries:
                copy.write_row((kind, key, Jsonb([list(entry) for entry in entries])))
                count += 1
    return count
