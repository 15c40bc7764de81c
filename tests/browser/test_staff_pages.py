"""Staff's pages in a real browser: one click, a question, an undo; a run that is steered."""

from __future__ import annotations

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from listing_assistant.assistant.staff_models import ExtractionRun
from listing_assistant.catalogue.models import Attribute
from listing_assistant.listings.models import ListingAttribute

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def staff(page, live_server, django_user_model):
    """The browser of a superuser, through the sign-in page."""
    django_user_model.objects.create_superuser(
        "sam@example.org", "pass-sam-staff", display_name="Sam"
    )
    page.goto(f"{live_server.url}/accounts/login/")
    page.get_by_label("mail").fill("sam@example.org")
    page.locator("input[name=password]").fill("pass-sam-staff")
    page.locator("main form button").first.click()
    page.wait_for_url(lambda url: "login" not in url)
    return page


def test_a_typed_value_becomes_a_synonym_is_merged_and_all_is_undone(
    staff, live_server, colour, sell
):
    listing = sell(stated={colour: "Greyy"})
    said = ListingAttribute.objects.filter(listing=listing)
    address = reverse("admin:assistant_attributeuse_change", args=[colour.pk])
    staff.goto(live_server.url + address)
    staff.get_by_role("button", name="Make Greyy a synonym of Grey").click()
    expect(staff.get_by_text("1 listing changed")).to_be_visible()
    expect(staff.get_by_text("every value that live listings state is in a list")).to_be_visible()
    assert said.get().text == "Grey"

    staff.get_by_role("link", name="Merge Grey into another value").click()
    expect(staff.get_by_text("1 listing states it, 1 of them live")).to_be_visible()
    staff.get_by_label("Red").check()
    staff.get_by_role("button", name="Merge").click()
    expect(staff).to_have_url(live_server.url + address)
    assert said.get().text == "Red"

    for before in ("Grey", "Greyy"):
        staff.get_by_role("button", name="Undo").first.click()
        expect(staff.get_by_text("undone.")).to_be_visible()
        assert said.get().text == before
    assert Attribute.objects.get(pk=colour.pk).values.filter(is_active=True).count() == 2


def test_a_run_is_started_paused_resumed_and_watched_to_its_end(
    staff, live_server, colour, shoes, sell, worker
):
    for number in range(3):
        sell(f"Red running trainers number {number}")
    staff.goto(live_server.url + reverse("admin:assistant_extractionrun_add"))
    staff.get_by_role("button", name="Start reading").click()
    expect(staff.get_by_role("progressbar")).to_be_visible()
    run = ExtractionRun.objects.get()
    if run.status == ExtractionRun.Status.RUNNING:
        staff.get_by_role("button", name="Pause").click()
        expect(staff.get_by_text("Paused", exact=True).first).to_be_visible()
        staff.get_by_role("button", name="Resume").click()
    # The page reads itself anew until the run has ended.
    expect(staff.get_by_text("3 of 3 listings read")).to_be_visible()
    expect(staff.get_by_text("Done", exact=True)).to_be_visible()
    expect(staff.get_by_role("cell", name="Colour")).to_be_visible()
