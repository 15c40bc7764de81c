"""A photo of another seller's listing: its seller is told politely, the moderator sees both."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from listing_assistant.listings.models import Listing
from listing_assistant.moderation import duplicates
from listing_assistant.moderation.models import Case

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_editor_says_that_a_photo_is_in_use_and_not_by_whom(
    signed_in, live_server, for_sale, things, bob
):
    page = signed_in
    page.goto(f"{live_server.url}/sell/")
    page.get_by_role("button", name="Start the listing").click()
    page.locator("#field-photos").set_input_files([things["Watches"][10].photos[0]])
    notice = page.locator("#s-photos .notice")
    expect(notice).to_contain_text("Photo 1 is also in another seller’s listing")
    assert bob.display_name not in page.content()
    page.get_by_role("button", name="Remove photo 1").click()
    expect(notice).to_have_count(0)


def test_a_moderator_sees_the_two_photos_side_by_side(page, live_server, for_sale, mona):
    mine, theirs = Listing.objects.order_by("pk")[:2]
    theirs.photos.update(image=mine.photos.get().image)
    Listing.objects.filter(pk=theirs.pk).update(seller=mona)
    duplicates.check_photos(listing_id=theirs.pk)
    case = Case.objects.get(kind="duplicate")
    page.goto(f"{live_server.url}/accounts/login/?next=/moderation/case/{case.pk}/")
    page.get_by_label("mail").fill(mona.email)
    page.locator("input[name=password]").fill("pass-mona")
    page.locator("main form button").first.click()
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 844})
        left, right = (page.locator(".pair figure").nth(place).bounding_box() for place in (0, 1))
        assert abs(left["y"] - right["y"]) < 2 and left["x"] + left["width"] <= right["x"]
        assert right["x"] + right["width"] <= width
