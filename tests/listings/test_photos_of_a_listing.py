"""Adding, ordering, turning and removing photos."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from django.core.files.storage import default_storage
from django.test import Client
from PIL import Image

from listing_assistant.accounts.models import User
from listing_assistant.listings import photo_files, policy, services
from listing_assistant.listings.errors import ListingError, NotYoursError, PhotoError
from listing_assistant.listings.models import Listing, Photo, StoredImage
from listing_assistant.listings.templatetags.listing_photos import (
    main_photo_url,
    photo_srcset,
    photo_url,
)

PhotoOf = Callable[[str], io.BytesIO]
pytestmark = pytest.mark.django_db


@pytest.fixture
def three(draft: Listing, alice: User, photo_of: PhotoOf) -> list[Photo]:
    return [
        services.add_photo(listing=draft, user=alice, file=photo_of(name), name=f"{name}.png")
        for name in ("red", "green", "blue")
    ]


def order_of(listing: Listing) -> list[str]:
    positions = list(listing.photos.order_by("position").values_list("position", flat=True))
    assert positions == list(range(len(positions)))
    return [photo.file_name for photo in listing.photos.order_by("position")]


def test_photos_keep_the_order_in_which_they_came(draft: Listing, three: list[Photo]) -> None:
    assert order_of(draft) == ["red.png", "green.png", "blue.png"]
    assert [photo.is_main for photo in three] == [True, False, False]


def test_every_variant_is_stored_under_the_hash(three: list[Photo]) -> None:
    image = three[0].image
    for variant in policy.VARIANTS:
        assert default_storage.exists(image.file_name(variant))
    assert len(photo_files.read_variant(image, "full")) == image.byte_size


def test_the_first_of_a_new_order_is_the_main_photo(
    draft: Listing, alice: User, three: list[Photo]
) -> None:
    red, green, blue = (photo.pk for photo in three)
    services.reorder_photos(listing=draft, user=alice, photo_ids=[blue, red, green])
    assert order_of(draft) == ["blue.png", "red.png", "green.png"]


def test_an_order_that_leaves_a_photo_out_is_refused(
    draft: Listing, alice: User, three: list[Photo]
) -> None:
    with pytest.raises(PhotoError, match="changed meanwhile"):
        services.reorder_photos(listing=draft, user=alice, photo_ids=[three[0].pk])
    assert order_of(draft) == ["red.png", "green.png", "blue.png"]


def test_the_others_close_up_behind_a_removed_photo(
    draft: Listing, alice: User, three: list[Photo]
) -> None:
    services.remove_photo(listing=draft, user=alice, photo=three[0])
    assert order_of(draft) == ["green.png", "blue.png"]


def test_a_removed_photo_comes_back_where_it_was(
    draft: Listing, alice: User, three: list[Photo]
) -> None:
    services.remove_photo(listing=draft, user=alice, photo=three[1])
    services.restore_photo(
        listing=draft, user=alice, sha256=three[1].image_id, file_name="green.png", position=1
    )
    assert order_of(draft) == ["red.png", "green.png", "blue.png"]


def test_the_same_picture_twice_is_refused_and_changes_nothing(
    draft: Listing, alice: User, three: list[Photo], photo_of: PhotoOf
) -> None:
    with pytest.raises(PhotoError, match=r"again\.png is already in this listing") as caught:
        services.add_photo(listing=draft, user=alice, file=photo_of("red"), name="again.png")
    assert caught.value.code == "duplicate"
    assert len(order_of(draft)) == 3


def test_a_bad_file_leaves_the_draft_as_it_was(
    draft: Listing, alice: User, three: list[Photo]
) -> None:
    with pytest.raises(PhotoError):
        services.add_photo(listing=draft, user=alice, file=io.BytesIO(b"no"), name="x.png")
    assert order_of(draft) == ["red.png", "green.png", "blue.png"]
    assert StoredImage.objects.count() == 3


def test_one_photo_more_than_the_limit_is_refused(
    draft: Listing, alice: User, photo_of: PhotoOf
) -> None:
    for index in range(policy.MAX_PHOTOS):
        file = photo_of(f"rgb({index * 20}, 100, 50)")
        services.add_photo(listing=draft, user=alice, file=file, name=f"{index}.png")
    with pytest.raises(PhotoError) as caught:
        services.add_photo(listing=draft, user=alice, file=photo_of("white"), name="13.png")
    assert caught.value.code == "too_many"
    assert "at most 12 photos" in caught.value.message
    assert len(order_of(draft)) == policy.MAX_PHOTOS


def test_two_listings_share_one_stored_picture(
    draft: Listing, alice: User, bob: User, photo_of: PhotoOf
) -> None:
    services.add_photo(listing=draft, user=alice, file=photo_of("red"), name="red.png")
    other = services.create_draft(seller=bob)
    services.add_photo(listing=other, user=bob, file=photo_of("red"), name="mine.png")
    assert StoredImage.objects.count() == 1


def test_a_file_cut_short_by_a_crash_is_written_again(
    draft: Listing, alice: User, three: list[Photo], photo_of: PhotoOf
) -> None:
    name = three[0].image.file_name("small")
    whole = default_storage.open(name).read()
    default_storage.delete(name)
    default_storage.save(name, io.BytesIO(whole[:10]))
    services.remove_photo(listing=draft, user=alice, photo=three[0])
    services.add_photo(listing=draft, user=alice, file=photo_of("red"), name="red.png")
    assert default_storage.open(name).read() == whole


def test_a_quarter_turn_swaps_the_sides(draft: Listing, alice: User, three: list[Photo]) -> None:
    photo = services.rotate_photo(listing=draft, user=alice, photo=three[1], degrees=90)
    stored = Image.open(io.BytesIO(photo_files.read_variant(photo.image, "full")))
    assert stored.size == (90, 120)
    assert stored.convert("RGB").getpixel((85, 5)) < (60, 60, 60)
    assert order_of(draft) == ["red.png", "green.png", "blue.png"]


def test_an_eighth_of_a_turn_is_refused(draft: Listing, alice: User, three: list[Photo]) -> None:
    with pytest.raises(PhotoError, match="90, 180 or 270"):
        services.rotate_photo(listing=draft, user=alice, photo=three[1], degrees=45)


def test_the_last_photo_of_a_live_listing_stays(live_listing: Listing, alice: User) -> None:
    photo = live_listing.photos.get()
    with pytest.raises(PhotoError, match="needs a photo"):
        services.remove_photo(listing=live_listing, user=alice, photo=photo)


def test_strangers_touch_no_photo(
    draft: Listing, bob: User, three: list[Photo], photo_of: PhotoOf
) -> None:
    with pytest.raises(NotYoursError):
        services.add_photo(listing=draft, user=bob, file=photo_of("white"), name="w.png")
    with pytest.raises(NotYoursError):
        services.remove_photo(listing=draft, user=bob, photo=three[0])
    with pytest.raises(NotYoursError):
        services.reorder_photos(listing=draft, user=bob, photo_ids=[])
    with pytest.raises(NotYoursError):
        services.rotate_photo(listing=draft, user=bob, photo=three[0])


def test_a_photo_of_another_listing_cannot_be_removed_through_this_one(
    draft: Listing, alice: User, bob: User, three: list[Photo], photo_of: PhotoOf
) -> None:
    other = services.create_draft(seller=bob)
    photo = services.add_photo(listing=other, user=bob, file=photo_of("white"), name="w.png")
    with pytest.raises(PhotoError):
        services.remove_photo(listing=draft, user=alice, photo=photo)
    assert other.photos.count() == 1


def test_a_sold_listing_takes_no_photos(
    live_listing: Listing, alice: User, photo_of: PhotoOf
) -> None:
    services.mark_sold(listing=live_listing)
    with pytest.raises(ListingError) as caught:
        services.add_photo(listing=live_listing, user=alice, file=photo_of("white"), name="w.png")
    assert caught.value.code == "not_editable"


def test_photos_are_served_to_be_cached_for_ever(client: Client, three: list[Photo]) -> None:
    response = client.get(photo_url(three[0], "small"))
    assert response.status_code == 200
    assert response["Content-Type"] == "image/webp"
    assert "immutable" in response["Cache-Control"]
    body = b"".join(response.streaming_content)  # type: ignore[attr-defined]
    assert body == photo_files.read_variant(three[0].image, "small")


def test_only_photos_are_served(client: Client, three: list[Photo]) -> None:
    assert client.get("/media/photos/ab/unknown-small.webp").status_code == 404
    assert client.get("/media/../secret-key").status_code == 404
    assert client.get("/media/photos/..%2f..%2fsecret-key").status_code == 404


def test_templates_get_addresses_and_widths(draft: Listing, three: list[Photo]) -> None:
    assert main_photo_url(draft, "large") == photo_url(three[0], "large")
    assert photo_srcset(three[0]).endswith("-full.webp 120w")


def test_a_listing_without_photos_has_no_address(draft: Listing) -> None:
    assert main_photo_url(draft, "large") == ""
