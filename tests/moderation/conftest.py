from __future__ import annotations

from collections.abc import Callable

import pytest
from django.utils import timezone

from listing_assistant.assistant.models import Analysis, Evidence, Suggestion
from listing_assistant.listings.models import Listing
from listing_assistant.moderation.models import Case


@pytest.fixture
def mismatch_in() -> Callable[..., Suggestion]:
    """A finished analysis that finds photo and title at odds by `score`, naming the first word."""

    def find(listing: Listing, score: float, state: str = "open") -> Suggestion:
        analysis = Analysis.objects.create(
            listing=listing,
            input_hash=f"{listing.title}{score}"[:64],
            status=Analysis.Status.DONE,
            finished_at=timezone.now(),
        )
        suggestion = Suggestion.objects.create(
            analysis=analysis,
            kind=Suggestion.Kind.MISMATCH,
            label="Photo 1 does not look like running shoes",
            value={"verdict": "mismatch", "score": score},
            confidence=score,
            state=state,
        )
        word = listing.title.split()[0]
        Evidence.objects.create(
            suggestion=suggestion, kind="text", field="title", start=0, end=len(word), text=word
        )
        return suggestion

    return find


@pytest.fixture
def case(live_listing: Listing) -> Case:
    """An open case about Alice's live listing."""
    return Case.objects.create(
        listing=live_listing, kind=Case.Kind.MISMATCH, risk=0.9, reason="It shows a lamp"
    )
