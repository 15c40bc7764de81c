"""Strips that the ranker orders: beside a listing, and those of a person's own."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID, uuid4

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from listing_assistant.listings.models import Listing
from listing_assistant.listings.visits import visit_key
from recommender.similar.context import Asker, device_of
from recommender.similar.explaining import SlotExplanation
from recommender.similar.personal import BECAUSE, PICKED, because_strips, picked_strip
from recommender.similar.reasons import WHY_SPONSORED
from recommender.similar.strip import SIMILAR, SimilarSlot, SimilarStrip, similar_strip
from recommender.views import part_or_page, user_of, visible_listing


@dataclass(frozen=True)
class Shown:
    """A strip as a page shows it. `impression` is the id of the event that the page sends once the
    strip was seen."""

    name: str
    strip: SimilarStrip
    seed: Listing | None = None
    can_hide: bool = False
    impression: UUID = field(default_factory=uuid4)

    @property
    def explained(self) -> list[tuple[SimilarSlot, SlotExplanation]]:
        told = self.strip.explanation
        if told is None:
            return []
        return [(slot, told.slots[slot.listing_id]) for slot in self.strip.slots]


@dataclass(frozen=True)
class ShownBecause(Shown):
    """`number` tells the headings of one page apart."""

    was_watched: bool = False
    number: int = 1


@never_cache
@require_GET
def similar(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """What is like a listing. A page of its own without htmx, where the browser runs no scripts."""
    listing = visible_listing(request, public_id)
    asker, is_staff = asker_of(request), _is_staff(request)
    strip = similar_strip(
        listing,
        viewer_id=asker.viewer_id,
        session_key=asker.session_key,
        country=asker.country,
        device=asker.device,
        explain=is_staff,
    )
    shown = Shown(SIMILAR, strip, listing)
    context = {"shown": shown, "seed": listing, "why_sponsored": WHY_SPONSORED}
    return part_or_page(request, "recommender/similar_strip.html", context)


@never_cache
@require_GET
def picked(request: HttpRequest) -> HttpResponse:
    """A part of the landing page: what this person may want next, or what is popular."""
    found = picked_strip(asker_of(request), explain=_is_staff(request))
    shown = Shown(PICKED, found.strip, can_hide=True)
    context = {"shown": shown, "basis": found.basis, "why_sponsored": WHY_SPONSORED}
    return part_or_page(request, "recommender/picked_strip.html", context)


@never_cache
@require_GET
def because(request: HttpRequest) -> HttpResponse:
    """A part of the landing page: strips beside what was watched or opened last."""
    found = because_strips(asker_of(request), explain=_is_staff(request))
    strips = [
        ShownBecause(
            BECAUSE, each.strip, each.listing, True, was_watched=each.was_watched, number=n
        )
        for n, each in enumerate(found, start=1)
    ]
    context = {"strips": strips, "why_sponsored": WHY_SPONSORED}
    return part_or_page(request, "recommender/because_strips.html", context)


def asker_of(request: HttpRequest) -> Asker:
    user = user_of(request)
    return Asker(
        viewer_id=user.pk if user else None,
        session_key=visit_key(request),
        country=user.country if user else "",
        device=device_of(request.headers.get("User-Agent", "")),
    )


def _is_staff(request: HttpRequest) -> bool:
    user = user_of(request)
    return user is not None and user.is_staff
