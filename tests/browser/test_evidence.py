"""A photo and a word that disagree, seen in a browser: the frame, the underline, the large view."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from listing_assistant.assistant.models import Suggestion
from listing_assistant.listings.models import Listing
from listing_assistant.moderation.models import Case

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WRONG_TITLE = "Steel wrist watch with black leather strap"


@pytest.fixture
def shoe_as_watch(signed_in, live_server, worker, starter, things):
    """Alice's editor with the photo of a shoe and the title of a watch, analysed."""
    page = signed_in
    page.goto(f"{live_server.url}/sell/")
    page.get_by_role("button", name="Start the listing").click()
    page.locator("#field-photos").set_input_files([things["Casual Shoes"][0].photos[0]])
    page.get_by_label("Title").fill(WRONG_TITLE)
    expect(page.locator(".suggestion--mismatch")).to_be_visible()
    return page


def assert_lies_within(inner, outer):
    inside, around = inner.bounding_box(), outer.bounding_box()
    assert inside["width"] > 20 and inside["height"] > 20
    assert around["x"] - 5 <= inside["x"]
    assert around["y"] - 5 <= inside["y"]
    assert inside["x"] + inside["width"] <= around["x"] + around["width"] + 5
    assert inside["y"] + inside["height"] <= around["y"] + around["height"] + 5


def test_a_seller_sees_the_region_and_the_word_while_still_editing(shoe_as_watch):
    page = shoe_as_watch
    judged = page.locator(".judged__photo")
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 844})
        for photo in (judged, page.locator(".shots__item")):
            assert_lies_within(photo.locator(".frame__line"), photo.locator("img"))
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    expect(judged).to_contain_text("The frame marks what was compared")
    expect(page.locator(".echo mark").first).to_be_visible()
    denied = [text.split(" (")[0] for text in page.locator(".echo mark").all_inner_texts()]
    assert any("watch" in text for text in denied), denied
    # A corrected title takes the underline and the frame away, without a reload.
    page.get_by_role("textbox", name="Title").fill("Casual shoes")
    expect(page.locator(".suggestion--mismatch")).to_have_count(0)
    expect(page.locator(".echo mark")).to_have_count(0)
    expect(page.locator(".judged .frame, .shots .frame")).to_have_count(0)


def test_one_wrong_photo_among_right_ones_is_the_one_that_is_framed(
    signed_in, live_server, worker, starter, things
):
    page = signed_in
    watches, shoe = things["Watches"], things["Casual Shoes"][0]
    photos = [watches[0].photos[0], shoe.photos[0], watches[2].photos[0]]
    page.goto(f"{live_server.url}/sell/")
    page.get_by_role("button", name="Start the listing").click()
    page.locator("#field-photos").set_input_files(photos)
    expect(page.locator(".shots__item")).to_have_count(3)
    page.get_by_label("Title").fill(watches[0].title)
    expect(page.locator(".judged__photo")).to_have_count(1)
    expect(page.locator(".judged__photo")).to_contain_text(
        "Photo 2: probably not what the title says"
    )
    expect(page.locator("#s-match")).to_contain_text("2 other photos look right.")
    framed = page.locator(".shots__item").filter(has=page.locator(".frame"))
    expect(framed).to_have_count(1)
    expect(framed.get_by_role("img").first).to_have_attribute("alt", re.compile("Photo 2"))


def test_frames_are_hidden_and_the_photo_enlarged_by_keyboard(shoe_as_watch):
    page = shoe_as_watch
    page.locator("h1").click()
    page.keyboard.press("f")
    expect(page.locator(".shots__item .frame")).to_be_hidden()
    page.keyboard.press("f")
    expect(page.locator(".shots__item .frame")).to_be_visible()
    page.locator(".judged__link").focus()
    page.keyboard.press("Enter")
    large = page.locator("#closeup")
    expect(large).to_be_visible()
    expect(large).to_contain_text("Photo 1")
    assert_lies_within(large.locator(".frame__line"), large.locator("img"))
    page.keyboard.press("Escape")
    expect(large).to_be_hidden()


def test_a_moderator_sees_the_same_frame_and_words(shoe_as_watch, live_server, mona, browser):
    found = Suggestion.objects.get(kind=Suggestion.Kind.MISMATCH)
    case = Case.objects.create(
        listing=Listing.objects.get(),
        kind="mismatch",
        risk=0.9,
        reason=found.label,
        suggestion=found,
    )
    page = browser.new_page(viewport={"width": 1280, "height": 844})
    page.goto(f"{live_server.url}/accounts/login/?next=/moderation/")
    page.get_by_label("mail").fill(mona.email)
    page.locator("input[name=password]").fill("pass-mona")
    page.locator("main form button").first.click()
    row = page.locator(".case-row")
    expect(row.locator("mark").first).to_be_visible()
    assert_lies_within(row.locator(".frame__line"), row.locator("img"))
    page.goto(f"{live_server.url}/moderation/case/{case.pk}/")
    assert_lies_within(page.locator(".case-photos .frame__line"), page.locator(".case-photos img"))
    expect(page.locator("h1 mark").first).to_be_visible()
    expect(page.locator(".case-photos")).to_contain_text("doubt")
    page.close()
