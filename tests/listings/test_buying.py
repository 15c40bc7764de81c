"""Buying: stock never goes below nothing, nobody pays another price than the one they saw."""

from __future__ import annotations

import threading
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from listing_assistant.accounts.models import User
from listing_assistant.listings import commerce, services
from listing_assistant.listings.errors import ListingError, NotYoursError
from listing_assistant.listings.models import Format, Listing, Offer, Order, State

pytestmark = pytest.mark.django_db
Sell = Callable[..., Listing]
Heard = list[dict[str, Any]]


def code_of(action: Callable[[], object]) -> str:
    with pytest.raises(ListingError) as caught:
        action()
    return caught.value.code


def test_buying_the_last_one_sells_the_listing(sell: Sell, bob: User) -> None:
    listing = sell(price=Decimal("19.90"))
    order = commerce.buy_now(buyer=bob, listing=listing)
    listing.refresh_from_db()
    assert (listing.state, listing.quantity) == (State.SOLD, 0)
    assert listing.ended_at is not None
    assert (order.amount, order.currency, order.quantity) == (Decimal("19.90"), "USD", 1)
    assert (order.buyer, order.state) == (bob, Order.State.PAID)


def test_buying_some_of_many_leaves_the_rest_on_sale(sell: Sell, bob: User) -> None:
    listing = sell(quantity=5, price=3)
    order = commerce.buy_now(buyer=bob, listing=listing, quantity=2)
    listing.refresh_from_db()
    assert (listing.state, listing.quantity, order.amount) == (State.LIVE, 3, 6)


def test_a_sale_makes_an_open_editor_stale(sell: Sell, bob: User) -> None:
    listing = sell(quantity=5)
    before = listing.version
    commerce.buy_now(buyer=bob, listing=listing)
    listing.refresh_from_db()
    assert listing.version > before


def test_more_than_there_are_cannot_be_bought(sell: Sell, bob: User) -> None:
    listing = sell(quantity=2)
    assert code_of(lambda: commerce.buy_now(buyer=bob, listing=listing, quantity=3)) == "too_few"
    listing.refresh_from_db()
    assert (listing.quantity, Order.objects.count()) == (2, 0)


@pytest.mark.parametrize("quantity", [0, -1])
def test_less_than_one_cannot_be_bought(sell: Sell, bob: User, quantity: int) -> None:
    listing = sell(quantity=2)
    action = lambda: commerce.buy_now(buyer=bob, listing=listing, quantity=quantity)  # noqa: E731
    assert code_of(action) == "bad_quantity"


def test_nobody_pays_another_price_than_the_one_they_saw(sell: Sell, bob: User) -> None:
    listing = sell(price=10)
    Listing.objects.update(price=12)
    with pytest.raises(ListingError, match=r"now 12\.00 USD") as caught:
        commerce.buy_now(buyer=bob, listing=listing, seen_price=Decimal(10))
    assert caught.value.code == "price_changed"


def test_ones_own_listing_cannot_be_bought_watched_or_offered_on(sell: Sell, alice: User) -> None:
    listing = sell(format=Format.BEST_OFFER)
    auction = sell(format=Format.AUCTION)
    one = Decimal(1)
    assert {
        code_of(lambda: commerce.buy_now(buyer=alice, listing=listing)),
        code_of(lambda: commerce.watch(user=alice, listing=listing)),
        code_of(lambda: commerce.add_to_cart(user=alice, listing=listing)),
        code_of(lambda: commerce.make_offer(buyer=alice, listing=listing, amount=one)),
        code_of(lambda: commerce.place_bid(bidder=alice, listing=auction, amount=one)),
    } == {"own_listing"}


@pytest.mark.parametrize("state", [state for state in State if state != State.LIVE])
def test_only_a_live_listing_can_be_bought(sell: Sell, bob: User, state: State) -> None:
    listing = sell(state=state)
    assert code_of(lambda: commerce.buy_now(buyer=bob, listing=listing)) == "not_available"


def test_an_auction_cannot_be_bought_at_once(sell: Sell, bob: User) -> None:
    listing = sell(format=Format.AUCTION)
    assert code_of(lambda: commerce.buy_now(buyer=bob, listing=listing)) == "is_auction"


def test_a_sale_declines_the_open_offers(sell: Sell, bob: User, charlie: User) -> None:
    listing = sell(format=Format.BEST_OFFER)
    offer = commerce.make_offer(buyer=charlie, listing=listing, amount=Decimal(5))
    commerce.buy_now(buyer=bob, listing=listing)
    offer.refresh_from_db()
    assert offer.state == Offer.State.DECLINED


def test_buying_tells_of_the_click_and_of_the_purchase(sell: Sell, bob: User, heard: Heard) -> None:
    listing = sell(price=7)
    commerce.buy_now(buyer=bob, listing=listing, session_key="s1")
    assert [(event["kind"], event["session_key"]) for event in heard] == [
        ("buy_now", "s1"),
        ("purchase", "s1"),
    ]
    assert heard[1]["data"] == {"quantity": 1, "amount": "7", "currency": "USD"}


def test_a_refund_is_made_once_and_by_the_seller(
    sell: Sell, alice: User, bob: User, heard: Heard
) -> None:
    order = commerce.buy_now(buyer=bob, listing=sell())
    with pytest.raises(NotYoursError):
        commerce.refund_order(seller=bob, order=order)
    commerce.refund_order(seller=alice, order=order)
    assert (order.state, order.refunded_at is not None) == (Order.State.REFUNDED, True)
    assert (heard[-1]["kind"], heard[-1]["user"]) == ("refund", bob)
    assert code_of(lambda: commerce.refund_order(seller=alice, order=order)) == "already_refunded"


def test_what_was_refunded_can_be_sold_again(live_listing: Listing, alice: User, bob: User) -> None:
    order = commerce.buy_now(buyer=bob, listing=live_listing)
    commerce.refund_order(seller=alice, order=order)
    services.relist(listing=live_listing, user=alice)
    live_listing.refresh_from_db()
    assert (live_listing.state, live_listing.quantity) == (State.LIVE, 1)


@pytest.mark.django_db(transaction=True)
def test_of_many_buyers_at_once_only_as_many_win_as_there_are_pieces(sell: Sell, bob: User) -> None:
    listing = sell(quantity=2)
    results: list[str] = []
    start = threading.Barrier(6)

    def buy() -> None:
        try:
            mine = Listing.objects.get(pk=listing.pk)
            start.wait()
            commerce.buy_now(buyer=bob, listing=mine)
            results.append("bought")
        except ListingError as error:
            results.append(error.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=buy) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    listing.refresh_from_db()
    assert results.count("bought") == Order.objects.count() == 2
    assert set(results) <= {"bought", "not_available", "too_few"}
    assert (listing.state, listing.quantity) == (State.SOLD, 0)
