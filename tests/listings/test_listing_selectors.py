"""Reading listings for lists and for their sellers."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from pytest_django import DjangoAssertNumQueries

from listing_assistant.accounts.models import User
from listing_assistant.listings import selectors, services
from listing_assistant.listings.models import Listing, State
from listing_assistant.listings.templatetags.listing_photos import main_photo_url

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("state", [state for state in State if state != State.LIVE])
def test_only_live_listings_are_for_buyers(live_listing: Listing, state: State) -> None:
    assert list(selectors.live_listings()) == [live_listing]
    Listing.objects.filter(pk=live_listing.pk).update(state=state)
    assert list(selectors.live_listings()) == []


def test_a_seller_finds_what_is_theirs_by_state(
    draft: Listing, live_listing: Listing, alice: User, bob: User
) -> None:
    services.create_draft(seller=bob, title="Somebody else's")
    assert set(selectors.listings_of(alice)) == {draft, live_listing}
    assert list(selectors.listings_of(alice, State.LIVE)) == [live_listing]
    assert list(selectors.drafts_of(alice)) == [draft]


def test_a_list_of_cards_takes_two_queries_however_long_it_is(
    alice: User,
    photo_of: Callable[[str], io.BytesIO],
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for colour in ("red", "green", "blue"):
        listing = services.create_draft(seller=alice, title=colour)
        for shade in (colour, f"dark{colour}"):
            file = photo_of(shade)
            services.add_photo(listing=listing, user=alice, file=file, name=f"{shade}.png")
    with django_assert_num_queries(2):
        cards = {
            (listing.title, listing.seller.display_name, main_photo_url(listing, "small"))
            for listing in selectors.drafts_of(alice)
        }
    assert len({address for _, _, address in cards}) == 3


def test_the_photos_of_a_listing_come_in_order_with_their_images(
    draft: Listing,
    alice: User,
    photo_of: Callable[[str], io.BytesIO],
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for colour in ("red", "green"):
        services.add_photo(listing=draft, user=alice, file=photo_of(colour), name=colour)
    with django_assert_num_queries(1):
        photos = [(photo.file_name, photo.image.width) for photo in selectors.photos_of(draft)]
    assert photos == [("red", 120), ("green", 120)]
