"""Published texts and the outcomes of drafts follow what happens to listings.

After the commit that made it true, and `robust`: a text that could not be linked is logged and
never turns a publication into an error page; whoever looks at it next links it.
"""

from __future__ import annotations

from django.db import transaction
from django.db.models.signals import post_save

from listing_assistant.assistant.models import Analysis, Choice, Suggestion
from listing_assistant.assistant.outcomes import record_outcome
from listing_assistant.assistant.provenance import link_published_text
from listing_assistant.assistant.signals import analysis_finished
from listing_assistant.listings.models import Listing, State
from listing_assistant.listings.signals import content_changed, state_changed


def connect() -> None:
    state_changed.connect(_follow_state, dispatch_uid="assistant.follow_state")
    content_changed.connect(_follow_content, dispatch_uid="assistant.follow_content")
    analysis_finished.connect(_follow_analysis, dispatch_uid="assistant.follow_analysis")
    post_save.connect(_follow_choice, sender=Choice, dispatch_uid="assistant.follow_choice")


def _follow_state(*, listing: Listing, **_: object) -> None:
    if listing.state == State.LIVE:
        _after_commit(listing.pk)


def _follow_content(*, listing: Listing, **_: object) -> None:
    if listing.published_at is not None:
        _after_commit(listing.pk)


def _follow_analysis(*, analysis: Analysis, **_: object) -> None:
    _after_commit(analysis.listing_id)


def _follow_choice(*, instance: Choice, **_: object) -> None:
    if instance.suggestion.kind == Suggestion.Kind.DESCRIPTION:
        _after_commit(instance.suggestion.analysis.listing_id)


def _after_commit(listing_id: int) -> None:
    def catch_up() -> None:
        listing = Listing.objects.filter(pk=listing_id).first()
        if listing is not None:
            link_published_text(listing)
            record_outcome(listing)

    transaction.on_commit(catch_up, robust=True)
