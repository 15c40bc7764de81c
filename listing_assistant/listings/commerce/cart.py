from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction

from listing_assistant.accounts.models import User
from listing_assistant.listings.errors import ListingError
from listing_assistant.listings.models import CartItem, Listing, Order

from .checks import report
from .sales import check_buyable, report_purchase, sell_at_asking_price


@dataclass(frozen=True)
class CartLine:
    """What became of one listing of the cart: an order, or the reason why not."""

    listing: Listing
    order: Order | None
    message: str = ""


@transaction.atomic
def add_to_cart(
    *, user: User, listing: Listing, quantity: int = 1, session_key: str = ""
) -> CartItem:
    """Add to what is in the cart already, at most the stock.

    Refuses with the codes own_listing, not_available, is_auction, bad_quantity, too_few.
    """
    check_buyable(listing, user)
    item, _ = CartItem.objects.select_for_update().get_or_create(
        user=user, listing=listing, defaults={"quantity": 0}
    )
    _set_quantity(item, item.quantity + quantity)
    report("cart", listing=listing, user=user, session_key=session_key, quantity=quantity)
    return item


@transaction.atomic
def change_quantity(*, user: User, item: CartItem, quantity: int) -> CartItem:
    if item.user_id != user.pk:
        raise ListingError("not_yours", "This is not your cart.")
    _set_quantity(item, quantity)
    return item


@transaction.atomic
def remove_from_cart(*, user: User, item: CartItem) -> None:
    if item.user_id != user.pk:
        raise ListingError("not_yours", "This is not your cart.")
    item.delete()


def check_out(
    *, user: User, seen_prices: Mapping[int, Decimal] | None = None, session_key: str = ""
) -> list[CartLine]:
    """Buy what is in the cart. Each listing is bought whole or not at all, on its own.

    `seen_prices`, by listing id, are what the buyer agreed to. What could not be bought stays in
    the cart, and its line says why.
    """
    items = CartItem.objects.filter(user=user).select_related("listing").order_by("listing_id")
    return [
        _buy_line(item, user, (seen_prices or {}).get(item.listing_id), session_key)
        for item in items
    ]


def _buy_line(item: CartItem, user: User, seen_price: Decimal | None, session_key: str) -> CartLine:
    try:
        with transaction.atomic():
            # Two check-outs of one cart, from two windows: only one finds the item.
            if not CartItem.objects.filter(pk=item.pk, quantity=item.quantity).delete()[0]:
                raise ListingError("cart_changed", "The cart was changed in another window.")
            order = sell_at_asking_price(user, item.listing, item.quantity, seen_price)
            report_purchase(order, session_key)
    except ListingError as error:
        return CartLine(item.listing, None, error.message)
    return CartLine(item.listing, order)


def _set_quantity(item: CartItem, quantity: int) -> None:
    if quantity < 1:
        raise ListingError("bad_quantity", "Take at least one.", field="quantity")
    if quantity > item.listing.quantity:
        raise ListingError(
            "too_few", f"There are only {item.listing.quantity} of these.", field="quantity"
        )
    item.quantity = quantity
    item.save(update_fields=["quantity"])
