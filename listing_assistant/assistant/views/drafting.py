"""Asking for drafts, going back through them, and the question about wear and flaws."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from listing_assistant.assistant import condition_notes
from listing_assistant.assistant.drafting import jobs, versions
from listing_assistant.assistant.drafting.wishes import save_wishes
from listing_assistant.listings.models import Listing

from .answers import answer, change, signed_in

WISHES = ("length", "tone", "language")


@change
def start(request: HttpRequest, listing: Listing, task: str) -> HttpResponse:
    """Ask for a version. What the settings beside the button say is kept first."""
    _save_wishes(request, listing)
    jobs.start_draft(
        listing=listing,
        user=signed_in(request),
        task=task,
        place=_number(request, "place"),
        seen=_number(request, "draft-seen"),
    )
    return answer(request, listing)


@change
def go(request: HttpRequest, listing: Listing, way: str) -> HttpResponse:
    move = versions.go_back if way == "back" else versions.go_forward
    move(listing=listing, user=signed_in(request))
    return answer(request, listing)


@change
def wishes(request: HttpRequest, listing: Listing) -> HttpResponse:
    _save_wishes(request, listing)
    return answer(request, listing)


@change
def note(request: HttpRequest, listing: Listing) -> HttpResponse:
    """Answer the question about wear with a chip, or take the chip's answer back."""
    text = request.POST.get("wear", "")
    condition_notes.toggle_answer(listing=listing, user=signed_in(request), text=text)
    return answer(request, listing)


def _save_wishes(request: HttpRequest, listing: Listing) -> None:
    said = {name: request.POST.get(f"draft-{name}", "") for name in WISHES}
    changes = {name: text for name, text in said.items() if text}
    save_wishes(listing=listing, user=signed_in(request), changes=changes)


def _number(request: HttpRequest, name: str) -> int | None:
    text = request.POST.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 18 else None
