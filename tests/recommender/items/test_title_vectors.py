"""A title's own vector is kept with its item's; what lacks it is encoded once more."""

from __future__ import annotations

from dataclasses import replace

import pytest

from recommender import services
from recommender.models import ItemEmbedding
from recommender.selectors import listings_to_embed
from recommender.vectors import unpack
from tests.recommender.conftest import encoded, on_circle

pytestmark = pytest.mark.django_db


def test_both_vectors_of_an_item_are_kept(make_listing, release):
    mug = make_listing()
    told = replace(encoded(mug, on_circle(0), release), title_vector=on_circle(90))
    services.store_embedding(encoded={mug.pk: told})
    row = ItemEmbedding.objects.get(listing=mug)
    assert unpack(row.vector)[:2].tolist() == [1, 0]
    assert unpack(row.title_vector)[:2].tolist() == [0, 1]


def test_the_sweep_takes_what_has_no_vector_of_its_title(make_item, release):
    old, new = make_item(0), make_item(10)
    assert not listings_to_embed(release).exists()
    ItemEmbedding.objects.filter(listing=old).update(title_vector=None)
    assert list(listings_to_embed(release)) == [old]
    assert services.sync_item(listing_id=new.pk)
    assert not services.sync_item(listing_id=old.pk)
