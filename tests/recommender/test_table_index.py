"""VECTOR_INDEX=pgvector: one table in the database instead of a copy in each process."""

from __future__ import annotations

import threading

import pytest
from django.db import connection

from listing_assistant.checks import pgvector_is_available
from listing_assistant.listings.models import Listing, State
from ml.index_pgvector import PgVectorIndex, drop_tables, stored_dim
from recommender import rebuilding, refreshing, services
from recommender.indexes.following import ItemIndex
from recommender.indexes.inference import TableStore, store_of
from recommender.inference import neighbours
from recommender.models import ItemEmbedding

from .conftest import DIM, encoded, eventually, on_circle

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def pgvector(settings):
    settings.VECTOR_INDEX = "pgvector"


@pytest.fixture
def index(release) -> ItemIndex:
    return ItemIndex(release, store_of(release), check_seconds=0)


def ids_near(index: ItemIndex, degrees: float, **filters) -> list[int]:
    return [pk for pk, _ in index.search(on_circle(degrees), 10, **filters)]


def build(release: str) -> int | None:
    return rebuilding.rebuild(release, lambda done, total: None)


def test_a_small_marketplace_needs_no_building(make_item, index):
    first, second = make_item(0), make_item(20)
    assert ids_near(index, 0) == [first.pk, second.pk]
    third = make_item(10)
    assert ids_near(index, 0) == [first.pk, third.pk, second.pk]


def test_what_one_process_has_followed_all_others_find(make_item, index, release):
    item = make_item(0)
    assert ids_near(index, 0) == [item.pk]
    ItemEmbedding.objects.update(vector=b"unreadable")
    other = ItemIndex(release, TableStore(release), check_seconds=0)
    assert ids_near(other, 0) == [item.pk]


def test_many_changes_are_left_to_a_rebuild(make_item, index, release, settings):
    settings.INDEX_REBUILD_AFTER = 3
    items = [make_item(degrees) for degrees in (0, 20, 40)]
    assert ids_near(index, 0) == []
    assert rebuilding.is_due(release)
    assert rebuilding.rebuild_due() and not rebuilding.is_due(release)
    assert ids_near(index, 0) == [item.pk for item in items]
    items.append(make_item(50))
    assert ids_near(index, 0) == [item.pk for item in items]


def test_a_rebuilt_table_takes_the_place_of_the_old_one(make_item, index, release):
    kept, sold = make_item(0), make_item(10)
    PgVectorIndex(connection.cursor, f"item_vectors_{release}_new", DIM)  # a killed rebuild's
    assert ids_near(index, 0) == [kept.pk, sold.pk]
    Listing.objects.filter(pk=sold.pk).update(state=State.SOLD)
    services.sync_item(listing_id=sold.pk)
    assert build(release) == 1
    assert ids_near(index, 0) == [kept.pk]


def test_filters_are_asked_of_the_table(make_item, index, alice, bob, category):
    mine, theirs = make_item(0, seller=alice), make_item(10, seller=bob)
    make_item(5, seller=bob, category=None)
    assert ids_near(index, 0, category=category.pk) == [mine.pk, theirs.pk]
    assert ids_near(index, 0, category=category.pk, not_seller=alice.pk) == [theirs.pk]


def test_a_published_item_is_found_within_five_seconds_and_a_sold_one_never(make_item):
    old = make_item(0)
    assert [pk for pk, _ in neighbours(on_circle(0), k=5)] == [old.pk]
    new = make_item(5)
    Listing.objects.filter(pk=old.pk).update(state=State.SOLD)
    assert [pk for pk, _ in neighbours(on_circle(0), k=5)] in ([], [new.pk])
    assert eventually(lambda: [pk for pk, _ in neighbours(on_circle(0), k=5)] == [new.pk])


def test_tables_of_dropped_releases_are_deleted(make_item, release, index, release_models):
    item = make_item(0)
    assert ids_near(index, 0) == [item.pk]
    second = refreshing.follow(release_models("second"))
    assert stored_dim(connection.cursor, f"item_vectors_{release}") == DIM
    services.store_embedding(encoded={item.pk: encoded(item, on_circle(0), second.release)})
    assert refreshing.take_over(second)
    refreshing.follow(release_models("third"))
    assert stored_dim(connection.cursor, f"item_vectors_{release}") is None


@pytest.mark.django_db(transaction=True)
def test_every_thread_asks_on_a_connection_of_its_own(make_item, index):
    item, found = make_item(0), []

    def search() -> None:
        found.append(ids_near(index, 0))
        connection.close()

    try:
        for _ in range(2):
            thread = threading.Thread(target=search)
            thread.start()
            thread.join(10)
        assert found == [[item.pk]] * 2
    finally:
        drop_tables(connection.cursor, "item_vectors_")


def test_a_database_without_it_is_named_at_the_start():
    assert pgvector_is_available(None) == []
    with connection.cursor() as cursor:
        # The view of this session alone: it stands before the catalogue's in the search path.
        cursor.execute("CREATE TEMP VIEW pg_available_extensions AS SELECT 'plpgsql' AS name")
        cursor.execute("SET LOCAL search_path = pg_temp, pg_catalog, public")
    (error,) = pgvector_is_available(None)
    assert error.id == "site.E005" and "VECTOR_INDEX=faiss" in error.hint
