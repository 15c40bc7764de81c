"""Titles have an index of their own beside that of things: the same rows, another vector."""

from __future__ import annotations

import pytest

from recommender import rebuilding, services
from recommender.indexes.following import Field, ItemIndex
from recommender.indexes.inference import SnapshotStore, remove_all_but, store_of
from recommender.inference import EncodedListing
from recommender.models import ItemEmbedding
from recommender.selectors import content_hash_of

from .conftest import on_circle

pytestmark = pytest.mark.django_db


@pytest.fixture
def titled(make_listing, release):
    """An item whose photos and whose title lie at angles of their own."""

    def make(degrees: float, title: float):
        listing = make_listing()
        encoded = EncodedListing(
            photo_ids=(),
            photo_vectors=on_circle(0)[None][:0],
            title_vector=on_circle(title),
            item_vector=on_circle(degrees),
            release=release,
            content_hash=content_hash_of(listing),
        )
        services.store_embedding(encoded={listing.pk: encoded})
        return listing

    return make


def near(release: str, field: Field) -> list[int]:
    index = ItemIndex(release, store_of(release, field), check_seconds=0)
    return [pk for pk, _ in index.search(on_circle(0), 10)]


@pytest.mark.parametrize("kind", ["faiss", "pgvector"])
def test_each_index_goes_by_its_own_vector(titled, release, settings, kind):
    settings.VECTOR_INDEX = kind
    one, other = titled(0, 60), titled(60, 0)
    assert near(release, Field.ITEM) == [one.pk, other.pk]
    assert near(release, Field.TITLE) == [other.pk, one.pk]


def test_what_has_no_title_vector_yet_is_found_by_its_photos_alone(titled, release):
    one, other = titled(0, 60), titled(60, 0)
    ItemEmbedding.objects.filter(listing=other).update(title_vector=None)
    assert near(release, Field.ITEM) == [one.pk, other.pk]
    assert near(release, Field.TITLE) == [one.pk]


@pytest.mark.parametrize("kind", ["faiss", "pgvector"])
def test_both_are_rebuilt_and_both_go_with_their_release(titled, release, settings, kind):
    settings.VECTOR_INDEX = kind
    one, other = titled(0, 60), titled(60, 0)
    assert rebuilding.rebuild(release, lambda done, total: None) == 2
    assert all(store_of(release, field).published() for field in Field)
    assert near(release, Field.TITLE) == [other.pk, one.pk]
    remove_all_but([])
    assert not any(store_of(release, field).published() for field in Field)


def test_a_rebuild_is_due_for_titles_alone(titled, release, settings):
    settings.INDEX_REBUILD_AFTER = 2
    titled(0, 60), titled(60, 0)
    SnapshotStore(release, Field.ITEM).publish(lambda done, total: None)
    assert rebuilding.is_due(release)
    rebuilding.rebuild_due()
    assert not rebuilding.is_due(release)
    assert SnapshotStore(release, Field.TITLE).published()
