"""Work that one process at a time may do, whichever machine it runs on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


@contextmanager
def only_here(work: str, *, wait: bool = False) -> Iterator[bool]:
    """Whether the work is this process's until the block ends; with `wait` it is, in the end.

    The database session holds the lock, so a process that dies gives it back, however it dies.
    """
    key = f"recommender {work}"
    is_mine = _ask("pg_advisory_lock" if wait else "pg_try_advisory_lock", key) is not False
    try:
        yield is_mine
    finally:
        if is_mine:
            _ask("pg_advisory_unlock", key)


def _ask(function: str, key: str) -> object:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(hashtextextended(%s, 0))", [key])
        return cursor.fetchone()[0]
