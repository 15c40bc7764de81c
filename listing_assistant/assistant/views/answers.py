"""What every view of the editor shares: whose listing it is, and how an answer goes back."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Concatenate, ParamSpec, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.http import require_POST
from django_htmx.middleware import HtmxDetails

from listing_assistant.accounts.models import User
from listing_assistant.assistant.errors import AssistantError
from listing_assistant.assistant.sections import Page, changed
from listing_assistant.listings.errors import ListingError, NotYoursError
from listing_assistant.listings.models import Listing
from listing_assistant.listings.selectors import listing_for_editing

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, Listing, P], HttpResponse]
Address = Callable[Concatenate[HttpRequest, str, P], HttpResponse]


def signed_in(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


def own_listing(view: View[P]) -> Address[P]:
    """Hands the view the seller's own listing; for others it does not exist."""

    @functools.wraps(view)
    def wrapped(
        request: HttpRequest, public_id: str, *args: P.args, **kwargs: P.kwargs
    ) -> HttpResponse:
        try:
            listing = listing_for_editing(signed_in(request), public_id)
        except (Listing.DoesNotExist, NotYoursError) as error:
            raise Http404 from error
        return view(request, listing, *args, **kwargs)

    return login_required(cast("Address[P]", wrapped))


def change(view: View[P]) -> Address[P]:
    """A POST that changes the seller's own listing; a refusal is told and changes nothing."""

    @functools.wraps(view)
    def wrapped(
        request: HttpRequest, listing: Listing, *args: P.args, **kwargs: P.kwargs
    ) -> HttpResponse:
        try:
            return view(request, listing, *args, **kwargs)
        except (ListingError, AssistantError) as error:
            return refused(request, listing, error.message)

    return require_POST(own_listing(cast("View[P]", wrapped)))


def answer(
    request: HttpRequest,
    listing: Listing,
    *,
    skip: Sequence[str] = (),
    extra: str = "",
    status: int = 200,
) -> HttpResponse:
    """The sections that changed since the browser was last told; the page for one without scripts.

    `skip` names sections that somebody is typing in; `extra` is HTML of the caller's own.
    """
    if not HtmxDetails(request):
        return redirect("edit_listing", public_id=listing.public_id)
    sections = Page(Listing.objects.get(pk=listing.pk)).sections()
    have = request.POST.getlist("have") or request.GET.getlist("have")
    new = [each for each in changed(sections, have) if each.name not in skip]
    if not new and not extra:
        return HttpResponse(status=204)
    context = {"new": new, "sections": sections, "saved_at": timezone.now(), "extra": extra}
    return HttpResponse(render_to_string("assistant/_answer.html", context), status=status)


def refused(request: HttpRequest, listing: Listing, message: str) -> HttpResponse:
    if not HtmxDetails(request):
        messages.error(request, message)
        return redirect("edit_listing", public_id=listing.public_id)
    notice = render_to_string("assistant/_notice.html", {"message": message, "level": "bad"})
    return answer(request, listing, extra=notice)
