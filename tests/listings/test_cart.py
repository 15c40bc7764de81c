"""The cart and the watchlist, and what a check-out makes of the cart."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from listing_assistant.accounts.models import User
from listing_assistant.listings import commerce
from listing_assistant.listings.buyer_selectors import cart_items, cart_totals
from listing_assistant.listings.errors import ListingError
from listing_assistant.listings.models import CartItem, Format, Listing, Order, State, Watch

pytestmark = pytest.mark.django_db
Sell = Callable[..., Listing]


def test_adding_twice_adds_up_to_the_stock(sell: Sell, bob: User) -> None:
    listing = sell(quantity=3)
    commerce.add_to_cart(user=bob, listing=listing, quantity=2)
    item = commerce.add_to_cart(user=bob, listing=listing)
    assert item.quantity == 3
    with pytest.raises(ListingError, match="only 3"):
        commerce.add_to_cart(user=bob, listing=listing)
    assert CartItem.objects.get().quantity == 3


def test_a_refused_listing_leaves_no_empty_line(sell: Sell, bob: User) -> None:
    with pytest.raises(ListingError):
        commerce.add_to_cart(user=bob, listing=sell(quantity=1), quantity=2)
    with pytest.raises(ListingError):
        commerce.add_to_cart(user=bob, listing=sell(format=Format.AUCTION))
    assert not CartItem.objects.exists()


def test_anothers_cart_cannot_be_touched(sell: Sell, bob: User, charlie: User) -> None:
    item = commerce.add_to_cart(user=bob, listing=sell(quantity=3))
    with pytest.raises(ListingError, match="not your cart"):
        commerce.change_quantity(user=charlie, item=item, quantity=2)
    with pytest.raises(ListingError, match="not your cart"):
        commerce.remove_from_cart(user=charlie, item=item)


def test_totals_are_by_currency_and_leave_out_what_is_gone(sell: Sell, bob: User) -> None:
    for listing in (
        sell(price=Decimal("2.50"), quantity=4),
        sell(price=7),
        sell(price=9, currency="EUR"),
        gone := sell(price=100),
    ):
        commerce.add_to_cart(user=bob, listing=listing, quantity=min(2, listing.quantity))
    Listing.objects.filter(pk=gone.pk).update(state=State.SOLD)
    assert cart_totals(cart_items(bob)) == {"USD": Decimal("12.00"), "EUR": Decimal(9)}


def test_a_check_out_buys_what_it_can_and_says_what_it_could_not(sell: Sell, bob: User) -> None:
    good, gone, dearer, scarce = (
        sell("Good"), sell("Gone"), sell("Dearer"), sell("Scarce", quantity=4)
    )  # fmt: skip
    for listing in (good, gone, dearer):
        commerce.add_to_cart(user=bob, listing=listing)
    commerce.add_to_cart(user=bob, listing=scarce, quantity=4)
    seen = {listing.pk: Decimal(25) for listing in (good, gone, dearer, scarce)}
    Listing.objects.filter(pk=gone.pk).update(state=State.ENDED)
    Listing.objects.filter(pk=dearer.pk).update(price=26)
    Listing.objects.filter(pk=scarce.pk).update(quantity=3)

    lines = commerce.check_out(user=bob, seen_prices=seen)

    messages = {line.listing.title: line.message for line in lines}
    assert messages["Good"] == ""
    assert "ended" in messages["Gone"]
    assert "26" in messages["Dearer"]
    assert "Only 3 left" in messages["Scarce"]
    assert [order.listing for order in Order.objects.all()] == [good]
    assert set(CartItem.objects.values_list("listing__title", flat=True)) == {
        "Gone",
        "Dearer",
        "Scarce",
    }


def test_checking_out_twice_buys_once(sell: Sell, bob: User) -> None:
    commerce.add_to_cart(user=bob, listing=sell(quantity=5))
    commerce.check_out(user=bob)
    assert commerce.check_out(user=bob) == []
    assert Order.objects.count() == 1


def test_watching_twice_is_watching_once(
    sell: Sell, bob: User, heard: list[dict[str, Any]]
) -> None:
    listing = sell()
    assert commerce.watch(user=bob, listing=listing)
    assert not commerce.watch(user=bob, listing=listing)
    assert Watch.objects.count() == 1
    assert commerce.unwatch(user=bob, listing=listing)
    assert not commerce.unwatch(user=bob, listing=listing)
    assert [event["kind"] for event in heard] == ["watch", "unwatch"]


def test_a_hidden_listing_cannot_be_watched(sell: Sell, bob: User) -> None:
    with pytest.raises(ListingError, match="not shown"):
        commerce.watch(user=bob, listing=sell(state=State.HELD))


def test_the_cart_tells_of_what_went_in(sell: Sell, bob: User, heard: list[dict[str, Any]]) -> None:
    listing = sell(quantity=2)
    commerce.add_to_cart(user=bob, listing=listing, quantity=2, session_key="s")
    assert [(event["kind"], event["listing"], event["data"]) for event in heard] == [
        ("cart", listing, {"quantity": 2})
    ]
