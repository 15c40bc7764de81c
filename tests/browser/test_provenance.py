"""A published text says of each sentence what it stands on, pointed at or reached by tab."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from listing_assistant.assistant.models import Analysis, Suggestion
from listing_assistant.assistant.provenance import link_published_text
from listing_assistant.listings import services as listings

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SENTENCES = ("The colour is grey.", "My brother wore them to two concerts.")


@pytest.fixture
def published(ready_draft, alice, colour):
    listings.set_attribute(listing=ready_draft, user=alice, attribute=colour, text="Grey")
    analysis = Analysis.objects.create(listing=ready_draft, content_hash="c", input_hash="i")
    Suggestion.objects.create(
        analysis=analysis, kind=Suggestion.Kind.DESCRIPTION, label="d", confidence=0.9,
        state=Suggestion.State.ACCEPTED, about={"engine": "realiser"},
        value={"text": SENTENCES[0], "sentences": [{"text": SENTENCES[0], "claims": []}]},
    )  # fmt: skip
    changes = {"description": " ".join(SENTENCES)}
    listings.edit_listing(listing=ready_draft, user=alice, changes=changes, version=None)
    listings.publish_listing(listing=ready_draft, user=alice)
    listings.set_attribute(listing=ready_draft, user=alice, attribute=colour, text="Red")
    assert link_published_text(ready_draft)
    return ready_draft


@pytest.fixture
def seller(page, live_server, alice, client):
    client.force_login(alice)
    cookie = client.cookies["sessionid"]
    page.context.add_cookies([{"name": "sessionid", "value": cookie.value, "url": live_server.url}])
    return page


def test_pointing_and_tabbing_show_what_a_sentence_stands_on(seller, live_server, published):
    seller.set_viewport_size({"width": 390, "height": 900})
    seller.goto(live_server.url + published.get_absolute_url())
    expect(seller.get_by_text("1 sentence no longer fits the listing.")).to_be_visible()
    expect(seller.get_by_text("Colour is “Red”, it was “Grey”.")).to_be_visible()
    own = seller.locator(".said", has_text="My brother")
    why = own.get_by_text("The seller's own words")
    expect(why).to_be_hidden()
    own.hover()
    expect(why).to_be_visible()
    seller.locator(".said").first.focus()
    expect(seller.get_by_text("“grey”: Colour “Grey”")).to_be_visible()
    assert seller.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_buyer_reads_one_line(page, live_server, published):
    page.goto(live_server.url + published.get_absolute_url())
    expect(page.get_by_text("Drafted with the listing assistant")).to_be_visible()
    expect(page.locator(".said")).to_have_count(0)
