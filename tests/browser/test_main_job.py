"""The main job in a real browser: photos and a title in, a published listing out."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from listing_assistant.assistant.models import Choice
from listing_assistant.listings.models import Listing

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def start_listing(page, live_server, photos, title):
    page.goto(f"{live_server.url}/sell/")
    page.get_by_role("button", name="Start the listing").click()
    page.locator("#field-photos").set_input_files(photos)
    page.get_by_label("Title").fill(title)
    expect(page.locator(".shots__item")).to_have_count(len(photos))


def test_a_seller_lists_a_thing_and_finds_it_with_similar_items(
    signed_in, live_server, worker, for_sale, things, alice
):
    page = signed_in
    watches = things["Watches"][:3]
    start_listing(page, live_server, [item.photos[0] for item in watches[:1]], watches[0].title)
    expect(page.get_by_role("button", name=re.compile("Accept all"))).to_be_visible()
    expect(page.locator("#s-status .editor__progress")).to_have_count(0)
    assert Listing.objects.get(seller=alice).category is None, "nothing changes without the seller"

    page.keyboard.press("Tab")
    page.locator("h1").click()
    page.keyboard.press("a")
    expect(page.locator(".editor__chosen")).to_contain_text("Watch")
    page.get_by_label("Condition").select_option("good")
    page.get_by_label("Price").fill("45")
    page.get_by_label("Price").blur()
    expect(page.locator("#save-status")).to_contain_text("Saved")
    page.get_by_role("button", name="Publish").click()

    page.wait_for_url("**/listing/**")
    expect(page.locator("h1")).to_contain_text(watches[0].title)
    listing = Listing.objects.get(seller=alice)
    assert listing.state == "live"
    assert Choice.objects.filter(user=alice, action="accept").count() >= 2
    strip = page.locator(".listing-card")
    for _ in range(20):
        if strip.count() >= 3:
            break
        page.wait_for_timeout(500)
        page.reload()
    expect(strip).to_have_count(3)


def test_a_photo_of_another_thing_is_noticed_and_named(
    signed_in, live_server, worker, starter, things
):
    page = signed_in
    shoe = things["Casual Shoes"][0]
    start_listing(page, live_server, [shoe.photos[0]], "Steel wrist watch with black leather strap")
    warning = page.locator(".suggestion--mismatch")
    expect(warning).to_be_visible()
    expect(warning).to_contain_text("Photos and title disagree")
    expect(warning).to_contain_text("does not seem to show")
    expect(page.locator(".echo mark").first).to_be_visible()
    page.get_by_role("button", name=re.compile("It is right, keep it")).click()
    expect(page.get_by_text("You said that it is right.")).to_be_visible()
    assert Choice.objects.filter(action="reject").count() == 1


def test_what_is_typed_without_a_connection_is_saved_later(signed_in, live_server, alice):
    page = signed_in
    page.goto(f"{live_server.url}/sell/")
    page.get_by_role("button", name="Start the listing").click()
    page.context.set_offline(True)
    page.get_by_label("Title").fill("Typed in a tunnel")
    expect(page.locator("#save-status")).to_contain_text("No connection")
    page.context.set_offline(False)
    expect(page.locator("#save-status")).to_contain_text("Saved")
    assert Listing.objects.get(seller=alice).title == "Typed in a tunnel"


def test_a_reload_brings_back_what_could_not_be_sent(signed_in, live_server, alice):
    page = signed_in
    page.goto(f"{live_server.url}/sell/")
    page.get_by_role("button", name="Start the listing").click()
    # The next page has to be there, or the route would be of the one before it.
    expect(page.get_by_label("Title")).to_be_visible()
    page.route("**/save/", lambda route: route.abort())
    page.get_by_label("Title").fill("Typed before the crash")
    expect(page.locator("#save-status")).to_contain_text("No connection")
    page.unroute("**/save/")
    page.reload()
    expect(page.get_by_label("Title")).to_have_value("Typed before the crash")
    expect(page.locator("#save-status")).to_contain_text("Saved")
    assert Listing.objects.get(seller=alice).title == "Typed before the crash"
