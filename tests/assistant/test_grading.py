"""Listings graded from the database."""

from __future__ import annotations

from uuid import uuid4

from django.utils import timezone

from listing_assistant.assistant import grading, policy, quality
from listing_assistant.listings.models import Listing
from recommender.models import BehaviourEvent, EventKind


def part(listing, key):
    return next(one for one in grading.checks(listing) if one.key == key)


def test_a_listing_is_graded_by_what_its_rows_say(sell, shoes, colour, height):
    listing = sell("Grey trainers", stated={colour: "Grey"}, description="Worn twice, in grey.")
    photos, details = part(listing, "photos"), part(listing, "attributes")
    assert photos.points == 10  # one photo of six
    assert details.why == "1 of the 2 that matter most."
    assert "It says 1 of the 1 details." in part(listing, "description").why
    assert quality.score(grading.checks(listing)) == sum(
        one.points for one in grading.checks(listing)
    )


def test_a_detail_that_buyers_filter_by_is_worth_more(shoes, colour, height):
    BehaviourEvent.objects.bulk_create(
        BehaviourEvent(
            event_id=uuid4(),
            kind=EventKind.SEARCH,
            happened_at=timezone.now(),
            data={"category": shoes.pk, "attributes": [height.pk]},
        )
        for _ in range(6)
    )
    wanted = dict(grading.details_wanted(shoes))
    assert wanted[colour.pk].weight == 1.0
    assert wanted[height.pk].weight == 1.0 + 6 / 8 * policy.DETAILS_COUNTED


def test_an_untitled_draft_is_graded_too(alice):
    assert quality.score(grading.checks(Listing.objects.create(seller=alice))) == 0
