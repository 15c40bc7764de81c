"""Offers, bids, orders and refunds, for both sides."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from listing_assistant.listings import commerce
from listing_assistant.listings.buyer_selectors import offers_by, offers_to, purchases_of, sales_of
from listing_assistant.listings.forms import AmountForm, first_error
from listing_assistant.listings.models import Format, Listing, Offer, Order
from listing_assistant.listings.visits import visit_key

from .access import listing_action, post_action, signed_in
from .paging import page_of


@listing_action
def make_offer(request: HttpRequest, listing: Listing) -> HttpResponse:
    """An offer, or a bid where the listing is an auction."""
    form = AmountForm(request.POST)
    if not form.is_valid():
        messages.error(request, first_error(form))
        return redirect(listing)
    user, amount = signed_in(request), form.cleaned_data["amount"]
    if listing.format == Format.AUCTION:
        commerce.place_bid(
            bidder=user, listing=listing, amount=amount, session_key=visit_key(request)
        )
        messages.success(request, "Your bid is the highest.")
    else:
        commerce.make_offer(
            buyer=user, listing=listing, amount=amount, session_key=visit_key(request)
        )
        messages.success(request, "Your offer was sent to the seller.")
    return redirect(listing)


@login_required
def offers(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    is_selling = request.GET.get("as") == "seller"
    rows = offers_to(user) if is_selling else offers_by(user)
    context = {"page": page_of(request, rows), "is_selling": is_selling}
    return render(request, "listings/offers.html", context)


@post_action("offers")
def decide_offer(request: HttpRequest, pk: int, decision: str) -> HttpResponse:
    offer = get_object_or_404(Offer.objects.select_related("listing", "buyer"), pk=pk)
    user = signed_in(request)
    if user.pk not in (offer.buyer_id, offer.listing.seller_id):
        raise Http404("No such offer")
    if decision == "withdraw":
        commerce.withdraw_offer(buyer=user, offer=offer)
        messages.success(request, "Your offer was withdrawn.")
        return redirect("offers")
    if decision == "accept":
        commerce.accept_offer(seller=user, offer=offer)
        messages.success(request, f"Sold to {offer.buyer}.")
    else:
        commerce.decline_offer(seller=user, offer=offer)
        messages.success(request, "The offer was declined.")
    return redirect(_as_seller("offers"))


@listing_action
def close_auction(request: HttpRequest, listing: Listing) -> HttpResponse:
    order = commerce.close_auction(seller=signed_in(request), listing=listing)
    messages.success(request, f"Sold to {order.buyer}.")
    return redirect(_as_seller("orders"))


@login_required
def orders(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    is_selling = request.GET.get("as") == "seller"
    rows = sales_of(user) if is_selling else purchases_of(user)
    context = {"page": page_of(request, rows), "is_selling": is_selling}
    return render(request, "listings/orders.html", context)


@post_action("orders")
def refund(request: HttpRequest, public_id: UUID) -> HttpResponse:
    user = signed_in(request)
    order = get_object_or_404(
        Order.objects.select_related("listing", "buyer"), public_id=public_id, listing__seller=user
    )
    commerce.refund_order(seller=user, order=order)
    messages.success(request, f"{order.buyer} got the money back. Test mode: none was moved.")
    return redirect(_as_seller("orders"))


def _as_seller(page: str) -> str:
    return reverse(page) + "?as=seller"
