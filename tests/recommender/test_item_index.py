import threading

import numpy as np
import pytest
from django.db import connection, transaction
from structlog.testing import capture_logs

from listing_assistant.listings.models import Listing, State
from recommender import services
from recommender.indexes.following import ItemIndex
from recommender.indexes.inference import SnapshotStore
from recommender.models import ItemEmbedding
from recommender.vectors import pack

from .conftest import encoded, on_circle

pytestmark = pytest.mark.django_db


def index_of(release: str) -> ItemIndex:
    return ItemIndex(release, SnapshotStore(release), check_seconds=0)


def ids_near(index: ItemIndex, degrees: float, k: int = 10) -> list[int]:
    return [pk for pk, _ in index.search(on_circle(degrees), k)]


def test_an_empty_marketplace_has_no_neighbours(release):
    assert index_of(release).search(on_circle(0), 5) == []


def test_neighbours_come_best_first_with_their_cosine(make_item, release):
    far, near, middle = make_item(80), make_item(10), make_item(45)
    found = index_of(release).search(on_circle(0), 10)
    assert [pk for pk, _ in found] == [near.pk, middle.pk, far.pk]
    cosines = np.cos(np.radians([10, 45, 80]))
    assert [score for _, score in found] == pytest.approx(cosines, abs=2e-3)


def test_a_new_item_reaches_every_process(make_item, release):
    first, second = index_of(release), index_of(release)
    one = make_item(0)
    assert ids_near(first, 0) == ids_near(second, 0) == [one.pk]
    two = make_item(20)
    assert ids_near(first, 0) == ids_near(second, 0) == [one.pk, two.pk]


def test_a_new_vector_replaces_the_old_one(make_item, release):
    moved, still = make_item(10), make_item(30)
    index = index_of(release)
    assert ids_near(index, 0) == [moved.pk, still.pk]
    services.store_embedding(encoded={moved.pk: encoded(moved, on_circle(60), release)})
    assert ids_near(index, 0) == [still.pk, moved.pk]
    assert len(index) == 2


def test_the_database_is_asked_at_most_once_in_the_given_time(
    make_item, release, django_assert_num_queries
):
    make_item(0)
    index = ItemIndex(release, SnapshotStore(release), check_seconds=3600)
    index.search(on_circle(0), 1)
    make_item(1)
    with django_assert_num_queries(0):
        assert len(index.search(on_circle(0), 10)) == 1


def test_an_index_holds_one_release_only(make_item, make_listing, release):
    old = make_item(0)
    other = make_listing()
    services.store_embedding(encoded={other.pk: encoded(other, on_circle(0), "another")})
    assert ids_near(index_of(release), 0) == [old.pk]
    assert ids_near(index_of("another"), 0) == [other.pk]


def test_a_vector_of_a_new_release_leaves_the_old_one_where_it_is(make_item, release):
    item = make_item(0)
    index = index_of(release)
    assert ids_near(index, 0) == [item.pk]
    services.store_embedding(encoded={item.pk: encoded(item, on_circle(50), "next")})
    assert index.search(on_circle(0), 5) == [(item.pk, pytest.approx(1, abs=2e-3))]
    ((_, score),) = index_of("next").search(on_circle(0), 5)
    assert score == pytest.approx(np.cos(np.radians(50)), abs=2e-3)


@pytest.mark.parametrize("state", [s for s in State if s != State.LIVE])
def test_an_item_that_is_no_longer_live_leaves_the_index(make_item, release, state):
    item = make_item(0)
    index = index_of(release)
    assert ids_near(index, 0) == [item.pk]
    Listing.objects.filter(pk=item.pk).update(state=state)
    services.sync_item(listing_id=item.pk)
    assert ids_near(index, 0) == []


@pytest.mark.parametrize("damage", [lambda b: b[:-2], lambda b: b"", lambda b: b"\xff" * len(b)])
def test_a_corrupt_row_is_named_and_the_others_are_served(make_item, release, damage):
    bad, good = make_item(0), make_item(10)
    # Its one number that is not zero goes with the end that is cut off.
    row = ItemEmbedding.objects.get(listing=bad)
    row.vector = damage(pack(np.roll(on_circle(0), -1)))
    row.save()
    with capture_logs() as logs:
        assert ids_near(index_of(release), 0) == [good.pk]
    assert [(line["event"], line["listing"]) for line in logs] == [("embedding_skipped", bad.pk)]


def test_a_vector_of_another_dimension_is_named_and_skipped(make_item, make_listing, release):
    good, odd = make_item(0), make_listing()
    services.store_embedding(encoded={odd.pk: encoded(odd, np.ones(1, np.float32), release)})
    with capture_logs() as logs:
        assert ids_near(index_of(release), 0) == [good.pk]
    assert logs[0]["listing"] == odd.pk


def test_an_index_starts_over_when_the_newest_row_was_deleted(make_item, release):
    kept, deleted = make_item(0), make_item(10)
    index = index_of(release)
    assert ids_near(index, 0) == [kept.pk, deleted.pk]
    deleted.delete()
    assert ids_near(index, 0) == [kept.pk]


@pytest.mark.django_db(transaction=True)
def test_a_reader_never_misses_what_a_slow_writer_commits_late(make_item, make_listing, release):
    """Two writers at once: revisions become visible in order, whoever is slower."""
    slow, fast = make_listing("slow"), make_listing("fast")
    index = index_of(release)
    slow_wrote, slow_may_end = threading.Event(), threading.Event()

    def write_slowly() -> None:
        with transaction.atomic():
            services.store_embedding(encoded={slow.pk: encoded(slow, on_circle(0), release)})
            slow_wrote.set()
            slow_may_end.wait(5)
        connection.close()

    def write() -> None:
        services.store_embedding(encoded={fast.pk: encoded(fast, on_circle(9), release)})
        connection.close()

    threads = [threading.Thread(target=write_slowly), threading.Thread(target=write)]
    threads[0].start()
    slow_wrote.wait(5)
    threads[1].start()
    threads[1].join(0.3)
    assert ids_near(index, 0) == []
    slow_may_end.set()
    for thread in threads:
        thread.join(5)
    assert ids_near(index, 0) == [slow.pk, fast.pk]


@pytest.mark.django_db(transaction=True)
def test_searches_go_on_while_items_come_and_go(make_item, release):
    anchor = make_item(0)
    index = index_of(release)
    failures: list[str] = []
    done = threading.Event()

    def search() -> None:
        while not done.is_set():
            found = index.search(on_circle(0), 5)
            scores = [score for _, score in found]
            if found[0][0] != anchor.pk or scores != sorted(scores, reverse=True):
                failures.append(str(found))
        connection.close()

    threads = [threading.Thread(target=search) for _ in range(3)]
    for thread in threads:
        thread.start()
    items = [make_item(degrees) for degrees in range(10, 50, 2)]
    for item in items[::2]:
        Listing.objects.filter(pk=item.pk).update(state=State.SOLD)
        services.sync_item(listing_id=item.pk)
    done.set()
    for thread in threads:
        thread.join(5)
    assert failures == []
    assert set(ids_near(index, 0, 50)) == {anchor.pk, *(item.pk for item in items[1::2])}
