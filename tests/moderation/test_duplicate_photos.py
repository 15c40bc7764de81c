"""The same photo in another seller's listing is put before a moderator, once, and no more."""

from __future__ import annotations

import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from django.db import connection
from django.urls import reverse
from PIL import Image, ImageDraw, ImageOps

from listing_assistant.accounts.models import User
from listing_assistant.listings import services as listings
from listing_assistant.listings.models import Listing
from listing_assistant.moderation import duplicates, photo_selectors, policy, services, tasks
from listing_assistant.moderation.errors import ModerationError
from listing_assistant.moderation.models import Case, DuplicatePair, KnownImage, PhotoReview

pytestmark = pytest.mark.django_db


def scene(seed: int) -> Image.Image:
    """A picture of many shapes, unlike that of any other seed."""
    random = np.random.default_rng(seed)
    image = Image.new("RGB", (640, 480), tuple(int(c) for c in random.integers(100, 255, 3)))
    draw = ImageDraw.Draw(image)
    for _ in range(40):
        x, y = (int(one) for one in random.integers(0, (600, 440)))
        width, height = (int(one) for one in random.integers(20, 160, 2))
        colour = tuple(int(c) for c in random.integers(0, 255, 3))
        shape = draw.ellipse if random.random() < 0.5 else draw.rectangle
        shape((x, y, x + width, y + height), fill=colour)
    return image


def cropped(image: Image.Image) -> Image.Image:
    return image.crop((32, 24, image.width - 32, image.height - 24))


def worse(image: Image.Image) -> Image.Image:
    file = io.BytesIO()
    image.resize((400, 300)).save(file, "JPEG", quality=40)
    return Image.open(file)


@pytest.fixture
def offer(shoes) -> Callable[..., Listing]:
    """Puts a listing with one photo on sale, and compares it as the worker does."""

    def make(
        seller: User, image: Image.Image, title: str = "Red shoes", live: bool = True
    ) -> Listing:
        file = io.BytesIO()
        image.convert("RGB").save(file, "PNG")
        file.seek(0)
        listing = listings.create_draft(
            seller=seller, title=title, category=shoes, condition="good", price="25"
        )
        listings.add_photo(listing=listing, user=seller, file=file, name="photo.png")
        if live:
            listing = listings.publish_listing(listing=listing, user=seller)
        duplicates.check_photos(listing_id=listing.pk)
        return listing

    return make


@pytest.mark.parametrize(
    "edit",
    [lambda image: image, worse, cropped, ImageOps.mirror],
    ids=["same file", "worse", "cropped", "mirrored"],
)
def test_a_photo_in_a_second_sellers_listing_is_a_case(offer, alice, bob, edit):
    first = offer(alice, scene(1))
    second = offer(bob, edit(scene(1)))
    case = Case.objects.get()
    assert (case.kind, case.listing) == ("duplicate", second)
    pair = case.pairs.get()
    assert (pair.listing, pair.other) == (second, first)
    assert pair.added_at > pair.other_added_at


def test_the_uncropped_original_is_found_too(offer, alice, bob):
    offer(alice, cropped(scene(1)))
    offer(bob, scene(1))
    assert Case.objects.filter(kind="duplicate").count() == 1


def test_other_photos_are_no_case(offer, alice, bob):
    for seed, seller in enumerate((alice, bob, alice, bob)):
        offer(seller, scene(seed))
    assert not Case.objects.exists()


def test_a_seller_may_use_a_photo_again(offer, alice):
    offer(alice, scene(1))
    offer(alice, scene(1))
    assert not Case.objects.exists()


def test_a_photo_of_an_ended_listing_is_free(offer, alice, bob):
    listings.end_listing(listing=offer(alice, scene(1)), user=alice)
    offer(bob, scene(1))
    assert not Case.objects.exists()


def test_comparing_again_changes_nothing(offer, alice, bob):
    first, second = offer(alice, scene(1)), offer(bob, worse(scene(1)))
    for listing in (first, second, first):
        duplicates.check_photos(listing_id=listing.pk)
    assert (Case.objects.count(), DuplicatePair.objects.count()) == (1, 1)


def test_a_worker_killed_before_the_case_leaves_it_to_the_next(offer, alice, bob, monkeypatch):
    first, second = offer(alice, scene(1)), offer(bob, worse(scene(1)), live=False)
    second = listings.publish_listing(listing=second, user=bob)

    class Killed(BaseException):
        pass

    def die(**values: object) -> None:
        raise Killed

    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(duplicates.services, "open_case", die)
        duplicates.check_photos(listing_id=second.pk)
    assert not Case.objects.exists()
    assert list(photo_selectors.listings_to_compare()) == [second]
    duplicates.check_photos(listing_id=second.pk)
    assert Case.objects.get().pairs.get().other == first
    assert not photo_selectors.listings_to_compare().exists()


def test_what_a_moderator_let_pass_is_not_asked_again(offer, alice, bob, mona):
    offer(alice, scene(1))
    second = offer(bob, scene(1))
    services.decide_case(case=Case.objects.get(), moderator=mona, action="approve")
    duplicates.check_photos(listing_id=second.pk)
    assert not Case.objects.filter(state="open").exists()


def test_a_listing_returned_for_its_photo_and_published_again_is_a_case_again(
    offer, alice, bob, mona
):
    offer(alice, scene(1))
    second = offer(bob, scene(1))
    services.decide_case(
        case=Case.objects.get(), moderator=mona, action="return", reason="Not yours"
    )
    second.refresh_from_db()
    listings.publish_listing(listing=second, user=bob)
    duplicates.check_photos(listing_id=second.pk)
    assert Case.objects.filter(state="open", kind="duplicate").count() == 1


def test_a_photo_of_many_sellers_opens_no_further_case(offer, shoes):
    sellers = [
        User.objects.create_user(f"{number}@example.org", "x", display_name=f"S{number}")
        for number in range(policy.STOCK_SELLERS + 1)
    ]
    for seller in sellers:
        offer(seller, scene(1))
    # Each pair among the first ones; none once as many sellers as that have it.
    about = set(Case.objects.values_list("listing__seller", flat=True))
    assert about == {seller.pk for seller in sellers[1 : policy.STOCK_SELLERS - 1]}


def test_a_known_stock_photo_opens_no_case_until_that_is_undone(offer, alice, bob, mona):
    offer(alice, scene(1))
    offer(bob, worse(scene(1)))
    decision = duplicates.mark_stock(case=Case.objects.get(), moderator=mona)
    carol = User.objects.create_user("carol@example.org", "x", display_name="Carol")
    third = offer(carol, cropped(scene(1)))
    assert not Case.objects.filter(state="open").exists()
    services.undo_decision(decision=decision, moderator=mona)
    assert not KnownImage.objects.exists()
    duplicates.check_photos(listing_id=third.pk)
    assert Case.objects.filter(state="open", listing=third).exists()


def test_only_a_case_about_a_photo_can_be_stock(case, mona):
    with pytest.raises(ModerationError, match="stock"):
        duplicates.mark_stock(case=case, moderator=mona)


def test_a_drafts_seller_is_told_before_anybody_else_and_not_whose_it_is(offer, alice, bob, client):
    offer(alice, scene(1), title="Alices own shoes")
    draft = offer(bob, worse(scene(1)), live=False)
    assert not Case.objects.exists()
    client.force_login(bob)
    page = client.get(reverse("photo_notice", args=[draft.public_id])).content.decode()
    assert "Photo 1 is also in another seller’s listing" in page
    assert "Alice" not in page
    client.force_login(alice)
    assert client.get(reverse("photo_notice", args=[draft.public_id])).status_code == 404


def test_the_notice_is_empty_for_photos_of_ones_own(offer, alice, client):
    listing = offer(alice, scene(1))
    client.force_login(alice)
    page = client.get(reverse("photo_notice", args=[listing.public_id])).content.decode()
    assert not page.strip()


def test_a_moderator_sees_both_listings_and_says_that_it_is_stock(offer, alice, bob, mona, client):
    offer(alice, scene(1), title="Shoes as Alice has them")
    offer(bob, scene(1), title="Shoes as Bob has them")
    case = Case.objects.get()
    client.force_login(mona)
    page = client.get(reverse("moderation_case", args=[case.pk])).content.decode()
    for shown in ("Shoes as Alice has them", "Shoes as Bob has them", "first", "The same file."):
        assert shown in page
    client.post(reverse("moderation_decide", args=[case.pk]), {"action": "stock"})
    case.refresh_from_db()
    assert case.state == "decided" and KnownImage.objects.exists()


def test_the_sweep_finds_what_lost_its_message(offer, alice, bob):
    offer(alice, scene(1))
    second = offer(bob, scene(2))
    PhotoReview.objects.filter(listing=second).delete()
    assert list(photo_selectors.listings_to_compare()) == [second]
    tasks.check_photos(second.pk)
    assert not photo_selectors.listings_to_compare().exists()


def test_a_listing_that_is_gone_is_nothing_to_do(db):
    duplicates.check_photos(listing_id=987654)


def test_a_photo_whose_file_is_lost_costs_only_itself(offer, alice, bob, settings):
    first = offer(alice, scene(1))
    draft = offer(bob, scene(1), live=False)
    image = first.photos.get().image
    from django.core.files.storage import default_storage

    default_storage.delete(image.file_name("small"))
    listings.publish_listing(listing=draft, user=bob)
    duplicates.check_photos(listing_id=draft.pk)
    # The same file needs no pixels to be the same.
    assert Case.objects.filter(kind="duplicate").exists()


@pytest.mark.django_db(transaction=True)
def test_two_listings_compared_at_the_same_time_make_one_case(offer, alice, bob):
    first, second = offer(alice, scene(1)), offer(bob, worse(scene(1)))
    Case.objects.all().delete()
    PhotoReview.objects.all().delete()

    def check(listing_id: int) -> None:
        try:
            duplicates.check_photos(listing_id=listing_id)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(check, [first.pk, second.pk] * 2))
    assert Case.objects.get().listing == second
    assert DuplicatePair.objects.count() == 1
