from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection

from listing_assistant.catalogue.services import load_starter_taxonomy


@pytest.fixture(scope="module")
def starter_rows(django_db_setup, django_db_blocker) -> Iterator[None]:
    """The starter taxonomy, loaded once for all tests of a file."""
    with django_db_blocker.unblock():
        load_starter_taxonomy()
    yield
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("TRUNCATE catalogue_taxonomy CASCADE")


@pytest.fixture
def starter(starter_rows: None, db: None) -> None:
    """The starter taxonomy; what a test changes is rolled back."""
