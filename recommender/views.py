from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from listing_assistant.listings.models import Listing
from listing_assistant.listings.policy import HIDDEN_STATES
from listing_assistant.listings.visits import remember_visit, visit_key
from recommender import services
from recommender.serving import similar_items


@require_GET
def similar_strip(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """A part of the listing's page: cards of similar listings, each link naming its place."""
    listing = get_object_or_404(Listing, public_id=public_id)
    user = request.user if request.user.is_authenticated else None
    is_staff = user is not None and user.is_staff
    if listing.state in HIDDEN_STATES and not (is_staff or user == listing.seller):
        raise Http404
    items = similar_items(listing)
    services.record_impression(
        strip="similar",
        seed=listing,
        listing_ids=[item.listing.pk for item in items],
        user=user,
        session_key=visit_key(request),
    )
    context = {"seed": listing, "items": items, "shows_scores": is_staff}
    response = render(request, "recommender/similar_strip.html", context)
    return remember_visit(request, response)
