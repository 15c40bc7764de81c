from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_GET
from django_htmx.middleware import HtmxDetails

from listing_assistant.accounts.models import User
from listing_assistant.listings.buyer_selectors import cart_items
from listing_assistant.listings.models import Listing
from listing_assistant.listings.selectors import may_view
from listing_assistant.listings.views.access import signed_in
from listing_assistant.listings.visits import remember_visit, visit_key
from recommender.events.counters import attention_to
from recommender.strips.bundles import bundle_for
from recommender.strips.complementary import (
    CART,
    COMPLEMENTARY,
    Strip,
    StripItem,
    complementary_items,
    complementary_to_cart,
)


@require_GET
def complementary_strip(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """What goes with a listing: a bundle to buy at once, and more. A page of its own without htmx,
    where the browser runs no scripts."""
    listing = visible_listing(request, public_id)
    user = user_of(request)
    is_staff = user is not None and user.is_staff
    strip = complementary_items(
        listing,
        session_key=visit_key(request),
        viewer_id=user.pk if user else None,
        explain=is_staff,
    )
    bundle = bundle_for(user, listing, strip)
    additions = bundle.additions if bundle else []
    further = [item for item in strip.items if item not in additions]
    places = _places([*additions, *further], {listing.pk: listing})
    context = _context(COMPLEMENTARY, strip, is_staff) | {
        "seed": listing,
        "bundle": bundle,
        "additions": places[: len(additions)],
        "further": places[len(additions) :],
    }
    return part_or_page(request, "recommender/complementary_strip.html", context)


@login_required
@require_GET
def cart_strip(request: HttpRequest) -> HttpResponse:
    """What goes with the newest things in the cart."""
    user = signed_in(request)
    listings = [item.listing for item in reversed(cart_items(user))]
    strip = complementary_to_cart(
        listings, session_key=visit_key(request), viewer_id=user.pk, explain=user.is_staff
    )
    seeds = {listing.pk: listing for listing in listings}
    further = _places(strip.items, seeds)
    context = _context(CART, strip, user.is_staff) | {"further": further, "has_seeds": bool(seeds)}
    return part_or_page(request, "recommender/cart_strip.html", context)


@require_GET
def attention(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """A line of the listing's page: how many looked at it in the last hour, how many watch it."""
    listing = visible_listing(request, public_id)
    seen = attention_to([listing.pk])[listing.pk]
    return render(request, "recommender/_attention.html", {"attention": seen})


@dataclass(frozen=True)
class Place:
    """An item where it stands, counted from 1, and the listing that it goes with."""

    position: int
    item: StripItem
    seed: Listing


def _places(items: Iterable[StripItem], seeds: Mapping[int, Listing]) -> list[Place]:
    return [Place(n, item, seeds[item.seed_id]) for n, item in enumerate(items, start=1)]


def _context(name: str, strip: Strip, is_staff: bool) -> dict[str, Any]:
    """`impression` is the id of the event that the page sends once the strip was seen."""
    return {"name": name, "strip": strip, "impression": uuid4(), "is_staff": is_staff}


def part_or_page(request: HttpRequest, part: str, context: dict[str, Any]) -> HttpResponse:
    if HtmxDetails(request):
        response = render(request, part, context)
    else:
        response = render(request, "recommender/strip_page.html", context | {"part": part})
    patch_vary_headers(response, ["HX-Request"])
    return remember_visit(request, response)


def user_of(request: HttpRequest) -> User | None:
    return request.user if isinstance(request.user, User) else None


def visible_listing(request: HttpRequest, public_id: UUID) -> Listing:
    """What belongs to a listing is as visible as its page."""
    listing = get_object_or_404(Listing.objects.defer("search", "description"), public_id=public_id)
    if not may_view(user_of(request), listing):
        raise Http404("No such listing")
    return listing
