"""One table a day for each of the two logs.

Days are made ahead, so that none is made while events wait. What falls between (an app that was
offline before the first day, a demo's past month) lies in the default partition until its day is
made, with its rows, by `make_days`. Every step waits two seconds at most for its locks: rather the
next run than a queue of consumers behind it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection, transaction

from recommender.events.days import midnight

# Table and the column that says which day a row belongs to.
LOGS = {"recommender_behaviourevent": "happened_at", "recommender_impression": "shown_at"}
DAYS_AHEAD = 7
# So many days are moved out of a default partition at once.
DAYS_A_RUN = 10
LOCK_SECONDS = 2


def days_of(table: str) -> list[date]:
    """The days that have a partition, oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = %s::regclass",
            [table],
        )
        found = (re.fullmatch(rf"{table}_(\d{{8}})", name) for (name,) in cursor.fetchall())
        return sorted(datetime.strptime(each[1], "%Y%m%d").date() for each in found if each)


def make_days(*, today: date, oldest: date) -> int:
    """Give yesterday to a week ahead, and days with rows since `oldest`, their partitions.

    Returns how many were made.
    """
    made = 0
    for table in LOGS:
        there = set(days_of(table))
        wanted = [today + timedelta(days=n) for n in range(-1, DAYS_AHEAD + 1)]
        stray = [day for day in _stray_days(table) if oldest <= day <= wanted[-1]]
        for day in sorted({*wanted, *stray[:DAYS_A_RUN]} - there):
            _make(table, day)
            made += 1
    return made


def drop_days(*, before: date) -> int:
    """Drop what is older, partitions at once and rows of the default one; returns how many days."""
    dropped = 0
    for table, column in LOGS.items():
        for day in days_of(table):
            if day < before:
                _drop(table, day)
                dropped += 1
        with connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {table}_default WHERE {column} < %s", [midnight(before)])
    return dropped


def _stray_days(table: str) -> list[date]:
    """Days that have rows in the default partition, newest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT DISTINCT ({LOGS[table]} AT TIME ZONE 'UTC')::date AS day"
            f" FROM {table}_default ORDER BY day DESC"
        )
        return [day for (day,) in cursor.fetchall()]


def _make(table: str, day: date) -> None:
    """Filled first and attached then: for the last step alone do all readers of the log wait.

    Those who look into the default partition wait from the first row that leaves it.
    """
    column, part = LOGS[table], _name(table, day)
    bounds = [midnight(day), midnight(day + timedelta(days=1))]
    with _locked(f"{table}_default") as cursor:
        cursor.execute(f"CREATE TABLE {part} (LIKE {table} INCLUDING DEFAULTS)")
        cursor.execute(
            f"WITH moved AS (DELETE FROM {table}_default"
            f" WHERE {column} >= %s AND {column} < %s RETURNING *)"
            f" INSERT INTO {part} SELECT * FROM moved",
            bounds,
        )
        # Bounds are part of the definition, which takes no parameters; they are dates of ours.
        start, end = (each.isoformat() for each in bounds)
        cursor.execute(
            f"ALTER TABLE {table} ATTACH PARTITION {part} FOR VALUES FROM ('{start}') TO ('{end}')"
        )


def _drop(table: str, day: date) -> None:
    with _locked(table) as cursor:
        cursor.execute(f"ALTER TABLE {table} DETACH PARTITION {_name(table, day)}")
        cursor.execute(f"DROP TABLE {_name(table, day)}")


@contextmanager
def _locked(table: str) -> Iterator[Any]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'")
        cursor.execute(f"LOCK TABLE ONLY {table} IN ACCESS EXCLUSIVE MODE")
        yield cursor


def _name(table: str, day: date) -> str:
    return f"{table}_{day:%Y%m%d}"
