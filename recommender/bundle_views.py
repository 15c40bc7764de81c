"""Buying what goes together by one press, and taking it back."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET
from django_htmx.middleware import HtmxDetails

from listing_assistant.listings.errors import ListingError
from listing_assistant.listings.models import Listing
from listing_assistant.listings.policy import HIDDEN_STATES
from listing_assistant.listings.views.access import listing_action, post_action, signed_in
from listing_assistant.listings.visits import visit_key
from recommender import policy
from recommender.strips.bundles import Added, add_bundle, take_back

# What the session remembers of the last bundle, so that it can be taken back once.
KEPT = "bundle"


@listing_action
def add(request: HttpRequest, listing: Listing) -> HttpResponse:
    """Puts the ticked things in the cart; tells what was sold meanwhile and adds the rest."""
    chosen = _chosen(request.POST.getlist("item"))
    added = add_bundle(user=signed_in(request), listings=chosen, session_key=visit_key(request))
    outcome = _outcome(added)
    request.session[KEPT] = outcome
    if HtmxDetails(request):
        return render(request, "recommender/_bundle_added.html", {"outcome": outcome})
    return redirect("bundle_added")


@login_required
@require_GET
def added(request: HttpRequest) -> HttpResponse:
    """The same as a page, where the browser runs no scripts. Reloading it adds nothing."""
    outcome = request.session.get(KEPT)
    if outcome is None:
        return redirect("cart")
    return render(
        request,
        "recommender/strip_page.html",
        {"part": "recommender/_bundle_added.html", "outcome": outcome},
    )


@post_action("cart")
def undo(request: HttpRequest) -> HttpResponse:
    """Takes a bundle back, once: a second press, in another window too, changes nothing."""
    outcome = request.session.get(KEPT)
    if outcome is None or outcome["token"] != request.POST.get("token"):
        raise ListingError("nothing_to_undo", "This was taken back already, or other things since.")
    count = take_back(user=signed_in(request), item_ids=outcome["items"])
    del request.session[KEPT]
    told = f"{count} thing{'' if count == 1 else 's'} taken out of your cart again."
    if HtmxDetails(request):
        return render(request, "recommender/_bundle_undone.html", {"told": told})
    messages.success(request, told)
    return redirect("cart")


def _chosen(public_ids: Sequence[str]) -> list[Listing]:
    """In the order given; what nobody but its seller may see is left out."""
    ids = [_uuid(text) for text in public_ids[: policy.BUNDLE_ADDITIONS + 1]]
    visible = Listing.objects.filter(public_id__in=ids).exclude(state__in=HIDDEN_STATES)
    found = {listing.public_id: listing for listing in visible.defer("search", "description")}
    chosen = [found[each] for each in dict.fromkeys(ids) if each in found]
    if not chosen:
        raise ListingError("nothing_chosen", "Tick at least one thing that is for sale.", "item")
    return chosen


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise ListingError(
            "bad_item", "This page is out of date. Load it again.", "item"
        ) from error


def _outcome(added: Sequence[Added]) -> dict[str, Any]:
    """Plain enough for the session."""
    return {
        "token": secrets.token_hex(8),
        "items": [each.item_id for each in added if each.item_id],
        "was_there": [each.listing.title for each in added if each.was_there],
        "refused": [
            {"title": each.listing.title, "reason": each.refused} for each in added if each.refused
        ],
    }
