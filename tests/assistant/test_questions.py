"""Which detail the seller is asked about next, with which chips, and what is told of the others."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.utils import timezone

from listing_assistant.assistant import choices, demand, policy, questions, wording
from listing_assistant.assistant.errors import AssistantError
from listing_assistant.assistant.findings import Finding
from listing_assistant.assistant.models import Suggestion
from listing_assistant.assistant.pipeline import replace_suggestions
from listing_assistant.assistant.questions import Why
from listing_assistant.assistant.steps import Look
from listing_assistant.catalogue.models import Category
from listing_assistant.catalogue.selectors import attributes_of
from listing_assistant.listings.models import Listing, ListingAttribute, State
from ml.taclr.predict import Identified
from recommender.models import BehaviourEvent, EventKind

from .conftest import make_attribute

pytestmark = pytest.mark.django_db

Kind = Suggestion.Kind


@pytest.fixture
def dresses(vocabulary):
    """Brand and colour from the vocabulary; size and neckline, which nobody requires."""
    category = Category.objects.get(name="Dresses")
    for place, (name, values) in enumerate(
        [("Size", ["S", "M", "L", "XL", "XXL", "3XL"]), ("Neckline", ["Round", "V"])], start=2
    ):
        attribute = make_attribute(category.taxonomy, name, values)
        category.category_attributes.create(attribute=attribute, position=place)
    return category


def require(category, name):
    category.category_attributes.filter(attribute__name=name).update(is_required=True)


def sell(seller, category, count, **details):
    """Live listings that state these details."""
    known = {row.attribute.name: row.attribute for row in attributes_of(category)}
    for number in range(count):
        listing = Listing.objects.create(
            seller=seller,
            category=category,
            title=f"Dress {number}",
            state=State.LIVE,
            published_at=timezone.now(),
        )
        for name, text in details.items():
            ListingAttribute.objects.create(listing=listing, attribute=known[name], text=text)


def search(category, *attributes):
    BehaviourEvent.objects.create(
        kind=EventKind.SEARCH,
        happened_at=timezone.now(),
        data={
            "query": "dress",
            "category": category.pk if category else None,
            "attributes": [attribute.pk for attribute in attributes],
        },
    )


def ask(analysis, category, **abstained):
    """Questions about all details of the category; `abstained` has (guess, sure of none)."""
    rows = attributes_of(category)
    silent = {
        row.attribute.name: Identified(
            row.attribute.name,
            None,
            sure,
            stated=False,
            runner_up=guess,
            runner_up_confidence=1.0 - sure if guess else 0.0,
        )
        for row in rows
        for guess, sure in [abstained.get(row.attribute.name, (None, 1.0))]
    }
    found = questions.questions_for(Look(analysis), category, rows, silent)
    return {one.about["name"]: one for one in found}


def attribute(category, name):
    return category.attributes.get(name=name)


def test_without_any_demand_the_required_comes_first_and_then_the_taxonomys_order(
    analysis, dresses
):
    require(dresses, "Size")
    assert list(ask(analysis, dresses)) == ["Size", "Brand", "Colour", "Neckline"]


def test_what_buyers_filter_by_is_asked_before_what_sellers_state(analysis, dresses, bob):
    sell(bob, dresses, 4, Colour="Red")
    sell(bob, dresses, 4, Colour="Blue")
    for _ in range(20):
        search(dresses, attribute(dresses, "Neckline"))
    asked = ask(analysis, dresses)
    assert list(asked)[:2] == ["Neckline", "Colour"]
    assert asked["Neckline"].about["filtered"] == round(20 / 22, 3)


def test_what_can_be_guessed_is_asked_later(analysis, dresses, bob):
    """All state both; every brand is Acme, the colours differ."""
    for colour in ("Red", "Blue", "Pink", "Burgundy"):
        sell(bob, dresses, 2, Brand="Acme", Colour=colour)
    asked = list(ask(analysis, dresses))
    assert asked.index("Colour") < asked.index("Brand")


def test_what_the_model_nearly_knows_is_asked_later(analysis, dresses, bob):
    for size, colour in (("S", "Red"), ("M", "Blue"), ("L", "Pink")):
        sell(bob, dresses, 2, Size=size, Colour=colour)
    asked = list(ask(analysis, dresses, Colour=("Red", 0.25)))
    assert asked.index("Size") < asked.index("Colour")


def test_chips_are_the_guess_then_what_is_usual_then_the_list(analysis, dresses, bob):
    sell(bob, dresses, 3, Size="L")
    sell(bob, dresses, 1, Size="XL")
    asked = ask(analysis, dresses, Size=("m", 0.4))
    assert asked["Size"].about["likely"] == ["M", "L", "XL", "S", "XXL"]
    assert len(asked["Size"].about["likely"]) == policy.QUESTION_CHOICES


def test_a_weak_guess_comes_after_what_is_usual(analysis, dresses, bob):
    sell(bob, dresses, 3, Size="L")
    asked = ask(analysis, dresses, Size=("3XL", 0.9))
    assert asked["Size"].about["likely"] == ["L", "3XL", "S", "M", "XL"]


def test_another_things_number_is_never_proposed(analysis, dresses, bob):
    dresses.attributes.filter(name="Brand").update(kind="identifier")
    sell(bob, dresses, 3, Brand="4006381333931")
    assert ask(analysis, dresses)["Brand"].about["likely"] == []


def test_searches_elsewhere_and_without_filters_do_not_count(dresses):
    printers = Category.objects.get(name="Printers")
    size = attribute(dresses, "Size")
    search(dresses, size)
    search(None, size)
    search(printers, size)
    search(dresses)
    assert demand.demand_in(dresses)[size.pk].filtered == 2 / 4


@pytest.mark.parametrize(
    ("title", "photos", "trusted", "expected"),
    [
        ("Dress", [1], True, Why.NOT_IN_EITHER),
        ("Dress", [], True, Why.NOT_IN_TITLE),
        ("", [1], True, Why.NOT_IN_PHOTOS),
        ("", [], True, Why.NOTHING_SAID),
        ("Dress", [1], False, Why.PHOTOS_DOUBTED),
    ],
)
def test_the_reason_names_what_was_looked_at(dresses, title, photos, trusted, expected):
    look = SimpleNamespace(
        listing=SimpleNamespace(title=title),
        photos=photos,
        photo_vectors=photos or None,
        trusted_photo_vectors=photos if trusted and photos else None,
    )
    [row, *_] = attributes_of(dresses)
    silent = {row.attribute.name: Identified(row.attribute.name, None, 1.0, stated=False)}
    [question] = questions.questions_for(look, dresses, [row], silent)
    assert question.about["why"] == expected


def test_a_guess_too_weak_to_suggest_is_told(analysis, dresses):
    asked = ask(analysis, dresses, Colour=("Red", 0.45), Size=("M", 0.55))
    assert asked["Colour"].about["why"] == Why.UNSURE
    assert asked["Colour"].label == (
        "The colour may be “Red”, but that is not sure enough to suggest."
    )
    assert asked["Size"].label == "The title does not say the size."


@pytest.mark.parametrize(
    ("name", "said"),
    [("Country of Origin", "country of origin"), ("ISBN", "ISBN"), ("USB Ports", "USB ports")],
)
def test_a_name_within_a_sentence_keeps_its_capitals_where_it_is_an_abbreviation(name, said):
    assert wording.inside_sentence(name) == said


@pytest.mark.parametrize(
    ("name", "answers", "asked"),
    [
        ("Size", [], "What is the size?"),
        ("Features", ["Hood"], "What are the features?"),
        ("Glass", [], "What is the glass?"),
        ("Waterproof", ["Yes", "No"], "Waterproof, yes or no?"),
    ],
)
def test_a_question_is_asked_as_people_ask(name, answers, asked):
    assert wording.question_sentence(name, answers) == asked


def test_what_is_missing_of_yes_and_no_is_named(analysis, dresses):
    signed = make_attribute(dresses.taxonomy, "Signed", ["Yes", "No"])
    dresses.category_attributes.create(attribute=signed, position=9)
    assert ask(analysis, dresses)["Signed"].label == "The title does not say “Signed”."


def test_a_detail_that_the_model_does_not_know_is_asked_for_all_the_same(analysis, dresses):
    rows = attributes_of(dresses)
    assert len(questions.questions_for(Look(analysis), dresses, rows, {})) == len(rows)


@pytest.fixture
def asked(analysis, dresses):
    """The stored questions, size first."""
    require(dresses, "Size")
    replace_suggestions(analysis, Kind.QUESTION, list(ask(analysis, dresses).values()))
    return analysis


def following(analysis):
    stated = analysis.listing.attribute_rows.values_list("attribute_id", flat=True)
    found = questions.waiting_questions(list(analysis.suggestions.all()), stated)
    return found[0].about["name"] if found else None


def test_an_answer_is_stated_recorded_and_followed_by_the_next_question(asked, draft, alice):
    size = asked.suggestions.get(about__name="Size")
    choices.edit_suggestion(suggestion=size, user=alice, value="M")
    assert [row.text for row in draft.attribute_rows.all()] == ["M"]
    choice = size.choices.get()
    assert (choice.action, choice.value, choice.before) == ("edit", ["M"], [])
    assert following(asked) == "Brand"


def test_a_skipped_question_is_not_asked_again_until_it_is_taken_back(asked, alice):
    size = asked.suggestions.get(about__name="Size")
    choices.reject_suggestion(suggestion=size, user=alice)
    assert following(asked) == "Brand"
    again = ask(asked, Category.objects.get(name="Dresses"))
    replace_suggestions(asked, Kind.QUESTION, list(again.values()))
    assert following(asked) == "Brand"
    choices.undo_choice(suggestion=size, user=alice)
    assert following(asked) == "Size"


def test_what_is_typed_into_the_field_answers_the_question(asked, draft, alice, dresses):
    size = attribute(dresses, "Size")
    choices.state_detail(listing=draft, user=alice, attribute=size, text="L")
    assert asked.suggestions.get(about__name="Size").state == Suggestion.State.EDITED
    assert following(asked) == "Brand"
    choices.state_detail(listing=draft, user=alice, attribute=size, text="")
    assert following(asked) == "Size"


@pytest.mark.parametrize("value", ["", "   ", []])
def test_an_empty_answer_is_refused_with_what_to_do(asked, alice, value):
    size = asked.suggestions.get(about__name="Size")
    with pytest.raises(AssistantError, match="skip"):
        choices.edit_suggestion(suggestion=size, user=alice, value=value)


def test_what_a_later_reading_suggests_is_not_asked_until_it_is_rejected(asked, alice, dresses):
    size = attribute(dresses, "Size")
    value = {"attribute": size.pk, "value": None, "text": "M", "texts": ["M"]}
    suggested = Finding(Kind.ATTRIBUTE, "Size: M", value, 0.9, key=str(size.pk))
    replace_suggestions(asked, Kind.ATTRIBUTE, [suggested])
    assert following(asked) == "Brand"
    found = asked.suggestions.get(kind=Kind.ATTRIBUTE)
    choices.reject_suggestion(suggestion=found, user=alice)
    assert following(asked) == "Size"


def test_a_question_cannot_be_accepted(asked, alice):
    with pytest.raises(AssistantError, match="send the value"):
        choices.accept_suggestion(suggestion=asked.suggestions.first(), user=alice)


def test_when_all_is_answered_nothing_is_asked(asked, alice):
    for question in asked.suggestions.filter(kind=Kind.QUESTION):
        choices.reject_suggestion(suggestion=question, user=alice)
    assert following(asked) is None
