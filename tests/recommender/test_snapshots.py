"""A snapshot shared by all processes, what has changed since, and rebuilding it."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from structlog.testing import capture_logs

from listing_assistant.catalogue.models import Category
from listing_assistant.listings.models import Listing, State
from ml.index_snapshot import read_manifest
from recommender import rebuilding, refreshing, selectors, services, tasks
from recommender.indexes.following import ItemIndex
from recommender.indexes.inference import SnapshotStore
from recommender.inference import neighbours
from recommender.locks import only_here
from recommender.models import ItemEmbedding
from tests.workers import own_database

from .conftest import encoded, eventually, on_circle

pytestmark = pytest.mark.django_db


@pytest.fixture
def snapshot(release, settings):
    """Build one from the rows that are there; returns its folder."""

    def build() -> Path:
        assert rebuilding.rebuild(release, lambda done, total: None) is not None
        root = Path(settings.INDEX_DIR) / release
        return root / read_manifest(root).folder

    return build


@pytest.fixture
def index(release) -> ItemIndex:
    return ItemIndex(release, SnapshotStore(release), check_seconds=0)


def ids_near(index: ItemIndex, degrees: float, **filters) -> list[int]:
    return [pk for pk, _ in index.search(on_circle(degrees), 100, **filters)]


def sell(listing: Listing) -> None:
    Listing.objects.filter(pk=listing.pk).update(state=State.SOLD)
    services.sync_item(listing_id=listing.pk)


def test_what_is_in_the_snapshot_is_not_read_again(make_item, snapshot, index):
    items = [make_item(degrees) for degrees in (0, 10, 20)]
    snapshot()
    ItemEmbedding.objects.filter(listing=items[1]).update(vector=b"unreadable")
    assert ids_near(index, 0) == [item.pk for item in items]


def test_what_has_changed_since_the_snapshot_is_read_from_the_rows(
    make_item, snapshot, index, release
):
    sold, moved, still = make_item(0), make_item(10), make_item(20)
    snapshot()
    sell(sold)
    services.store_embedding(encoded={moved.pk: encoded(moved, on_circle(60), release)})
    added = make_item(40)
    assert ids_near(index, 0) == [still.pk, added.pk, moved.pk]
    sell(still)
    assert ids_near(index, 0) == [added.pk, moved.pk]


def test_a_new_snapshot_is_taken_while_the_index_is_in_use(make_item, snapshot, index):
    first = make_item(0)
    snapshot()
    assert ids_near(index, 0) == [first.pk]
    second = make_item(10)
    sell(first)
    snapshot()
    assert ids_near(index, 0) == [second.pk]
    third = make_item(5)
    assert ids_near(index, 0) == [third.pk, second.pk]


@pytest.mark.parametrize("broken", ["vectors.faiss", "ids.npy", "manifest.json"])
def test_a_broken_snapshot_is_named_and_the_rows_are_read(make_item, snapshot, index, broken):
    item = make_item(0)
    folder = snapshot()
    path = folder / broken if broken != "manifest.json" else folder.parent / broken
    path.write_bytes(b"broken")
    with capture_logs() as logs:
        assert [ids_near(index, 0) for _ in range(2)] == [[item.pk]] * 2
    assert [(line["event"], broken in line["reason"]) for line in logs] == [
        ("snapshot_unusable", True)
    ]


def test_a_snapshot_that_is_gone_is_done_without(make_item, snapshot, index):
    item = make_item(0)
    shutil.rmtree(snapshot())
    assert ids_near(index, 0) == [item.pk]


def test_a_snapshot_of_another_release_is_refused(make_item, snapshot, index, settings, release):
    item = make_item(0)
    folder = snapshot().parent
    other = ItemIndex("other", SnapshotStore("other"), check_seconds=0)
    shutil.copytree(folder, folder.parent / "other")
    assert ids_near(other, 0) == []
    assert ids_near(index, 0) == [item.pk]


def test_an_older_copy_of_the_database_is_read_anew(make_item, snapshot, index, release):
    kept, lost = make_item(0), make_item(10)
    snapshot()
    assert ids_near(index, 0) == [kept.pk, lost.pk]
    lost.delete()
    assert ids_near(index, 0) == [kept.pk]
    assert rebuilding.is_due(release)


def test_neighbours_can_be_of_one_category_and_not_of_one_seller(
    make_item, snapshot, category, alice, bob
):
    other = Category.objects.create(
        taxonomy=category.taxonomy, source_id="x", name="X", slug="x", path="X"
    )
    first, second = make_item(0, seller=alice), make_item(5, seller=bob)
    make_item(1, seller=alice, category=other)
    snapshot()
    third = make_item(10, seller=alice)
    chosen = neighbours(on_circle(0), k=5, category=category.pk)
    assert [pk for pk, _ in chosen] == [first.pk, second.pk, third.pk]
    chosen = neighbours(on_circle(0), k=5, category=category.pk, exclude_seller=alice.pk)
    assert [pk for pk, _ in chosen] == [second.pk]
    Listing.objects.filter(pk=second.pk).update(category=other)  # no news of it yet
    assert neighbours(on_circle(0), k=5, category=category.pk, exclude_seller=alice.pk) == []


def test_a_published_item_is_found_within_five_seconds_and_a_sold_one_never(make_item, snapshot):
    old = make_item(0)
    snapshot()
    assert [pk for pk, _ in neighbours(on_circle(0), k=5)] == [old.pk]
    new = make_item(5)
    Listing.objects.filter(pk=old.pk).update(state=State.SOLD)  # before any news of it
    assert [pk for pk, _ in neighbours(on_circle(0), k=5)] in ([], [new.pk])
    assert eventually(lambda: [pk for pk, _ in neighbours(on_circle(0), k=5)] == [new.pk])


def test_a_rebuild_is_due_after_so_many_changes(make_item, snapshot, settings, release):
    settings.INDEX_REBUILD_AFTER = 3
    items = [make_item(degrees) for degrees in range(2)]
    assert not rebuilding.is_due(release)
    items.append(make_item(2))
    assert rebuilding.is_due(release)
    tasks.rebuild_index()
    assert not rebuilding.is_due(release)
    for item in items[:2]:
        sell(item)
    assert not rebuilding.is_due(release)
    make_item(3)
    assert rebuilding.is_due(release)


def test_a_large_new_release_is_built_before_it_serves(make_item, settings, release_models):
    settings.INDEX_REBUILD_AFTER = 1
    item = make_item(0)
    state = refreshing.follow(release_models("second"))
    tasks.rebuild_index()
    assert selectors.serving_release() != state.release  # it lacks the item
    services.store_embedding(encoded={item.pk: encoded(item, on_circle(0), state.release)})
    assert not rebuilding.take_over_if_ready(state)
    tasks.rebuild_index()
    assert selectors.serving_release() == state.release
    assert SnapshotStore(state.release).published()


def test_snapshots_of_dropped_releases_are_deleted(make_item, snapshot, release_models, settings):
    item = make_item(0)
    first = snapshot().parent
    foreign = first.parent / "not-an-index"
    foreign.mkdir()
    second = refreshing.follow(release_models("second"))
    assert first.is_dir()
    services.store_embedding(encoded={item.pk: encoded(item, on_circle(0), second.release)})
    assert refreshing.take_over(second)
    refreshing.follow(release_models("third"))
    assert not first.is_dir() and foreign.is_dir()


def test_the_command_builds_it_and_says_what_is_in_it(make_item, release, capsys):
    with pytest.raises(CommandError, match="Nothing has a vector"):
        call_command("rebuild_index")
    make_item(0)
    call_command("rebuild_index")
    assert f"{release}: 1 items" in capsys.readouterr().out
    assert SnapshotStore(release).published()


@pytest.mark.django_db(transaction=True)
def test_one_process_rebuilds_at_a_time(make_item, release):
    make_item(0)
    held, may_end = threading.Event(), threading.Event()

    def hold() -> None:
        with only_here("rebuild") as is_mine:
            assert is_mine
            held.set()
            may_end.wait(5)
        connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    assert held.wait(5)
    assert rebuilding.rebuild(release, lambda done, total: None) is None
    assert not rebuilding.rebuild_due()
    may_end.set()
    thread.join(5)
    assert rebuilding.rebuild(release, lambda done, total: None) == 1


@pytest.mark.worker
@pytest.mark.django_db(transaction=True)
def test_a_killed_rebuild_leaves_the_snapshot_and_the_lock_as_they_were(
    make_item, snapshot, index, release, settings
):
    first = make_item(0)
    folder = snapshot()
    second = make_item(10)
    command = [sys.executable, "manage.py", "rebuild_index"]
    environment = own_database() | {"INDEX_DIR": str(settings.INDEX_DIR)}
    with transaction.atomic(), connection.cursor() as cursor:
        # The rebuild has its lock and waits for the rows, so it dies on its way for certain.
        cursor.execute("LOCK TABLE recommender_itemembedding IN ACCESS EXCLUSIVE MODE")
        process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
        assert eventually(is_rebuilding, seconds=30)
        process.kill()
        process.wait()
    assert read_manifest(folder.parent).folder == folder.name
    assert ids_near(index, 0) == [first.pk, second.pk]
    assert eventually(lambda: rebuilding.rebuild(release, lambda done, total: None) == 2)
    assert not list(folder.parent.glob(".draft-*"))


def is_rebuilding() -> bool:
    """Whether some session waits for the rows that the test has locked."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted"
            " AND relation = 'recommender_itemembedding'::regclass)"
        )
        return bool(cursor.fetchone()[0])


@pytest.mark.django_db(transaction=True)
def test_strips_go_on_while_snapshots_are_built_and_items_sold(make_item, snapshot, index):
    anchor = make_item(0)
    items = [make_item(degrees) for degrees in range(10, 30)]
    gone: set[int] = set()
    failures: list[str] = []
    searches = [0, 0, 0]
    done = threading.Event()

    def search(place: int) -> None:
        while not done.is_set():
            before = set(gone)
            found = ids_near(index, 0)
            if found[0] != anchor.pk or before & set(found):
                failures.append(f"{before}: {found}")
            searches[place] += 1
        connection.close()

    threads = [threading.Thread(target=search, args=(place,)) for place in range(3)]
    for thread in threads:
        thread.start()
    for item in items[:10]:
        sell(item)
        gone.add(item.pk)
        snapshot()
    done.set()
    for thread in threads:
        thread.join(10)
    assert failures == [] and min(searches) > 0
