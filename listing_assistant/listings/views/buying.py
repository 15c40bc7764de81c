from __future__ import annotations

from decimal import Decimal, InvalidOperation

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django_htmx.middleware import HtmxDetails

from listing_assistant.listings import commerce
from listing_assistant.listings.buyer_selectors import (
    cart_items,
    cart_totals,
    is_watched,
    watchlist,
)
from listing_assistant.listings.forms import PurchaseForm, QuantityForm, first_error
from listing_assistant.listings.models import CartItem, Listing
from listing_assistant.listings.visits import visit_key

from .access import listing_action, post_action, signed_in
from .paging import page_of


@listing_action
def toggle_watch(request: HttpRequest, listing: Listing) -> HttpResponse:
    user = signed_in(request)
    change = commerce.unwatch if is_watched(user, listing) else commerce.watch
    change(user=user, listing=listing, session_key=visit_key(request))
    if HtmxDetails(request):
        context = {"listing": listing, "is_watched": is_watched(user, listing)}
        return render(request, "listings/_watch_button.html", context)
    return redirect("watchlist" if request.GET.get("back") == "watchlist" else listing)


@login_required
def watchlist_page(request: HttpRequest) -> HttpResponse:
    page = page_of(request, watchlist(signed_in(request)))
    return render(request, "listings/watchlist.html", {"page": page})


@listing_action
def buy(request: HttpRequest, listing: Listing) -> HttpResponse:
    form = PurchaseForm(request.POST)
    if not form.is_valid():
        messages.error(request, first_error(form))
        return redirect(listing)
    commerce.buy_now(
        buyer=signed_in(request),
        listing=listing,
        quantity=form.cleaned_data["quantity"],
        seen_price=form.cleaned_data["price"],
        session_key=visit_key(request),
    )
    messages.success(request, f"You bought “{listing.title}”. Test mode: no money was taken.")
    return redirect("orders")


@listing_action
def add_to_cart(request: HttpRequest, listing: Listing) -> HttpResponse:
    form = QuantityForm(request.POST)
    if not form.is_valid():
        messages.error(request, first_error(form))
        return redirect(listing)
    commerce.add_to_cart(
        user=signed_in(request),
        listing=listing,
        quantity=form.cleaned_data["quantity"],
        session_key=visit_key(request),
    )
    messages.success(request, f"“{listing.title}” is in your cart.")
    return redirect("cart")


@login_required
def cart(request: HttpRequest) -> HttpResponse:
    items = list(cart_items(signed_in(request)))
    return render(request, "listings/cart.html", {"items": items, "totals": cart_totals(items)})


@post_action("cart")
def change_cart_item(request: HttpRequest, pk: int) -> HttpResponse:
    """Sets the quantity, or takes the listing out when the button named "remove" was used."""
    user = signed_in(request)
    item = get_object_or_404(CartItem.objects.select_related("listing"), pk=pk, user=user)
    if "remove" in request.POST:
        commerce.remove_from_cart(user=user, item=item)
        return redirect("cart")
    form = QuantityForm(request.POST)
    if form.is_valid():
        commerce.change_quantity(user=user, item=item, quantity=form.cleaned_data["quantity"])
    else:
        messages.error(request, first_error(form))
    return redirect("cart")


@post_action("cart")
def check_out(request: HttpRequest) -> HttpResponse:
    lines = commerce.check_out(
        user=signed_in(request), seen_prices=_seen_prices(request), session_key=visit_key(request)
    )
    return render(request, "listings/checked_out.html", {"lines": lines})


def _seen_prices(request: HttpRequest) -> dict[int, Decimal]:
    """The cart sends "seen" once per line: the listing's id, a colon, the price shown."""
    prices = {}
    for text in request.POST.getlist("seen"):
        listing, _, price = text.partition(":")
        try:
            prices[int(listing)] = Decimal(price)
        except (ValueError, InvalidOperation):
            continue
    return prices
