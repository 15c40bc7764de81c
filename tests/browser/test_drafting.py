"""A description in a browser: drafted, shortened, one sentence anew, undone, edited, published.

The writer is the built-in one; in the first test it is at work in a real worker.
"""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from listing_assistant.assistant.drafting import jobs
from listing_assistant.assistant.drafting.streaming import TextSoFar
from listing_assistant.assistant.drafting.versions import history_of
from listing_assistant.assistant.models import Analysis, DraftJob, Step
from listing_assistant.catalogue.models import Category, Taxonomy
from listing_assistant.listings import services as listings
from listing_assistant.listings.models import Listing
from tests.assistant.conftest import jpeg, make_attribute, make_category

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

TITLE = "Acme red wool dress"
NOTE = "Small stain on the hem"


@pytest.fixture
def listing(alice, transactional_db):
    """A dress by Acme: red, of wool, with a photo and a price; nothing is described yet."""
    taxonomy = Taxonomy.objects.create(
        name="starter", source_version="1", checksum="0", is_offered=True
    )
    lists = {"Brand": ["Acme"], "Colour": ["Red", "Blue"], "Material": ["Wool"], "Size": ["M"]}
    attributes = [make_attribute(taxonomy, name, values) for name, values in lists.items()]
    make_category(taxonomy, "Fashion > Dresses", attributes)
    listing = listings.create_draft(
        seller=alice, title=TITLE, category=Category.objects.get(), condition="good", price="20"
    )
    for attribute in attributes:
        value = attribute.values.first().value
        listings.set_attribute(listing=listing, user=alice, attribute=attribute, text=value)
    listings.add_photo(listing=listing, user=alice, file=jpeg(), name="dress.jpg")
    return listing


@pytest.fixture
def editor(signed_in, live_server, listing):
    signed_in.goto(f"{live_server.url}/sell/{listing.public_id}/")
    return signed_in


@pytest.fixture
def drafted(listing):
    """The same with a first version, so that no worker is waited for."""
    write(jobs.start_draft(listing=listing, user=listing.seller, task="draft"))
    return listing


def write(job):
    Analysis.objects.update(status="done", steps_done=list(Step))
    jobs.run(job.pk)


def versions(page, text):
    expect(page.locator(".draft__versions")).to_contain_text(text)


def sentences(listing):
    return [one["text"] for one in history_of(listing).shown.value["sentences"]]


def unmarked(page):
    return page.locator(".draft__text").inner_text().replace("↻", "")


def test_a_draft_is_asked_for_changed_undone_edited_and_published(editor, worker, listing):
    page, draft = editor, editor.locator(".draft")
    versions(page, "version 1 of 1")

    page.get_by_role("button", name=re.compile("^Longer")).click()
    versions(page, "version 2 of 2")
    page.locator("h1").click()
    page.keyboard.press("s")
    versions(page, "version 3 of 3")
    before = sentences(listing)
    page.get_by_role("button", name="Write sentence 1 anew").click()
    versions(page, "version 4 of 4")
    assert sentences(listing)[1:] == before[1:]
    assert sentences(listing)[0] != before[0]

    page.get_by_role("button", name="Undo: the version before").click()
    versions(page, "version 3 of 4")
    for text in before:
        expect(page.locator(".draft__text")).to_contain_text(text)
    page.locator("h1").click()
    page.keyboard.press("Z")
    versions(page, "version 4 of 4")

    draft.locator("summary", has_text="Edit it").click()
    page.get_by_label("Draft of a description").fill(f"{before[0]} It has 3 pockets.")
    page.get_by_role("button", name="Use it as edited here").click()
    expect(page.get_by_label("Description", exact=True)).to_have_value(
        f"{before[0]} It has 3 pockets."
    )
    expect(draft.get_by_role("heading")).to_have_text("In your description")
    expect(draft.locator(".claim--unbacked").first).to_contain_text("3")
    expect(draft).to_contain_text("Nothing in the listing backs “3")

    page.get_by_role("button", name="Publish").click()
    page.wait_for_url("**/listing/**")
    expect(page.locator("main")).to_contain_text("It has 3 pockets.")
    assert Listing.objects.get(pk=listing.pk).state in ("live", "held")


def test_pointing_at_a_sentence_shows_what_it_stands_on_and_the_keyboard_does_too(drafted, editor):
    versions(editor, "version 1 of 1")
    claim = editor.locator('.claim[data-said="Colour: Red"]').first
    sentence = editor.locator(".passage").filter(has=claim).first
    colour = editor.locator(".field", has=editor.get_by_label("Colour"))
    for reach in (sentence.hover, sentence.focus):
        reach()
        expect(colour.last).to_have_class(re.compile("stands-here"))
        expect(editor.locator(".draft__says")).to_contain_text("Colour: Red")
        editor.locator("#field-price").focus()
        editor.locator("h1").hover()
        expect(editor.locator(".stands-here")).to_have_count(0)
    described = sentence.get_attribute("aria-describedby")
    expect(editor.locator(f"#{described}")).to_contain_text("Colour: Red")


def test_a_finger_reaches_it_on_a_phone_without_scrolling_sideways(
    browser, live_server, drafted, signed_in
):
    phone = browser.new_context(
        viewport={"width": 390, "height": 844},
        has_touch=True,
        is_mobile=True,
        storage_state=signed_in.context.storage_state(),
    )
    page = phone.new_page()
    page.goto(f"{live_server.url}/sell/{drafted.public_id}/")
    versions(page, "version 1 of 1")
    page.locator(".passage").first.tap()
    expect(page.locator(".draft__says")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    phone.close()


def test_the_text_appears_while_it_is_written_and_is_called_unchecked(editor, listing):
    """No worker: the job waits, and what one would have written so far is put in its place."""
    Analysis.objects.update(status="done", steps_done=list(Step))
    editor.reload()
    editor.get_by_role("button", name=re.compile("^Draft a description")).click()
    writing = editor.locator(".draft__writing")
    expect(writing).to_contain_text("Being written, not checked yet")
    TextSoFar(DraftJob.objects.get().public_id)("A red dress of")
    expect(writing).to_contain_text("A red dress of")
    DraftJob.objects.update(status="failed", note="The writer is not available.")
    expect(editor.locator(".draft")).to_contain_text("The writer is not available.")


def test_wear_is_asked_about_and_said_in_the_sellers_words(drafted, editor):
    versions(editor, "version 1 of 1")
    assert "stain" not in unmarked(editor).lower()
    editor.get_by_role("button", name="Stains").click()
    field = editor.get_by_label("In your own words")
    expect(field).to_have_value("Stains")
    field.fill(NOTE)
    field.blur()
    expect(editor.locator("#save-status")).to_contain_text("Saved")
    editor.get_by_role("button", name=re.compile("^Draft again")).click()
    expect(editor.locator(".draft__writing")).to_be_visible()
    write(DraftJob.objects.get(status="queued"))
    versions(editor, "version 2 of 2")
    expect(editor.locator(".draft__text")).to_contain_text(re.compile("stain", re.I))
    assert Listing.objects.get(pk=drafted.pk).condition_note == NOTE
    editor.locator(".passage", has_text=re.compile("stain", re.I)).hover()
    expect(editor.locator(".draft__says")).to_contain_text("your note on the condition")
