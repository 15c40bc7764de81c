"""What sellers decide comes out as offers that training reads."""

from __future__ import annotations

import json

import pytest
from django.core.management import CommandError, call_command

from listing_assistant.assistant import choices, pipeline
from listing_assistant.assistant.findings import Finding
from listing_assistant.assistant.labels import labelled_offers
from listing_assistant.assistant.models import Suggestion
from listing_assistant.catalogue.models import Attribute, Category
from listing_assistant.listings.models import Listing
from ml.taclr.offers import read_offers

pytestmark = pytest.mark.django_db

Kind = Suggestion.Kind


@pytest.fixture
def dress(draft, vocabulary):
    Listing.objects.filter(pk=draft.pk).update(category=Category.objects.get(name="Dresses"))
    draft.refresh_from_db()
    return draft


@pytest.fixture
def found(analysis, dress):
    """Colour is suggested as red, brand is asked for."""
    colour, brand = (Attribute.objects.get(name=name) for name in ("Colour", "Brand"))
    red = {"attribute": colour.pk, "value": None, "text": "Red", "texts": ["Red"]}
    about = {"name": "Brand", "kind": "choice", "required": False, "likely": ["Acme"]}
    asked = Finding(
        Kind.QUESTION, "?", {"attribute": brand.pk}, 0.1, key=str(brand.pk), about=about
    )
    suggested = Finding(Kind.ATTRIBUTE, "Colour: Red", red, 0.9, key=str(colour.pk))
    pipeline.replace_suggestions(analysis, Kind.ATTRIBUTE, [suggested])
    pipeline.replace_suggestions(analysis, Kind.QUESTION, [asked])
    return analysis


def of_kind(analysis, kind):
    return analysis.suggestions.get(kind=kind)


def only():
    [offer] = labelled_offers()
    gold = {name: list(values) for name, values in offer["target_scores"].items()}
    return gold, offer["rejected"]


def test_what_nobody_decided_is_no_label(found):
    assert list(labelled_offers()) == []


def test_an_accepted_detail_and_an_answered_question_are_labels(found, alice):
    choices.accept_suggestion(suggestion=of_kind(found, Kind.ATTRIBUTE), user=alice)
    choices.edit_suggestion(suggestion=of_kind(found, Kind.QUESTION), user=alice, value="acme")
    assert only() == ({"Colour": ["Red"], "Brand": ["Acme"]}, {})


def test_a_correction_by_typing_is_a_label_and_names_what_was_wrong(found, dress, alice):
    choices.accept_suggestion(suggestion=of_kind(found, Kind.ATTRIBUTE), user=alice)
    colour = Attribute.objects.get(name="Colour")
    choices.state_detail(listing=dress, user=alice, attribute=colour, text="burgundy")
    assert only() == ({"Colour": ["Burgundy"]}, {"Colour": ["Red"]})


def test_a_rejected_value_says_what_is_wrong_and_a_skipped_question_nothing(found, alice):
    choices.reject_suggestion(suggestion=of_kind(found, Kind.QUESTION), user=alice)
    assert list(labelled_offers()) == []
    choices.reject_suggestion(suggestion=of_kind(found, Kind.ATTRIBUTE), user=alice)
    assert only() == ({}, {"Colour": ["Red"]})


def test_what_was_undone_is_no_label(found, alice):
    suggestion = of_kind(found, Kind.ATTRIBUTE)
    choices.accept_suggestion(suggestion=suggestion, user=alice)
    choices.undo_choice(suggestion=suggestion, user=alice)
    assert list(labelled_offers()) == []


def test_the_file_is_read_by_training(found, dress, alice, tmp_path, capsys):
    choices.accept_suggestion(suggestion=of_kind(found, Kind.ATTRIBUTE), user=alice)
    file = tmp_path / "labels.jsonl"
    call_command("export_labels", str(file))
    assert "1 listings, 1 labels, 0 values rejected" in capsys.readouterr().out
    [offer] = read_offers(file)
    assert (offer.category, offer.title, offer.description) == ("Dresses", dress.title, "")
    assert offer.gold == {"Colour": ("Red",)}
    assert json.loads(file.read_text())["id"] == str(dress.public_id)


def test_a_folder_that_is_not_there_is_named_with_the_fix(tmp_path):
    with pytest.raises(CommandError, match="make it first"):
        call_command("export_labels", str(tmp_path / "missing" / "labels.jsonl"))
