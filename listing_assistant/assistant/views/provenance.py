"""Where a published text comes from: parts of the listing's page and of a moderator's case."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from listing_assistant.accounts.models import User
from listing_assistant.assistant import provenance
from listing_assistant.assistant.models import PublishedText
from listing_assistant.listings.models import Listing
from listing_assistant.listings.selectors import may_view

from .answers import change, signed_in


def provenance_of(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Sentence by sentence for the seller and for moderators; a line for everybody else."""
    listing = get_object_or_404(Listing.objects.select_related("seller"), public_id=public_id)
    user = request.user if isinstance(request.user, User) else None
    if not may_view(user, listing):
        raise Http404
    is_own = user is not None and user.pk == listing.seller_id
    if user is None or not (is_own or user.is_moderator):
        text = PublishedText.objects.filter(listing=listing).first()
        is_told = provenance.is_told_to_buyers(text)
        return render(request, "assistant/_disclosure.html", {"is_told": is_told})
    text = provenance.link_published_text(listing)
    context = {
        "listing": listing,
        "text": text,
        "is_own": is_own,
        "is_told": provenance.is_told_to_buyers(text),
        "may_choose": settings.DRAFT_DISCLOSURE == "seller",
    }
    return render(request, "assistant/_provenance.html", context)


@change
def disclose(request: HttpRequest, listing: Listing) -> HttpResponse:
    """Whether buyers are told of the draft: the seller's switch on the listing's page."""
    is_disclosed = request.POST.get("disclose") == "yes"
    provenance.set_disclosure(listing=listing, user=signed_in(request), is_disclosed=is_disclosed)
    told = "Buyers read that" if is_disclosed else "Buyers are no longer told that"
    messages.success(request, f"{told} the description was drafted with the assistant.")
    return redirect("listing", public_id=listing.public_id)
