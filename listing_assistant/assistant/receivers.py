"""A change of a listing's content starts the assistant, once the change is committed."""

from __future__ import annotations

from django.db import transaction

from listing_assistant.assistant import selectors, services
from listing_assistant.listings.models import Listing, State
from listing_assistant.listings.signals import content_changed

# Nobody can act on suggestions for what is sold, ended or removed.
WATCHED = (State.DRAFT, State.LIVE, State.HELD)


def connect() -> None:
    content_changed.connect(_analyse_later, dispatch_uid="assistant.analyse")


def _analyse_later(*, listing: Listing, **_: object) -> None:
    pk = listing.pk
    transaction.on_commit(lambda: _analyse(pk))


def _analyse(pk: int) -> None:
    listing = Listing.objects.filter(pk=pk, state__in=WATCHED).first()
    if listing and selectors.has_content(listing):
        services.start_analysis(listing=listing)
