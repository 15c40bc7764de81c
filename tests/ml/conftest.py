from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import psycopg
import pytest
from django.conf import settings

from ml.index_pgvector import PgVectorIndex


@pytest.fixture(scope="session")
def tables() -> Iterator[psycopg.Connection]:
    """A connection of its own, whose transaction is never committed."""
    with psycopg.connect(settings.DATABASE_URL) as connection:
        yield connection
        connection.rollback()


@pytest.fixture(scope="session")
def new_table(tables) -> Callable[[int], PgVectorIndex]:
    """An empty index of a dimension, in a new table."""
    numbers = itertools.count()
    return lambda dim: PgVectorIndex(tables.cursor, f"contract_{next(numbers)}", dim)
