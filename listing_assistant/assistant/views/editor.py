"""The editor's page, and the news that it polls for."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from listing_assistant.assistant import editing
from listing_assistant.assistant.sections import Page
from listing_assistant.listings import policy, services
from listing_assistant.listings.errors import ListingError
from listing_assistant.listings.models import Listing
from listing_assistant.listings.selectors import drafts_of

from .answers import answer, own_listing, signed_in
from .photos import add_files

RECENT_DRAFTS = 4


@login_required
def new_listing(request: HttpRequest) -> HttpResponse:
    """A start page; a POST makes a draft, with photos and a title if they came along."""
    user = signed_in(request)
    if request.method != "POST":
        context = {"drafts": drafts_of(user)[:RECENT_DRAFTS], "most": policy.MAX_PHOTOS}
        return render(request, "assistant/new.html", context)
    try:
        listing = services.create_draft(seller=user, title=request.POST.get("title", ""))
    except ListingError as error:
        messages.error(request, error.message)
        return redirect("profile" if error.code == "not_a_seller" else "new_listing")
    for problem in add_files(request, listing):
        messages.error(request, problem)
    return redirect("edit_listing", public_id=listing.public_id)


@own_listing
def edit_listing(request: HttpRequest, listing: Listing) -> HttpResponse:
    """The page. A POST saves all fields at once: what browsers without scripts send."""
    if listing.state not in policy.EDITABLE_STATES:
        messages.warning(request, f"This listing is {listing.get_state_display().lower()}.")
        return redirect("listing", public_id=listing.public_id)
    if request.method == "POST":
        return _save_all(request, listing)
    page = Page(listing)
    sections = page.sections()
    context = {
        "listing": listing,
        "page": page,
        "sections": sections,
        "html": {section.name.replace("-", "_"): section.html for section in sections},
    }
    return render(request, "assistant/edit.html", context)


@own_listing
def news(request: HttpRequest, listing: Listing) -> HttpResponse:
    return answer(request, listing)


def _save_all(request: HttpRequest, listing: Listing) -> HttpResponse:
    """Each field for itself: a bad one is named, the others are saved."""
    user = signed_in(request)
    names = [name for name in request.POST if name in editing.FIELDS or "attribute-" in name]
    for name in names:
        text = request.POST[name]
        try:
            if text != editing.field_text(listing, name):
                editing.save_field(listing=listing, user=user, name=name, text=text, base=None)
        except ListingError as error:
            messages.error(request, f"{name.capitalize()}: {error.message}")
    messages.success(request, "Saved.")
    return redirect("edit_listing", public_id=listing.public_id)
