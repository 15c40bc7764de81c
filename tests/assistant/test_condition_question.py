"""The question about wear: asked of used things, answered by chips or in words, never guessed."""

from __future__ import annotations

import pytest
from django.urls import reverse

from listing_assistant.assistant.condition_notes import NONE, question_for, toggle_answer
from listing_assistant.assistant.errors import AssistantError
from listing_assistant.catalogue.models import Category
from listing_assistant.listings import services as listings
from listing_assistant.listings.errors import NotYoursError
from listing_assistant.listings.models import Listing

pytestmark = pytest.mark.django_db


@pytest.fixture
def used(draft, alice):
    changes = {"condition": "good"}
    return listings.edit_listing(listing=draft, user=alice, changes=changes, version=None)


def toggle(listing, text):
    toggle_answer(listing=Listing.objects.get(pk=listing.pk), user=listing.seller, text=text)
    return Listing.objects.get(pk=listing.pk).condition_note


def texts(listing, category=None):
    return [chip.text for chip in question_for(listing, category).chips]


@pytest.mark.parametrize("condition", ["", "new"])
def test_nobody_is_asked_about_a_new_thing_or_before_the_condition_is_known(draft, condition):
    draft.condition = condition
    assert question_for(draft, None) is None


def test_a_used_thing_is_asked_about_and_nothing_is_answered_for_its_seller(used):
    assert question_for(used, None).is_open
    assert not any(chip.is_said for chip in question_for(used, None).chips)
    assert used.condition_note == ""


def test_the_answers_fit_the_kind_of_thing(used, vocabulary):
    dress = Category.objects.get(name="Dresses")
    printer = Category.objects.get(name="Printers")
    assert "Stains" in texts(used, dress) and "Untested" not in texts(used, dress)
    assert "Untested" in texts(used, printer) and "Pilling" not in texts(used, printer)
    assert texts(used, dress)[-1] == texts(used)[-1] == NONE


def test_chips_are_said_and_taken_back_and_typed_words_stay(used, alice):
    assert toggle(used, "Stains") == "Stains"
    changes = {"condition_note": "Stains; a loose thread at the hem"}
    listings.edit_listing(listing=used, user=alice, changes=changes, version=None)
    assert toggle(used, "Pilling") == "Stains; a loose thread at the hem; Pilling"
    assert toggle(used, "Stains") == "a loose thread at the hem; Pilling"


def test_none_and_opposites_do_not_stand_beside_each_other(used):
    toggle(used, "Scratches")
    assert toggle(used, NONE) == NONE
    assert toggle(used, "Works") == "Works"
    assert toggle(used, "Untested") == "Untested"


def test_an_answer_that_is_no_chip_is_refused(used):
    with pytest.raises(AssistantError) as refused:
        toggle(used, "Cursed")
    assert refused.value.field == "condition_note"


def test_a_stranger_answers_nothing(used, bob):
    with pytest.raises(NotYoursError):
        toggle_answer(listing=used, user=bob, text="Stains")


def test_the_page_asks_and_the_chip_works_without_scripts(client, used, alice):
    client.force_login(alice)
    address = reverse("edit_listing", args=[used.public_id])
    assert "Any wear, marks, missing parts?" in client.get(address).content.decode()
    client.post(reverse("condition_note", args=[used.public_id]), {"wear": "Scratches"})
    html = client.get(address).content.decode()
    assert 'value="Scratches" aria-pressed="true"' in html


def test_the_page_of_a_new_thing_does_not_ask(client, draft, alice):
    client.force_login(alice)
    html = client.get(reverse("edit_listing", args=[draft.public_id])).content.decode()
    assert "Any wear" not in html
