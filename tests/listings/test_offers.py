"""Offers and bids, from the first to the order."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from listing_assistant.accounts.models import User
from listing_assistant.listings import commerce
from listing_assistant.listings.errors import ListingError, NotYoursError
from listing_assistant.listings.models import Format, Listing, Offer, Order, State

pytestmark = pytest.mark.django_db
Sell = Callable[..., Listing]


def code_of(action: Callable[[], object]) -> str:
    with pytest.raises(ListingError) as caught:
        action()
    return caught.value.code


@pytest.fixture
def negotiable(sell: Sell) -> Listing:
    return sell(format=Format.BEST_OFFER, price=Decimal(50))


@pytest.fixture
def auction(sell: Sell) -> Listing:
    return sell(format=Format.AUCTION, price=Decimal(10))


def offer(listing: Listing, buyer: User, amount: int | str) -> Offer:
    return commerce.make_offer(buyer=buyer, listing=listing, amount=Decimal(amount))


def bid(listing: Listing, bidder: User, amount: int | str) -> Offer:
    return commerce.place_bid(bidder=bidder, listing=listing, amount=Decimal(amount))


def test_an_accepted_offer_is_an_order_at_that_price(
    negotiable: Listing, alice: User, bob: User
) -> None:
    made = offer(negotiable, bob, 40)
    order = commerce.accept_offer(seller=alice, offer=made)
    negotiable.refresh_from_db()
    assert (order.amount, order.buyer, negotiable.state) == (40, bob, State.SOLD)
    assert made.state == Offer.State.ACCEPTED


def test_a_new_offer_replaces_the_former(negotiable: Listing, bob: User) -> None:
    first, second = offer(negotiable, bob, 30), offer(negotiable, bob, 35)
    first.refresh_from_db()
    assert (first.state, second.state) == (Offer.State.WITHDRAWN, Offer.State.OPEN)


@pytest.mark.parametrize("amount", ["0", "-3", "50", "51"])
def test_an_offer_is_above_nothing_and_below_the_price(
    negotiable: Listing, bob: User, amount: str
) -> None:
    assert code_of(lambda: offer(negotiable, bob, amount)) == "bad_amount"


def test_offers_are_for_listings_that_take_them(sell: Sell, bob: User) -> None:
    listing = sell()
    assert code_of(lambda: offer(listing, bob, 5)) == "no_offers"
    assert code_of(lambda: bid(listing, bob, 99)) == "not_an_auction"


def test_only_the_seller_decides(negotiable: Listing, bob: User, charlie: User) -> None:
    made = offer(negotiable, bob, 40)
    with pytest.raises(NotYoursError):
        commerce.accept_offer(seller=bob, offer=made)
    with pytest.raises(NotYoursError):
        commerce.decline_offer(seller=charlie, offer=made)


def test_only_the_buyer_withdraws(negotiable: Listing, alice: User, bob: User) -> None:
    made = offer(negotiable, bob, 40)
    assert code_of(lambda: commerce.withdraw_offer(buyer=alice, offer=made)) == "not_yours"
    commerce.withdraw_offer(buyer=bob, offer=made)
    assert code_of(lambda: commerce.accept_offer(seller=alice, offer=made)) == "not_open"
    assert Order.objects.count() == 0


def test_an_offer_is_decided_once(negotiable: Listing, alice: User, bob: User) -> None:
    made = offer(negotiable, bob, 40)
    commerce.decline_offer(seller=alice, offer=made)
    assert code_of(lambda: commerce.accept_offer(seller=alice, offer=made)) == "not_open"


def test_accepting_when_it_is_sold_already_leaves_the_offer_as_it_was(
    negotiable: Listing, alice: User, bob: User
) -> None:
    made = offer(negotiable, bob, 40)
    Listing.objects.filter(pk=negotiable.pk).update(state=State.ENDED)
    assert code_of(lambda: commerce.accept_offer(seller=alice, offer=made)) == "not_available"
    made.refresh_from_db()
    assert made.state == Offer.State.OPEN


def test_a_bid_must_beat_the_start_and_then_the_highest(
    auction: Listing, bob: User, charlie: User
) -> None:
    assert code_of(lambda: bid(auction, bob, "9.99")) == "bid_too_low"
    bid(auction, bob, 10)
    assert code_of(lambda: bid(auction, charlie, 10)) == "bid_too_low"
    bid(auction, charlie, "10.01")


def test_closing_sells_to_the_highest_and_declines_the_others(
    auction: Listing, alice: User, bob: User, charlie: User
) -> None:
    low, high = bid(auction, bob, 12), bid(auction, charlie, 20)
    order = commerce.close_auction(seller=alice, listing=auction)
    low.refresh_from_db()
    high.refresh_from_db()
    auction.refresh_from_db()
    assert (order.buyer, order.amount, auction.state) == (charlie, 20, State.SOLD)
    assert (low.state, high.state) == (Offer.State.DECLINED, Offer.State.ACCEPTED)


def test_an_auction_without_bids_cannot_be_closed(auction: Listing, alice: User) -> None:
    assert code_of(lambda: commerce.close_auction(seller=alice, listing=auction)) == "no_bids"


def test_a_bid_is_binding(auction: Listing, alice: User, bob: User) -> None:
    made = bid(auction, bob, 12)
    assert code_of(lambda: commerce.withdraw_offer(buyer=bob, offer=made)) == "is_auction"
    assert code_of(lambda: commerce.accept_offer(seller=alice, offer=made)) == "is_auction"


def test_offers_and_their_sales_are_told(
    negotiable: Listing, alice: User, bob: User, heard: list[dict[str, Any]]
) -> None:
    commerce.accept_offer(seller=alice, offer=offer(negotiable, bob, 40))
    assert [(event["kind"], event["user"]) for event in heard] == [
        ("offer", bob),
        ("purchase", bob),
    ]
