"""A new release of the models: the old one serves until the new one covers all, then one switch."""

from __future__ import annotations

import math
import threading
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from listing_assistant.listings.models import Listing, State, StoredImage
from recommender import policy, refreshing, selectors, services
from recommender.inference import neighbours
from recommender.models import EmbeddingRelease, ItemEmbedding, PhotoEmbedding
from recommender.similar.strip import SimilarSlot, similar_strip
from recommender.vectors import pack

from .conftest import encoded, eventually, on_circle

pytestmark = pytest.mark.django_db
Status = EmbeddingRelease.Status


def give(listing: Listing, degrees: float, release: str) -> None:
    vectors = {listing.pk: encoded(listing, on_circle(degrees), release)}
    assert services.store_embedding(encoded=vectors) == 1


def scores(seed: Listing) -> dict[int, float | None]:
    return {slot.listing_id: cosine_of(slot) for slot in similar_strip(seed).slots}


def cosine_of(slot: SimilarSlot) -> float | None:
    """As the search by vectors found it; None for what stands there for being new."""
    near = slot.sources.get("joint")
    return near.score if near else None


def cosine(degrees: float) -> object:
    return pytest.approx(math.cos(math.radians(degrees)), abs=2e-3)


@pytest.fixture
def seed(make_item, bob) -> Listing:
    return make_item(0, seller=bob)


@pytest.fixture
def begin(release_models):
    """Put other models in service and begin the refresh to them."""

    def begin(content: str = "second") -> EmbeddingRelease:
        return refreshing.follow(release_models(content))

    return begin


def test_the_first_release_serves_at_once(make_item, release):
    make_item(0)
    assert EmbeddingRelease.objects.get().release == selectors.serving_release() == release


def test_the_old_release_serves_until_the_new_one_covers_everything(seed, make_item, begin):
    items = [make_item(10), make_item(20)]
    state = begin()
    for listing in (seed, items[0]):
        give(listing, 60, state.release)
        assert not refreshing.take_over(state)
        assert scores(seed) == {items[0].pk: cosine(10), items[1].pk: cosine(20)}
    give(items[1], 90, state.release)
    assert refreshing.take_over(state)
    assert scores(seed) == {items[0].pk: cosine(0), items[1].pk: cosine(30)}


def test_what_is_published_meanwhile_is_found_by_its_like_and_delays_no_switch(
    seed, make_listing, begin
):
    state = begin()
    first, second = make_listing("New mug"), make_listing("Newer mug")
    give(first, 40, state.release)
    assert [pk for pk, _ in neighbours(on_circle(40), k=5)] == [first.pk]
    assert scores(seed)[first.pk] is None  # as the newest of its category
    give(seed, 0, state.release)
    assert refreshing.take_over(state)  # `second` waits for its vector: no search could find it
    assert scores(seed) == {first.pk: cosine(40), second.pk: None}


def test_a_strip_of_what_was_published_meanwhile_uses_the_new_release(
    make_item, make_listing, begin, bob
):
    old = make_item(10)
    state = begin()
    newcomer = make_listing("New mug", seller=bob)
    give(newcomer, 0, state.release)
    assert scores(newcomer) == {old.pk: None}
    give(old, 45, state.release)
    assert eventually(lambda: scores(newcomer) == {old.pk: cosine(45)})


def test_what_is_sold_during_a_refresh_leaves_both_releases(seed, make_item, begin):
    item = make_item(10)
    state = begin()
    give(item, 10, state.release)
    Listing.objects.filter(pk=item.pk).update(state=State.SOLD)
    services.sync_item(listing_id=item.pk)
    assert list(ItemEmbedding.objects.filter(listing=item, is_live=True)) == []
    assert scores(seed) == {}
    give(seed, 0, state.release)
    assert refreshing.take_over(state)


def test_a_changed_category_is_news_to_the_indexes(make_item, category):
    item = make_item(0)
    before = ItemEmbedding.objects.get()
    assert before.category == category
    Listing.objects.filter(pk=item.pk).update(category=None)
    services.sync_item(listing_id=item.pk)
    after = ItemEmbedding.objects.get()
    assert after.category is None and after.revision > before.revision


@pytest.mark.django_db(transaction=True)
def test_no_strip_mixes_two_releases_while_one_takes_over(seed, make_item, begin):
    """All scores of a strip are 1 in the old release and 0.5 in the new one."""
    items = [make_item(0) for _ in range(8)]
    state = begin()
    give(seed, 0, state.release)
    for item in items:
        give(item, 60, state.release)
    strips: list[tuple[float | None, ...]] = []
    done = threading.Event()

    def look() -> None:
        while not done.is_set():
            strips.append(tuple(scores(seed).values()))
        connection.close()

    threads = [threading.Thread(target=look) for _ in range(3)]
    for thread in threads:
        thread.start()
    assert eventually(lambda: len(strips) > 10)
    assert refreshing.take_over(state)
    switched = len(strips)
    assert eventually(lambda: len(strips) > switched + 10)
    done.set()
    for thread in threads:
        thread.join(5)
    kinds = {tuple(round(score or 0, 2) for score in strip) for strip in strips}
    shown = policy.MOST_OF_A_SELLER
    assert kinds == {(1.0,) * shown, (0.5,) * shown}


def test_only_one_release_is_made_at_a_time(seed, begin):
    second, third = begin("second"), begin("third")
    second.refresh_from_db()
    assert (second.status, third.status) == (Status.RETIRED, Status.REFRESHING)
    give(seed, 0, second.release)
    assert not refreshing.take_over(second)


def test_going_back_to_the_release_before_needs_no_new_vectors(seed, release, begin):
    state = begin("second")
    give(seed, 0, state.release)
    assert refreshing.take_over(state)
    back = begin("first")
    assert back.release == release and not selectors.listings_to_embed(release).exists()
    assert refreshing.take_over(back)
    assert selectors.serving_release() == release


def test_vectors_of_releases_before_the_last_are_dropped(seed, release, begin):
    image = StoredImage.objects.create(
        sha256="a" * 64, width=1, height=1, byte_size=9, perceptual_hash="0" * 16
    )
    PhotoEmbedding.objects.create(image=image, release=release, vector=pack(on_circle(0)))
    second = begin("second")
    give(seed, 0, second.release)
    refreshing.take_over(second)
    assert ItemEmbedding.objects.filter(release=release).exists()
    assert PhotoEmbedding.objects.exists()
    begin("third")
    assert set(ItemEmbedding.objects.values_list("release", flat=True)) == {second.release}
    assert not PhotoEmbedding.objects.exists()


def test_progress_tells_the_time_left_from_the_rate_so_far(make_item, begin):
    items = [make_item(degrees) for degrees in range(4)]
    state = begin()
    assert selectors.refresh_progress(state) == selectors.RefreshProgress(0, 4, None)
    give(items[0], 0, state.release)
    state.begun_at = timezone.now() - timedelta(seconds=10)
    progress = selectors.refresh_progress(state)
    assert (progress.done, progress.total) == (1, 4)
    assert progress.left is not None
    assert progress.left.total_seconds() == pytest.approx(30, abs=1)


def test_a_pause_is_kept_until_someone_goes_on(seed, begin):
    state = begin()
    assert not refreshing.resume(release=state.release)
    assert refreshing.pause(release=state.release)
    assert not refreshing.pause(release=state.release)
    assert refreshing.follow(state.release).is_paused
    assert refreshing.resume(release=state.release)
    assert not refreshing.follow(state.release).is_paused


def test_staff_see_the_progress_and_pause_it(seed, begin, admin_client, client, mona):
    state = begin()
    give(seed, 0, state.release)
    page = reverse("admin:recommender_embeddingrelease_changelist")
    assert "1 of 1 (100%)" in admin_client.get(page).content.decode()
    chosen = {"action": "pause", "_selected_action": [state.pk]}
    admin_client.post(page, chosen)
    state.refresh_from_db()
    assert state.is_paused


def test_the_command_says_how_far_it_is(seed, begin, capsys):
    state = begin()
    call_command("refresh_embeddings", "--status")
    said = capsys.readouterr().out
    assert f"{state.release}  Being made  0 of 1" in said and "In service  1 of 1" in said


@pytest.mark.django_db(transaction=True)
def test_vectors_from_before_releases_stood_side_by_side_go_on_serving(make_item, release):
    item = make_item(0)
    try:
        call_command("migrate", "recommender", "0002", verbosity=0)
        call_command("migrate", "recommender", verbosity=0)
        assert selectors.serving_release() == release
        row = ItemEmbedding.objects.get()
        assert (row.listing, row.category, row.is_live) == (item, item.category, True)
    finally:
        call_command("migrate", "recommender", verbosity=0)
