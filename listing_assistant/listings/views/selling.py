from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from listing_assistant.listings.buyer_selectors import seller_counts, seller_listings
from listing_assistant.listings.models import Listing, State
from listing_assistant.listings.services import end_listing, relist

from .access import listing_action, signed_in
from .paging import page_of

# Tab → label, the states it shows.
TABS = {
    "live": ("Live", (State.LIVE, State.RESERVED)),
    "draft": ("Drafts", (State.DRAFT,)),
    "held": ("Needs attention", (State.HELD, State.REMOVED)),
    "sold": ("Sold", (State.SOLD,)),
    "ended": ("Ended", (State.ENDED,)),
}


@login_required
def my_listings(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    counts = seller_counts(user)
    tabs = [
        {"key": key, "label": label, "count": sum(counts.get(state, 0) for state in states)}
        for key, (label, states) in TABS.items()
    ]
    current = request.GET.get("tab", "")
    if current not in TABS:
        # Nothing live yet: a draft or a returned listing is what the seller came for.
        current = next((str(tab["key"]) for tab in tabs if tab["count"]), "live")
    page = page_of(request, seller_listings(user, TABS[current][1]))
    context = {"tabs": tabs, "current": current, "page": page, "has_any": bool(counts)}
    return render(request, "listings/my_listings.html", context)


@listing_action
def end(request: HttpRequest, listing: Listing) -> HttpResponse:
    end_listing(listing=listing, user=signed_in(request))
    messages.success(request, f"“{listing.title}” is no longer for sale.")
    return redirect("my_listings")


@listing_action
def relist_again(request: HttpRequest, listing: Listing) -> HttpResponse:
    relist(listing=listing, user=signed_in(request))
    messages.success(request, f"“{listing.title}” is for sale again.")
    return redirect(listing)
