"""Offers on best-offer listings and bids in auctions: one table, two ways to an order."""

from __future__ import annotations

from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from listing_assistant.accounts.models import User
from listing_assistant.listings.errors import ListingError, NotYoursError
from listing_assistant.listings.models import Format, Listing, Offer, Order

from .checks import check_live, check_not_own, report
from .sales import record_order, report_purchase, take_stock


@transaction.atomic
def make_offer(*, buyer: User, listing: Listing, amount: Decimal, session_key: str = "") -> Offer:
    """A buyer has one open offer on a listing; a new one replaces it.

    Refuses with the codes own_listing, not_available, no_offers, bad_amount.
    """
    check_not_own(listing, buyer, "make an offer for")
    listing = _locked(listing)
    check_live(listing)
    if listing.format != Format.BEST_OFFER:
        raise ListingError("no_offers", "The seller of this listing takes no offers.")
    assert listing.price is not None  # a live listing has one
    if not 0 < amount < listing.price:
        raise ListingError(
            "bad_amount",
            f"Offer more than 0 and less than the price of {listing.price} {listing.currency}.",
            field="amount",
        )
    own = Offer.objects.filter(listing=listing, buyer=buyer, state=Offer.State.OPEN)
    own.update(state=Offer.State.WITHDRAWN, decided_at=timezone.now())
    return _add(listing, buyer, amount, session_key)


@transaction.atomic
def place_bid(*, bidder: User, listing: Listing, amount: Decimal, session_key: str = "") -> Offer:
    """The first bid is at least the starting price, every other above the highest.

    Refuses with the codes own_listing, not_available, not_an_auction, bid_too_low.
    """
    check_not_own(listing, bidder, "bid on")
    listing = _locked(listing)
    check_live(listing)
    if listing.format != Format.AUCTION:
        raise ListingError("not_an_auction", "This listing is not an auction.")
    assert listing.price is not None  # a live listing has one
    highest = highest_bid(listing)
    if highest and amount <= highest.amount:
        message = f"The highest bid is {highest.amount} {highest.currency}: bid more than that."
        raise ListingError("bid_too_low", message, field="amount")
    if not highest and amount < listing.price:
        message = f"Bidding starts at {listing.price} {listing.currency}."
        raise ListingError("bid_too_low", message, field="amount")
    return _add(listing, bidder, amount, session_key)


def highest_bid(listing: Listing) -> Offer | None:
    return (
        Offer.objects.filter(listing=listing, state=Offer.State.OPEN)
        .select_related("buyer")
        .order_by("-amount", "id")
        .first()
    )


@transaction.atomic
def accept_offer(*, seller: User, offer: Offer) -> Order:
    """Sell one at the offered price.

    Refuses with the codes not_yours, is_auction, not_open, not_available, too_few.
    """
    _check_seller(offer.listing, seller)
    if offer.listing.format == Format.AUCTION:
        raise ListingError("is_auction", "Close the auction instead: it sells to the highest bid.")
    return _accept(_locked(offer.listing), offer)


@transaction.atomic
def decline_offer(*, seller: User, offer: Offer) -> None:
    _check_seller(offer.listing, seller)
    if offer.listing.format == Format.AUCTION:
        raise ListingError("is_auction", "A bid cannot be declined; end the auction instead.")
    _decide(offer, Offer.State.DECLINED)


@transaction.atomic
def withdraw_offer(*, buyer: User, offer: Offer) -> None:
    if offer.buyer_id != buyer.pk:
        raise ListingError("not_yours", "This offer was made by somebody else.")
    if offer.listing.format == Format.AUCTION:
        raise ListingError("is_auction", "A bid is binding and cannot be withdrawn.")
    _decide(offer, Offer.State.WITHDRAWN)


@transaction.atomic
def close_auction(*, seller: User, listing: Listing) -> Order:
    """Sell to the highest bidder.

    Refuses with the codes not_yours, not_available, not_an_auction, no_bids.
    """
    _check_seller(listing, seller)
    listing = _locked(listing)
    check_live(listing)
    if listing.format != Format.AUCTION:
        raise ListingError("not_an_auction", "This listing is not an auction.")
    highest = highest_bid(listing)
    if highest is None:
        raise ListingError("no_bids", "Nobody has bid yet. End the listing to take it down.")
    return _accept(listing, highest)


def _add(listing: Listing, buyer: User, amount: Decimal, session_key: str) -> Offer:
    offer = Offer.objects.create(
        listing=listing, buyer=buyer, amount=amount, currency=listing.currency
    )
    kind = "bid" if listing.format == Format.AUCTION else "offer"
    report(kind, listing=listing, user=buyer, session_key=session_key, amount=str(amount))
    return offer


def _accept(listing: Listing, offer: Offer) -> Order:
    _decide(offer, Offer.State.ACCEPTED)
    take_stock(listing, 1)
    order = record_order(listing, offer.buyer, 1, offer.amount, offer.currency)
    report_purchase(order)
    return order


def _decide(offer: Offer, state: Offer.State) -> None:
    decided = Offer.objects.filter(pk=offer.pk, state=Offer.State.OPEN).update(
        state=state, decided_at=timezone.now()
    )
    offer.refresh_from_db(fields=["state", "decided_at"])
    if not decided:
        message = f"This offer is {offer.get_state_display().lower()} already."
        raise ListingError("not_open", message)


def _check_seller(listing: Listing, seller: User) -> None:
    if listing.seller_id != seller.pk:
        raise NotYoursError


def _locked(listing: Listing) -> Listing:
    """Bids and decisions on one listing queue up behind its row."""
    return Listing.objects.select_for_update().get(pk=listing.pk)
