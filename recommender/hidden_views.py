"""“Not interested”: a press hides a card, another shows it again, and a page lists what is hidden.

Nobody has to sign in for it: then it is the visit's.
"""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST
from django_htmx.middleware import HtmxDetails

from listing_assistant.listings.visits import remember_visit, visit_key
from recommender.similar.hidden import hidden_listings, hide_item, show_item_again
from recommender.views import user_of, visible_listing


@require_POST
def hide(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Covers the card with a way back; without scripts, goes on to all that is hidden."""
    listing = visible_listing(request, public_id)
    hide_item(listing, user_id=_user_id(request), session_key=visit_key(request))
    if HtmxDetails(request):
        response = render(request, "recommender/_hidden.html", {"listing": listing})
    else:
        response = redirect("hidden_items")
    return remember_visit(request, response)


@require_POST
def show_again(request: HttpRequest, public_id: UUID) -> HttpResponse:
    listing = visible_listing(request, public_id)
    show_item_again(listing, user_id=_user_id(request), session_key=visit_key(request))
    if HtmxDetails(request):
        return render(request, "recommender/_shown_again.html", {"listing": listing})
    return redirect("hidden_items")


@never_cache
@require_GET
def hidden(request: HttpRequest) -> HttpResponse:
    listings = hidden_listings(user_id=_user_id(request), session_key=visit_key(request))
    response = render(request, "recommender/hidden.html", {"listings": listings})
    return remember_visit(request, response)


def _user_id(request: HttpRequest) -> int | None:
    user = user_of(request)
    return user.pk if user else None
