"""What happens to a listing's vector when the listing moves, as buyers see it."""

import base64
import json

import pytest
import redis
from django.conf import settings as django_settings

from listing_assistant.listings import services as listings
from listing_assistant.listings.models import Listing, Photo, State, StoredImage
from recommender import services
from recommender.inference import neighbours
from recommender.models import ItemEmbedding

from .conftest import encoded, eventually, on_circle

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft(make_listing, django_user_model) -> Listing:
    """Everything a listing needs to be published."""
    listing = make_listing("Blue mug", state=State.DRAFT, published_at=None, condition="good")
    image = StoredImage.objects.create(
        sha256="c" * 64, width=320, height=240, byte_size=9, perceptual_hash="0" * 16
    )
    Photo.objects.create(listing=listing, image=image, position=0, file_name="mug.jpg")
    return listing


@pytest.fixture
def do(django_capture_on_commit_callbacks):
    """Call a service and let what it noted for after the commit happen."""

    def call(service, **kwargs):
        with django_capture_on_commit_callbacks(execute=True):
            return service(**kwargs)

    return call


def is_found(listing: Listing) -> bool:
    return listing.pk in [pk for pk, _ in neighbours(on_circle(0), k=5)]


def is_queued(listing: Listing) -> bool:
    """Whether a worker was asked to embed it."""
    client = redis.Redis.from_url(django_settings.REDIS_URL)
    messages = [json.loads(raw) for raw in client.lrange("encode", 0, -1)]
    client.close()
    return [listing.pk] in [
        json.loads(base64.b64decode(message["body"]))[0]
        for message in messages
        if message["headers"]["task"] == "recommender.tasks.embed_item"
    ]


def embed(listing: Listing, release: str) -> None:
    services.store_embedding(encoded={listing.pk: encoded(listing, on_circle(0), release)})


def test_a_draft_is_found_by_nobody(draft, release):
    embed(draft, release)
    assert not is_found(draft)


def test_a_draft_that_was_analysed_is_found_as_soon_as_it_is_published(draft, release, alice, do):
    embed(draft, release)
    do(listings.publish_listing, listing=draft, user=alice)
    assert eventually(lambda: is_found(draft), seconds=5)


def test_a_draft_without_a_vector_is_given_to_a_worker(draft, release, alice, do):
    do(listings.publish_listing, listing=draft, user=alice)
    assert is_queued(draft)


def test_a_sold_listing_is_found_again_when_it_is_for_sale_again(draft, release, alice, do):
    embed(draft, release)
    do(listings.publish_listing, listing=draft, user=alice)
    assert eventually(lambda: is_found(draft))
    do(listings.hold_listing, listing=draft, reason="to look at")
    assert not is_found(draft)
    assert not ItemEmbedding.objects.get().is_live
    do(listings.release_listing, listing=draft)
    assert eventually(lambda: is_found(draft))


def test_a_new_title_of_a_live_listing_is_given_to_a_worker(draft, release, alice, do):
    embed(draft, release)
    do(listings.publish_listing, listing=draft, user=alice)
    do(
        listings.edit_listing,
        listing=draft,
        user=alice,
        changes={"title": "Red mug"},
        version=None,
    )
    assert is_queued(draft)
    assert eventually(lambda: is_found(draft))  # by its old vector meanwhile


def test_a_new_price_changes_nothing(draft, release, alice, do):
    embed(draft, release)
    do(listings.publish_listing, listing=draft, user=alice)
    before = ItemEmbedding.objects.get().revision
    do(listings.edit_listing, listing=draft, user=alice, changes={"price": "7"}, version=None)
    assert ItemEmbedding.objects.get().revision == before
    assert services.sync_item(listing_id=draft.pk)


def test_a_vector_of_what_has_changed_meanwhile_is_not_kept(make_listing, release):
    listing = make_listing("Blue mug")
    stale = encoded(listing, on_circle(0), release)
    Listing.objects.filter(pk=listing.pk).update(title="Red mug")
    assert services.store_embedding(encoded={listing.pk: stale}) == 0
    assert not ItemEmbedding.objects.exists()


def test_a_listing_that_is_gone_needs_nothing(release):
    assert services.sync_item(listing_id=10**9)
    assert not services.embed_item(listing_id=10**9)


def test_the_sweep_forgets_what_was_sold_without_news(make_item):
    item = make_item(0)
    Listing.objects.filter(pk=item.pk).update(state=State.SOLD)
    services.embed_missing(limit=10)
    assert not ItemEmbedding.objects.get().is_live
