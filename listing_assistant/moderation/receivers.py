"""What the layers below report, turned into cases."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.dispatch import receiver

from listing_assistant.assistant.models import Analysis
from listing_assistant.assistant.signals import analysis_finished, suggestions_added
from listing_assistant.listings.models import Listing, State
from listing_assistant.listings.signals import content_changed, state_changed

from . import claims, services, tasks
from .models import Case, Decision


@receiver(state_changed)
def review_what_goes_live(sender: Any, listing: Listing, previous: State, **kwargs: Any) -> None:
    if listing.state == State.LIVE and previous in (State.DRAFT, State.ENDED):
        services.review_listing(listing=listing)
        claims.review_claims(listing=listing)
        _compare_photos_after_commit(listing)


@receiver(analysis_finished)
def review_what_was_analysed(sender: Any, analysis: Analysis, **kwargs: Any) -> None:
    services.review_listing(listing=analysis.listing)
    claims.review_claims(listing=analysis.listing)
    # Of drafts too: the seller reads it while the photo is still easy to change.
    _compare_photos_after_commit(analysis.listing)


@receiver(content_changed)
@receiver(suggestions_added)
def review_what_is_stated(sender: Any, listing: Listing, **kwargs: Any) -> None:
    """A detail was stated otherwise, or is read otherwise by newer models."""
    claims.review_claims(listing=listing)


@receiver(state_changed)
def close_what_is_gone(sender: Any, listing: Listing, previous: State, **kwargs: Any) -> None:
    """A listing that its seller ended or that was sold needs no decision on its photos."""
    if listing.state in (State.ENDED, State.SOLD):
        open_cases = Case.objects.filter(listing=listing, state=Case.State.OPEN)
        open_cases.exclude(kind=Case.Kind.APPEAL).exclude(
            decisions__action=Decision.Action.UNDO
        ).update(state=Case.State.DECIDED)


def _compare_photos_after_commit(listing: Listing) -> None:
    """`robust`: without the broker the listing is published all the same; the sweep catches up."""
    transaction.on_commit(lambda: tasks.check_photos.delay(listing.pk), robust=True)
