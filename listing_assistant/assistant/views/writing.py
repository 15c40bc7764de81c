"""Saving one field, finding a category, publishing."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from listing_assistant.assistant import editing
from listing_assistant.catalogue.selectors import leaf_categories
from listing_assistant.listings import services
from listing_assistant.listings.errors import ListingError
from listing_assistant.listings.models import Listing

from .answers import answer, change, own_listing, signed_in

MOST_CATEGORIES = 12


@change
def save(request: HttpRequest, listing: Listing) -> HttpResponse:
    """Store one field: 200, or 422 with what is wrong, or 409 with what it says by now."""
    name = request.POST.get("field", "")
    text = request.POST.get("value", "")
    context = {"name": name, "listing": listing}
    try:
        editing.save_field(
            listing=listing,
            user=signed_in(request),
            name=name,
            text=text,
            base=request.POST.get("base"),
        )
    except editing.ConflictError as conflict:
        context |= {"conflict": True, "current": conflict.current}
        status = 409
    except ListingError as error:
        context |= {"error": error.message}
        status = 422
    else:
        status = 200
        context |= {"saved": editing.field_text(listing, name), "saved_at": timezone.now()}
    extra = render_to_string("assistant/_field_state.html", context)
    skip = [f"control-{name}"] if name != "category" else []
    return answer(request, listing, skip=skip, extra=extra, status=status)


@own_listing
def categories(request: HttpRequest, listing: Listing) -> HttpResponse:
    """Leaf categories that have all the words typed so far in their path or synonyms."""
    typed = request.GET.get("category_query", "").split()
    found = leaf_categories()
    for word in typed:
        found = found.filter(Q(path__icontains=word) | Q(synonyms__icontains=word))
    context = {"listing": listing, "found": found[:MOST_CATEGORIES] if typed else []}
    part = "_categories.html" if HtmxDetails(request) else "find_category.html"
    return render(request, f"assistant/{part}", context | {"typed": " ".join(typed)})


@change
def publish(request: HttpRequest, listing: Listing) -> HttpResponse:
    """Only ever on the seller's click. What is missing is said beside the button."""
    try:
        services.publish_listing(listing=listing, user=signed_in(request))
    except ListingError as error:
        if error.code != "invalid":
            raise
        messages.error(request, " ".join(problem.message for problem in error.problems))
        page = redirect("edit_listing", public_id=listing.public_id)
    else:
        messages.success(request, f"“{listing.title}” is live. Buyers can find it now.")
        page = redirect("listing", public_id=listing.public_id)
    return HttpResponseClientRedirect(page.url) if HtmxDetails(request) else page
