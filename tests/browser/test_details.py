"""Details as chips in a browser: why each is offered, what is missing, and all of it by keyboard.

What the models say is written by hand here, so that every answer is known.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from listing_assistant.assistant import services
from listing_assistant.assistant.findings import Clue, Finding
from listing_assistant.assistant.models import Analysis, Choice, Evidence, Region, Suggestion
from listing_assistant.assistant.pipeline import replace_suggestions
from listing_assistant.catalogue.models import Attribute, Category, Taxonomy
from listing_assistant.listings import services as listings
from listing_assistant.listings.models import Listing
from tests.assistant.conftest import jpeg, make_attribute, make_category

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Kind = Suggestion.Kind
TITLE = "Dress of red wool"


@pytest.fixture
def dresses(transactional_db):
    taxonomy = Taxonomy.objects.create(
        name="starter", source_version="1", checksum="0", is_offered=True
    )
    lists = {
        "Colour": ["Red", "Pink", "Navy"],
        "Pattern": ["Plain", "Striped"],
        "Size": ["S", "M", "L"],
        "Neckline": ["Round", "V"],
    }
    attributes = [make_attribute(taxonomy, name, values) for name, values in lists.items()]
    make_category(taxonomy, "Fashion > Dresses", attributes)
    return Category.objects.get()


def offer(name, text, *, clue, rank, sure, stated, other=None):
    attribute = Attribute.objects.get(name=name)
    return Finding(
        Kind.ATTRIBUTE,
        f"{name}: {text}",
        {"attribute": attribute.pk, "value": None, "text": text, "texts": [text]},
        sure,
        key=str(attribute.pk),
        rank=rank,
        clues=(clue,),
        about={"stated": stated, "source": "text", "runner_up": other},
    )


def question(name, likely, rank):
    attribute = Attribute.objects.get(name=name)
    about = {"name": name, "kind": "choice", "required": False, "why": "not_in_photos"}
    return Finding(
        Kind.QUESTION,
        f"The photos do not show the {name.lower()}.",
        {"attribute": attribute.pk},
        0.1,
        key=str(attribute.pk),
        rank=rank,
        about=about | {"likely": likely, "filtered": 0.5},
    )


@pytest.fixture
def listing(alice, dresses):
    """A red dress whose colour is stated, whose pattern is seen; size and neckline are missing."""
    listing = listings.create_draft(seller=alice, title=TITLE, category=dresses)
    listings.add_photo(listing=listing, user=alice, file=jpeg(), name="dress.jpg")
    listing.refresh_from_db()
    analysis = services.start_analysis(listing=listing)
    photo = listing.photos.get()
    word = Clue(Evidence.Kind.TEXT, text="red", field="title", start=9, end=12)
    part = Clue(
        Evidence.Kind.PHOTO,
        photo_id=photo.pk,
        region=Region(0.2, 0.1, 0.8, 0.9),
        seen_image=photo.image_id,
    )
    colour = offer("Colour", "Red", clue=word, rank=0, sure=0.95, stated=True, other="Pink")
    pattern = offer("Pattern", "Plain", clue=part, rank=1, sure=0.7, stated=False)
    replace_suggestions(analysis, Kind.ATTRIBUTE, [colour, pattern])
    asked = [question("Size", ["M", "S"], 0), question("Neckline", ["Round", "V"], 1)]
    replace_suggestions(analysis, Kind.QUESTION, asked)
    Analysis.objects.filter(pk=analysis.pk).update(status=Analysis.Status.DONE)
    return listing


@pytest.fixture
def editor(signed_in, live_server, listing):
    signed_in.goto(f"{live_server.url}/sell/{listing.public_id}/")
    signed_in.locator("h1").click()
    return signed_in


def chip(page, text):
    return page.locator(".offer").filter(has=page.locator("strong", has_text=text))


def details(listing):
    rows = Listing.objects.get(pk=listing.pk).attribute_rows.select_related("attribute")
    return {row.attribute.name: row.text for row in rows}


def test_a_stated_detail_shows_its_word_in_the_title_on_hover_and_on_focus(editor):
    red = chip(editor, "Red")
    why = red.locator(".why")
    for reach in (red.hover, red.get_by_role("button", name="or Pink?").focus):
        reach()
        expect(why).to_be_visible()
        expect(why).to_contain_text("Stated in your words, very likely (95%).")
        expect(why.locator("mark")).to_have_text("red")
        over = editor.locator("#s-control-title .over")
        expect(over.locator("mark")).to_have_text("red")
        mark, field = over.locator("mark").bounding_box(), editor.locator("#field-title")
        box = field.bounding_box()
        assert box["x"] < mark["x"] and mark["x"] + mark["width"] < box["x"] + box["width"]
        assert box["y"] <= mark["y"] and mark["y"] + mark["height"] <= box["y"] + box["height"]
        editor.locator("h1").hover()
        editor.locator("#field-price").focus()
        expect(why).to_be_hidden()
        expect(editor.locator(".over")).to_have_count(0)


def test_an_inferred_detail_frames_its_region_on_the_photo(editor):
    plain = chip(editor, "Plain")
    plain.locator("button").first.focus()
    expect(plain.locator(".why")).to_contain_text("Inferred from the photo, likely (70%).")
    expect(plain.locator(".why .frame__line")).to_be_visible()
    expect(editor.locator(".shots .frame--shown .frame__line")).to_be_visible()
    editor.keyboard.press("Escape")
    expect(plain.locator(".why")).to_be_hidden()
    expect(editor.locator(".shots .frame--shown")).to_have_count(0)


def test_a_phone_tells_the_reason_below_the_offer_and_never_scrolls_sideways(editor):
    editor.set_viewport_size({"width": 390, "height": 844})
    expect(chip(editor, "Red").locator(".why")).to_be_visible()
    expect(chip(editor, "Plain").locator(".why")).to_be_visible()
    assert editor.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_chip_is_accepted_the_other_value_taken_and_both_undone_by_keyboard(editor, listing):
    red = chip(editor, "Red")
    for key in ("j", "j", "y"):  # past the question
        editor.keyboard.press(key)
    expect(red.get_by_text("Accepted")).to_be_visible()
    assert details(listing) == {"Colour": "Red"}
    editor.keyboard.press("u")
    expect(red.get_by_role("button", name="or Pink?")).to_be_visible()
    red.get_by_role("button", name="or Pink?").focus()
    editor.keyboard.press("o")
    expect(red.get_by_text("Edited")).to_be_visible()
    assert details(listing) == {"Colour": "Pink"}
    expect(editor.get_by_label("Colour")).to_have_value("Pink")
    assert list(Choice.objects.values_list("action", flat=True)) == ["accept", "undo", "edit"]


def test_all_is_accepted_at_one_key_and_taken_back_at_another(editor, listing):
    editor.keyboard.press("?")
    expect(editor.locator("#keys")).to_contain_text("Take that back")
    editor.keyboard.press("Escape")
    editor.keyboard.press("a")
    expect(editor.get_by_role("button", name="Undo all (2)")).to_be_visible()
    assert details(listing) == {"Colour": "Red", "Pattern": "Plain"}
    editor.keyboard.press("U")
    expect(editor.get_by_role("button", name="Accept all (2)")).to_be_visible()
    assert details(listing) == {}


def test_questions_are_asked_one_at_a_time_answered_skipped_and_asked_again(editor, listing):
    asked = editor.locator("#s-question")
    expect(asked).to_contain_text("What is the size?")
    expect(asked).to_contain_text("The photos do not show the size. Many buyers filter by it.")
    asked.get_by_role("button", name="M 1").focus()
    editor.keyboard.press("Enter")
    expect(asked).to_contain_text("What is the neckline?")
    expect(asked.locator(".question")).to_be_focused()
    assert details(listing) == {"Size": "M"}
    expect(editor.locator("#field-attribute-" + key_of("Size"))).to_have_value("M")
    editor.keyboard.press("0")
    expect(asked.locator(".question")).to_have_count(0)
    editor.locator("#s-attributes summary").first.click()
    expect(editor.get_by_text("You skipped the question.")).to_be_visible()
    editor.get_by_role("button", name="Ask again Neckline").click()
    expect(asked).to_contain_text("What is the neckline?")
    assert list(Choice.objects.values_list("action", flat=True)) == ["edit", "reject", "undo"]


def test_a_number_answers_from_anywhere_but_a_field(editor, listing):
    editor.locator("#field-price").focus()
    editor.keyboard.press("1")
    expect(editor.locator("#s-question")).to_contain_text("What is the size?")
    editor.locator("h1").click()
    editor.keyboard.press("2")
    expect(editor.locator("#s-question")).to_contain_text("What is the neckline?")
    assert details(listing) == {"Size": "S"}


def test_a_double_click_answers_one_question(editor, listing):
    editor.locator("#s-question .chip").first.dblclick()
    expect(editor.locator("#s-question")).to_contain_text("What is the neckline?")
    editor.wait_for_timeout(300)
    assert Choice.objects.count() == 1


def test_another_answer_is_typed_into_the_field_even_where_it_is_folded(editor, listing):
    editor.keyboard.press("e")
    expect(editor.locator("#field-attribute-" + key_of("Size"))).to_be_focused()
    editor.keyboard.type("L")
    editor.locator("h1").click()
    expect(editor.locator("#s-question")).to_contain_text("What is the neckline?")
    assert details(listing) == {"Size": "L"}
    answered = Suggestion.objects.get(kind=Kind.QUESTION, about__name="Size")
    assert (answered.state, answered.choices.last().value) == ("edited", ["L"])


def key_of(name):
    return str(Attribute.objects.get(name=name).pk)
