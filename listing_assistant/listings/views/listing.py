from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from listing_assistant.accounts.models import User
from listing_assistant.catalogue.selectors import breadcrumbs
from listing_assistant.listings.buyer_selectors import (
    attribute_table,
    bids_on,
    is_watched,
    listing_page,
    live_count,
)
from listing_assistant.listings.commerce.checks import report
from listing_assistant.listings.forms import PurchaseForm
from listing_assistant.listings.models import Format, Listing
from listing_assistant.listings.selectors import may_view
from listing_assistant.listings.visits import remember_visit, visit_key

# What a strip adds to its links; anything else in the query string is not kept.
CLICK_DATA = ("strip", "position", "seed")


def listing(request: HttpRequest, public_id: UUID) -> HttpResponse:
    try:
        found = listing_page(public_id)
    except Listing.DoesNotExist as error:
        raise Http404("No such listing") from error
    user = request.user if isinstance(request.user, User) else None
    if not may_view(user, found):
        raise Http404("No such listing")
    is_own = user is not None and user.pk == found.seller_id
    if not is_own and _is_visit(request):
        _report_click(request, found, user)
    context = _context(found, user) | {"is_own": is_own}
    return remember_visit(request, render(request, "listings/listing.html", context))


def _context(listing: Listing, user: User | None) -> dict[str, Any]:
    return {
        "listing": listing,
        "photos": listing.photos.all(),
        "attributes": attribute_table(listing),
        "breadcrumbs": breadcrumbs(listing.category) if listing.category else [],
        "live_count": live_count(listing.seller),
        "is_watched": user is not None and is_watched(user, listing),
        "bids": bids_on(listing) if listing.format == Format.AUCTION else None,
        "purchase": PurchaseForm(initial={"price": listing.price}),
    }


def _is_visit(request: HttpRequest) -> bool:
    """A person who looks, not a browser that fetches ahead."""
    purpose = request.headers.get("Sec-Purpose", "") + request.headers.get("Purpose", "")
    return request.method == "GET" and "prefetch" not in purpose


def _report_click(request: HttpRequest, listing: Listing, user: User | None) -> None:
    data = {name: request.GET[name][:40] for name in CLICK_DATA if name in request.GET}
    agent = request.headers.get("User-Agent", "")
    report("click", listing=listing, user=user, session_key=visit_key(request), agent=agent, **data)
