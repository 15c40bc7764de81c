"""The suggested title: what it changes is shown, and it can be taken, edited, refused, undone."""

from __future__ import annotations

import pytest
from django.urls import reverse

from listing_assistant.assistant import choices, pipeline
from listing_assistant.assistant.drafting.facts import Detail, ListingFacts
from listing_assistant.assistant.drafting.step import title_findings
from listing_assistant.assistant.drafting.titles import Piece, changes_between, title_offer
from listing_assistant.assistant.models import Suggestion
from listing_assistant.assistant.services import start_analysis
from listing_assistant.listings import services as listings
from listing_assistant.listings.errors import ListingError
from listing_assistant.listings.models import Listing

pytestmark = pytest.mark.django_db

SHOUTED = "WOOL DRESS!!! MUST SEE"
FACTS = ListingFacts(SHOUTED, details=(Detail("Brand", "Acme"), Detail("Colour", "Red")))


@pytest.fixture
def listing(alice):
    return listings.create_draft(seller=alice, title=SHOUTED)


@pytest.fixture
def offer(listing):
    analysis = start_analysis(listing=listing)
    pipeline.replace_suggestions(analysis, Suggestion.Kind.TITLE, title_findings(FACTS))
    return analysis.suggestions.get(kind="title")


def title(listing):
    return Listing.objects.get(pk=listing.pk).title


def offered(listing):
    """As the page does: the suggestions of what the listing says now."""
    listing = Listing.objects.get(pk=listing.pk)
    return title_offer(listing, start_analysis(listing=listing).suggestions.all())


def test_the_suggestion_is_calm_short_and_names_what_it_adds(offer):
    assert offer.value["text"] == "Acme Wool Dress Red"
    assert offer.value["sources"] == ["Brand", "Colour"]
    assert "calmer" in offer.value["changes"]


def test_a_good_title_gets_no_suggestion():
    assert title_findings(ListingFacts("Acme wool dress red", details=FACTS.details)) == []


def test_it_is_accepted_and_taken_back_though_the_listing_is_analysed_anew(offer, listing, alice):
    choices.accept_suggestion(suggestion=offer, user=alice)
    assert title(listing) == offer.value["text"]
    assert offered(listing) == offer
    choices.undo_choice(suggestion=offered(listing), user=alice)
    assert title(listing) == SHOUTED
    assert offered(listing) == offer


def test_it_is_edited_and_the_edit_can_be_undone(offer, listing, alice):
    choices.edit_suggestion(suggestion=offer, user=alice, value="Acme dress, red wool")
    assert title(listing) == "Acme dress, red wool"
    choices.undo_choice(suggestion=offered(listing), user=alice)
    assert title(listing) == SHOUTED


def test_it_is_gone_once_the_seller_writes_another_title(offer, listing, alice):
    choices.accept_suggestion(suggestion=offer, user=alice)
    changes = {"title": "A dress"}
    listings.edit_listing(listing=listing, user=alice, changes=changes, version=None)
    assert offered(listing) is None


def test_accept_all_never_changes_the_title(offer, listing, alice):
    choices.accept_all(analysis=offer.analysis, user=alice)
    assert title(listing) == SHOUTED


def test_an_edit_that_no_title_can_hold_is_refused(offer, listing, alice):
    with pytest.raises(ListingError):
        choices.edit_suggestion(suggestion=offer, user=alice, value="x" * 121)
    assert title(listing) == SHOUTED


def test_the_changes_are_the_words_dropped_kept_and_added():
    found = list(changes_between("big red dress", "Acme red dress M"))
    assert found == [
        Piece("dropped", "big"),
        Piece("added", "Acme"),
        Piece("kept", "red dress"),
        Piece("added", "M"),
    ]


def test_the_page_shows_the_changes_escaped_below_the_field(client, alice, offer, listing):
    offer.value = {**offer.value, "text": "Dress <b>Acme</b>"}
    offer.save()
    client.force_login(alice)
    html = client.get(reverse("edit_listing", args=[listing.public_id])).content.decode()
    assert "<del>" in html
    assert "Dress &lt;b&gt;Acme&lt;/b&gt;</ins>" in html
    assert html.index('id="field-title"') < html.index("A title that buyers find")
