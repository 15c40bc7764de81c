"""Who may do what, and how a refusal comes back to the page it came from."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Concatenate, ParamSpec
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from listing_assistant.accounts.models import User
from listing_assistant.listings.errors import ListingError
from listing_assistant.listings.models import Listing
from listing_assistant.listings.selectors import may_view

P = ParamSpec("P")
ListingAction = Callable[[HttpRequest, Listing], HttpResponse]


def signed_in(request: HttpRequest) -> User:
    """The user of a view behind `login_required` or `listing_action`."""
    assert isinstance(request.user, User)
    return request.user


def listing_action(view: ListingAction) -> Callable[[HttpRequest, UUID], HttpResponse]:
    """A POST of somebody signed in on a listing that they can see.

    Strangers are sent to log in and come back to the listing, which is also where a GET goes and
    where a refusal is told.
    """

    @functools.wraps(view)
    def wrapped(request: HttpRequest, public_id: UUID) -> HttpResponse:
        page = reverse("listing", args=[public_id])
        if not request.user.is_authenticated:
            return send_to_login(request, page)
        if request.method != "POST":
            return redirect(page)
        listing = get_object_or_404(Listing.objects.defer("search"), public_id=public_id)
        if not may_view(request.user, listing):
            raise Http404("No such listing")
        try:
            return view(request, listing)
        except ListingError as error:
            messages.error(request, error.message)
            return go(request, page)

    return wrapped


def post_action(
    fallback: str,
) -> Callable[[Callable[Concatenate[HttpRequest, P], HttpResponse]], Callable[..., HttpResponse]]:
    """A POST of somebody signed in; `fallback` names the page for strangers, GETs and refusals."""

    def decorate(
        view: Callable[Concatenate[HttpRequest, P], HttpResponse],
    ) -> Callable[..., HttpResponse]:
        @functools.wraps(view)
        def wrapped(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            page = reverse(fallback)
            if not request.user.is_authenticated:
                return send_to_login(request, page)
            if request.method == "GET":
                return redirect(page)
            if request.method != "POST":
                return HttpResponseNotAllowed(["GET", "POST"])
            try:
                return view(request, *args, **kwargs)
            except ListingError as error:
                messages.error(request, error.message)
                return go(request, page)

        return wrapped

    return decorate


def send_to_login(request: HttpRequest, come_back_to: str) -> HttpResponse:
    response = redirect_to_login(come_back_to)
    return go(request, response.url)


def go(request: HttpRequest, address: str) -> HttpResponse:
    """A redirect that htmx follows with the whole page, not into a part of it."""
    if HtmxDetails(request):
        return HttpResponseClientRedirect(address)
    return redirect(address)
