"""What the page says of details: chips with their reason, what is missing, and without scripts."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from listing_assistant.assistant.findings import Clue, Finding
from listing_assistant.assistant.models import Analysis, Choice, Evidence, Region, Suggestion
from listing_assistant.assistant.pipeline import replace_suggestions
from listing_assistant.catalogue.models import Attribute, Category
from listing_assistant.listings.models import Listing

pytestmark = pytest.mark.django_db

Kind = Suggestion.Kind


@pytest.fixture
def dress(draft, vocabulary):
    Listing.objects.filter(pk=draft.pk).update(category=Category.objects.get(name="Dresses"))
    draft.refresh_from_db()
    return draft


@pytest.fixture
def page(client, alice, dress):
    """The editor's text, without tags and needless spaces."""
    client.force_login(alice)

    def read():
        html = client.get(reverse("edit_listing", args=[dress.public_id])).content.decode()
        return " ".join(re.sub(r"<[^>]+>", " ", html.split('id="s-question"')[1]).split())

    return read


@pytest.fixture
def analysis(analysis, dress):
    Analysis.objects.filter(pk=analysis.pk).update(status=Analysis.Status.DONE)
    return analysis


def offer_colour(analysis, *clues, sure=0.9, **about):
    colour = Attribute.objects.get(name="Colour")
    value = {"attribute": colour.pk, "value": None, "text": "Red", "texts": ["Red"]}
    key = str(colour.pk)
    found = Finding(Kind.ATTRIBUTE, "Colour: Red", value, sure, key, clues=clues, about=about)
    replace_suggestions(analysis, Kind.ATTRIBUTE, [found])
    return analysis.suggestions.get(kind=Kind.ATTRIBUTE)


def ask_brand(analysis, **about):
    brand = Attribute.objects.get(name="Brand")
    about = {"name": "Brand", "kind": "choice", "required": False, "filtered": 0.0} | about
    found = Finding(
        Kind.QUESTION,
        "The title does not say the brand.",
        {"attribute": brand.pk},
        0.1,
        key=str(brand.pk),
        about={"likely": ["Acme", "Other & Sons"]} | about,
    )
    replace_suggestions(analysis, Kind.QUESTION, [found])
    return analysis.suggestions.get(kind=Kind.QUESTION)


RED = Clue(Evidence.Kind.TEXT, text="Red", field="title", start=0, end=3)


def test_a_stated_detail_says_so_in_words_and_offers_the_runner_up(page, analysis):
    offer_colour(analysis, RED, stated=True, source="text", runner_up="Burgundy")
    shown = page()
    assert "Accept Colour: Red very likely or Burgundy?" in shown
    assert "Stated in your words, very likely (90%)." in shown


def test_a_detail_without_words_or_photos_is_inferred_from_the_title_as_a_whole(page, analysis):
    offer_colour(analysis, sure=0.61, stated=False, source="text", runner_up=None)
    assert "Inferred from the title as a whole, likely (61%)." in page()


def test_a_detail_of_a_photo_says_where_in_it(client, page, analysis, photographed):
    photo = photographed.photos.first()
    region = Region(0.1, 0.1, 0.4, 0.3)
    seen = Clue(Evidence.Kind.PHOTO, photo_id=photo.pk, region=region, seen_image=photo.image_id)
    offer_colour(analysis, seen, stated=False, source="photo", runner_up=None)
    Analysis.objects.update(content_hash=_content(photographed))
    assert "Inferred from the photo, very likely (90%)." in page()
    html = client.get(reverse("edit_listing", args=[photographed.public_id])).content.decode()
    assert 'alt="Photo 1: the top left of the photo"' in html


def _content(listing):
    from listing_assistant.assistant.findings import content_hash

    return content_hash(listing)


def test_a_suggestion_from_before_reasons_were_kept_is_shown_by_its_evidence(page, analysis):
    offer_colour(analysis, RED)
    assert "Stated in your words" in page()


def test_a_span_that_no_longer_fits_the_title_marks_nothing(client, page, analysis, dress):
    offer_colour(analysis, RED, stated=True)
    Listing.objects.filter(pk=dress.pk).update(title="A <b>wool</b> dress")
    Analysis.objects.update(content_hash=_content(Listing.objects.get(pk=dress.pk)))
    html = client.get(reverse("edit_listing", args=[dress.public_id])).content.decode()
    assert '<p class="why__text">A &lt;b&gt;wool&lt;/b&gt; dress</p>' in html


def test_a_missing_detail_says_what_is_missing_and_asks(page, analysis):
    ask_brand(analysis, required=True)
    shown = page()
    assert "What is the brand?" in shown
    assert (
        "The title does not say the brand. Buyers look for it. Acme 1 Other &amp; Sons 2" in shown
    )


def test_a_stated_detail_is_not_asked_for(page, analysis, dress):
    question = ask_brand(analysis)
    dress.attribute_rows.create(attribute_id=question.value["attribute"], text="Acme")
    assert "What is the brand?" not in page()


def test_a_question_is_answered_and_the_other_value_taken_without_scripts(
    client, page, analysis, dress
):
    colour = offer_colour(analysis, RED, stated=True, runner_up="Burgundy")
    brand = ask_brand(analysis)
    page()
    for suggestion, text in ((brand, "Other & Sons"), (colour, "Burgundy")):
        address = reverse("decide_suggestion", args=[dress.public_id, suggestion.pk, "edit"])
        answer = client.post(address, {f"edit-{suggestion.pk}": text})
        assert answer.url == reverse("edit_listing", args=[dress.public_id])
    said = dict(dress.attribute_rows.values_list("attribute__name", "text"))
    assert said == {"Brand": "Other & Sons", "Colour": "Burgundy"}
    shown = page()
    assert "What is the brand?" not in shown
    assert "Answered Undo Brand" in shown


def test_all_that_was_accepted_is_taken_back_without_scripts(client, page, analysis, dress):
    offer_colour(analysis, RED, stated=True)
    assert "Accept all (1)" in page()
    client.post(reverse("accept_all", args=[dress.public_id]))
    assert "Undo all (1)" in page()
    client.post(reverse("undo_all", args=[dress.public_id]))
    assert list(Choice.objects.values_list("action", flat=True)) == ["accept", "undo"]
    assert not dress.attribute_rows.exists()
    assert "Undo all" not in page()


def test_what_is_typed_over_an_offer_is_a_label(client, page, analysis, dress):
    suggestion = offer_colour(analysis, RED, stated=True)
    page()
    client.post(
        reverse("save_field", args=[dress.public_id]),
        {"field": f"attribute-{suggestion.value['attribute']}", "value": "pink", "base": ""},
        headers={"hx-request": "true"},
    )
    choice = suggestion.choices.get()
    assert (choice.action, choice.value, choice.before) == ("edit", ["Pink"], [])
    assert "Red Edited Undo" in page()
