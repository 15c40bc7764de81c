"""What the seller says about wear and flaws: kept as typed, shown to buyers, never required."""

from __future__ import annotations

import pytest

from listing_assistant.listings import services
from listing_assistant.listings.errors import ListingError

pytestmark = pytest.mark.django_db


def note(listing, user, text):
    changes = {"condition_note": text}
    services.edit_listing(listing=listing, user=user, changes=changes, version=None)


def test_a_listing_says_nothing_of_wear_until_its_seller_does(draft):
    assert draft.condition_note == ""


def test_the_note_is_kept_in_one_line_and_shown_to_buyers(client, live_listing, alice):
    note(live_listing, alice, "Two scratches \n <b>on</b> the lid ☂")
    live_listing.refresh_from_db()
    assert live_listing.condition_note == "Two scratches <b>on</b> the lid ☂"
    page = client.get(live_listing.get_absolute_url()).content.decode()
    assert "Two scratches &lt;b&gt;on&lt;/b&gt; the lid ☂" in page


def test_a_listing_without_a_note_shows_no_heading_for_it(client, live_listing):
    assert "seller's words" not in client.get(live_listing.get_absolute_url()).content.decode()


def test_a_note_that_is_too_long_is_refused_by_name(draft, alice):
    with pytest.raises(ListingError) as refused:
        note(draft, alice, "x" * 501)
    [problem] = refused.value.problems
    assert problem.field == "condition_note"
    assert "at most 500" in problem.message


def test_a_changed_note_is_no_change_of_what_the_photos_are_compared_with(draft, alice):
    from listing_assistant.assistant.findings import content_hash

    before = content_hash(draft)
    note(draft, alice, "A stain")
    assert content_hash(draft) == before
