"""The item table: its columns, its orders, how it is put in service and followed."""

from __future__ import annotations

import pytest

from recommender.items.building import build_table
from recommender.items.columns import COLUMNS
from recommender.items.facts import items_of
from recommender.items.table import current_table

pytestmark = pytest.mark.django_db


def test_the_table_holds_what_is_for_sale_by_ascending_id(make_item, make_listing):
    mugs = [make_item(angle) for angle in (0, 90)]
    make_listing(state="sold")
    build_table()
    table = current_table()
    assert table.items.ids.tolist() == sorted(mug.pk for mug in mugs)
    assert table.items.joint[0, :2].tolist() == [1, 0]


def test_facts_from_the_database_are_those_of_the_table_to_the_bit(make_item, make_listing):
    ids = [make_item(angle, price=angle + 1).pk for angle in (0, 45, 90)]
    build_table()
    kept, read = items_of(ids[::-1], current_table()), items_of(ids[::-1], None)
    for name in COLUMNS:
        assert getattr(kept, name).tobytes() == getattr(read, name).tobytes(), name
