"""Stock is taken by a conditional update, so that two buyers cannot both get the last piece."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from listing_assistant.accounts.models import User
from listing_assistant.listings.errors import ListingError, NotYoursError
from listing_assistant.listings.models import Format, Listing, Offer, Order, State
from listing_assistant.listings.services import mark_sold

from .checks import check_live, check_not_own, report, unavailable


@transaction.atomic
def buy_now(
    *,
    buyer: User,
    listing: Listing,
    quantity: int = 1,
    seen_price: Decimal | None = None,
    session_key: str = "",
) -> Order:
    """Buy at the asking price. With `seen_price`, only at that price.

    Refuses with the codes own_listing, not_available, is_auction, bad_quantity, too_few,
    price_changed.
    """
    order = sell_at_asking_price(buyer, listing, quantity, seen_price)
    report("buy_now", listing=listing, user=buyer, session_key=session_key, quantity=quantity)
    report_purchase(order, session_key)
    return order


def sell_at_asking_price(
    buyer: User, listing: Listing, quantity: int, seen_price: Decimal | None
) -> Order:
    """Part of the caller's transaction."""
    check_buyable(listing, buyer)
    if quantity < 1:
        raise ListingError("bad_quantity", "Buy at least one.", field="quantity")
    price = listing.price if seen_price is None else seen_price
    take_stock(listing, quantity, price=price, currency=listing.currency)
    assert price is not None  # the row had this price
    return record_order(listing, buyer, quantity, price * quantity, listing.currency)


def check_buyable(listing: Listing, buyer: User) -> None:
    check_not_own(listing, buyer, "buy")
    check_live(listing)
    if listing.format == Format.AUCTION:
        raise ListingError("is_auction", "This is an auction: place a bid instead.")


def take_stock(listing: Listing, quantity: int, **unchanged: Any) -> None:
    """Lower the stock of a live listing whose fields are still `unchanged`; at 0 it is sold.

    Part of the caller's transaction.
    """
    taken = Listing.objects.filter(
        pk=listing.pk, state=State.LIVE, quantity__gte=quantity, **unchanged
    ).update(
        quantity=F("quantity") - quantity,
        # An editor that still shows the old stock must not write it back.
        version=F("version") + 1,
        updated_at=timezone.now(),
    )
    listing.refresh_from_db()
    if not taken:
        raise _why_not(listing, quantity, **unchanged)
    if listing.quantity == 0:
        mark_sold(listing=listing)
        Offer.objects.filter(listing=listing, state=Offer.State.OPEN).update(
            state=Offer.State.DECLINED, decided_at=timezone.now()
        )


def record_order(
    listing: Listing, buyer: User, quantity: int, amount: Decimal, currency: str
) -> Order:
    return Order.objects.create(
        listing=listing, buyer=buyer, quantity=quantity, amount=amount, currency=currency
    )


def report_purchase(order: Order, session_key: str = "") -> None:
    report(
        "purchase",
        listing=order.listing,
        user=order.buyer,
        session_key=session_key,
        quantity=order.quantity,
        amount=str(order.amount),
        currency=order.currency,
    )


@transaction.atomic
def refund_order(*, seller: User, order: Order) -> Order:
    """Give the money back, once. The stock stays as it is: the seller relists if there is any."""
    if order.listing.seller_id != seller.pk:
        raise NotYoursError
    refunded = Order.objects.filter(pk=order.pk, state=Order.State.PAID).update(
        state=Order.State.REFUNDED, refunded_at=timezone.now()
    )
    if not refunded:
        raise ListingError("already_refunded", "This order has been refunded already.")
    order.refresh_from_db(fields=["state", "refunded_at"])
    report("refund", listing=order.listing, user=order.buyer, order=str(order.public_id))
    return order


def _why_not(listing: Listing, quantity: int, **unchanged: Any) -> ListingError:
    if listing.state != State.LIVE:
        return unavailable(listing)
    if listing.quantity < quantity:
        return ListingError(
            "too_few", f"Only {listing.quantity} left: choose fewer.", field="quantity"
        )
    return ListingError(
        "price_changed",
        f"The price is now {listing.price} {listing.currency}. Look again before you buy.",
        field="price",
    )
