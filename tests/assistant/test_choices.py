"""Accept, edit, reject, undo, accept all: what they change, what they store."""

from __future__ import annotations

import pytest

from listing_assistant.assistant import choices, pipeline, selectors, services
from listing_assistant.assistant.errors import AssistantError
from listing_assistant.assistant.findings import Finding
from listing_assistant.assistant.models import Analysis, Choice, Suggestion
from listing_assistant.catalogue.models import Category
from listing_assistant.catalogue.selectors import attributes_of
from listing_assistant.listings import services as listings
from listing_assistant.listings.errors import NotYoursError
from listing_assistant.listings.models import Listing

pytestmark = pytest.mark.django_db

Kind = Suggestion.Kind
State = Suggestion.State
DRAFT = "A red dress of wool."


@pytest.fixture
def dresses(vocabulary):
    return Category.objects.get(path__iendswith="Women > Dresses")


@pytest.fixture
def colour(dresses):
    return next(
        row.attribute for row in attributes_of(dresses) if row.attribute.name.startswith("Colo")
    )


@pytest.fixture
def full(draft, dresses, colour):
    """An analysis with one suggestion of each kind, and a second category."""
    analysis = services.start_analysis(listing=draft)
    Analysis.objects.filter(pk=analysis.pk).update(status=Analysis.Status.DONE)
    other = Category.objects.exclude(pk=dresses.pk).filter(is_leaf=True).first()
    suggest(analysis, Kind.CATEGORY, {"category": dresses.pk}, 0.9, str(dresses.pk))
    suggest(analysis, Kind.CATEGORY, {"category": other.pk}, 0.05, str(other.pk), rank=1)
    red = {"attribute": colour.pk, "value": None, "text": "Red", "texts": ["Red"]}
    suggest(analysis, Kind.ATTRIBUTE, red, 0.95, str(colour.pk))
    suggest(analysis, Kind.DESCRIPTION, {"text": DRAFT, "sentences": []}, 0.9)
    mismatch = {"verdict": "mismatch", "score": 0.9, "photo_scores": {}}
    suggest(analysis, Kind.MISMATCH, mismatch, 0.9)
    suggest(analysis, Kind.QUALITY, {"passed": False, "points": 0, "of": 10}, 1.0, "photo")
    return analysis


def suggest(analysis, kind, value, confidence, key="", rank=0):
    return Suggestion.objects.create(
        analysis=analysis,
        kind=kind,
        label=f"{kind}: {value}",
        value=value,
        confidence=confidence,
        key=key,
        rank=rank,
    )


def one(analysis, kind, rank=0):
    return analysis.suggestions.get(kind=kind, rank=rank)


def now(listing):
    return Listing.objects.get(pk=listing.pk)


def colours(listing):
    return list(listing.attribute_rows.values_list("text", flat=True))


def test_suggestions_alone_change_nothing(full, draft):
    listing = now(draft)
    assert (listing.category, listing.description, colours(listing)) == (None, "", [])


def test_accepting_applies_and_stores_the_choice(full, draft, alice, dresses):
    choices.accept_suggestion(suggestion=one(full, Kind.CATEGORY), user=alice)
    choices.accept_suggestion(suggestion=one(full, Kind.ATTRIBUTE), user=alice)
    choices.accept_suggestion(suggestion=one(full, Kind.DESCRIPTION), user=alice)
    listing = now(draft)
    assert listing.category == dresses
    assert listing.description == DRAFT
    assert colours(listing) == ["Red"]
    assert list(Choice.objects.values_list("action", flat=True)) == ["accept"] * 3


def test_accepting_twice_is_accepting_once(full, alice):
    for _ in range(2):
        choices.accept_suggestion(suggestion=one(full, Kind.ATTRIBUTE), user=alice)
    assert Choice.objects.count() == 1


def test_an_edit_applies_the_sellers_value_and_keeps_both(full, draft, alice):
    suggestion = one(full, Kind.ATTRIBUTE)
    choices.edit_suggestion(suggestion=suggestion, user=alice, value="burgundy")
    assert [text.casefold() for text in colours(draft)] == ["burgundy"]
    choice = Choice.objects.get()
    assert (choice.action, choice.value) == ("edit", ["burgundy"])
    assert one(full, Kind.ATTRIBUTE).value["text"] == "Red"


def test_rejecting_changes_nothing_in_the_listing(full, draft, alice):
    choices.reject_suggestion(suggestion=one(full, Kind.ATTRIBUTE), user=alice)
    assert colours(draft) == []
    assert selectors.rejected_attributes(draft) == {
        (one(full, Kind.ATTRIBUTE).value["attribute"], "Red")
    }


def test_what_was_accepted_must_be_undone_before_it_is_rejected(full, alice):
    suggestion = choices.accept_suggestion(suggestion=one(full, Kind.ATTRIBUTE), user=alice)
    with pytest.raises(AssistantError) as refusal:
        choices.reject_suggestion(suggestion=suggestion, user=alice)
    assert refusal.value.code == "already_decided"


def test_undo_brings_back_what_the_listing_said_before(full, draft, alice, colour):
    listings.set_attribute(listing=draft, user=alice, attribute=colour, text="Pink")
    suggestion = one(full, Kind.ATTRIBUTE)
    choices.accept_suggestion(suggestion=suggestion, user=alice)
    assert colours(draft) == ["Red"]
    undone = choices.undo_choice(suggestion=suggestion, user=alice)
    assert colours(draft) == ["Pink"]
    assert undone.state == State.OPEN
    assert list(Choice.objects.values_list("action", flat=True)) == ["accept", "undo"]


def test_undo_does_not_overwrite_what_the_seller_typed_since(full, draft, alice):
    suggestion = one(full, Kind.DESCRIPTION)
    choices.accept_suggestion(suggestion=suggestion, user=alice)
    changes = {"description": "My own words."}
    listings.edit_listing(listing=draft, user=alice, changes=changes, version=None)
    with pytest.raises(AssistantError) as refusal:
        choices.undo_choice(suggestion=suggestion, user=alice)
    assert refusal.value.code == "changed_since"
    assert now(draft).description == "My own words."


def test_there_is_nothing_to_undo_in_an_open_suggestion(full, alice):
    with pytest.raises(AssistantError) as refusal:
        choices.undo_choice(suggestion=one(full, Kind.CATEGORY), user=alice)
    assert refusal.value.code == "nothing_to_undo"


def test_a_mismatch_that_is_right_is_only_noted(full, draft, alice):
    before = now(draft).version
    rejected = choices.reject_suggestion(suggestion=one(full, Kind.MISMATCH), user=alice)
    assert rejected.state == State.REJECTED
    assert now(draft).version == before
    assert choices.undo_choice(suggestion=rejected, user=alice).state == State.OPEN


def test_a_quality_check_cannot_be_accepted(full, alice):
    with pytest.raises(AssistantError) as refusal:
        choices.accept_suggestion(suggestion=one(full, Kind.QUALITY), user=alice)
    assert refusal.value.code == "not_applicable"


def test_only_the_seller_decides(full, draft, bob):
    with pytest.raises(AssistantError) as refusal:
        choices.accept_suggestion(suggestion=one(full, Kind.CATEGORY), user=bob)
    assert refusal.value.code == "not_yours"
    assert Choice.objects.count() == 0


def test_accept_all_takes_the_likely_ones_in_order(full, draft, alice, dresses):
    accepted = choices.accept_all(analysis=full, user=alice)
    assert [row.kind for row in accepted] == [Kind.CATEGORY, Kind.ATTRIBUTE, Kind.DESCRIPTION]
    listing = now(draft)
    assert (listing.category, listing.description) == (dresses, DRAFT)
    assert choices.accept_all(analysis=full, user=alice) == []


def test_accept_all_leaves_what_the_seller_wrote(full, draft, alice, colour):
    listings.set_attribute(listing=draft, user=alice, attribute=colour, text="Pink")
    changes = {"description": "Mine."}
    listings.edit_listing(listing=draft, user=alice, changes=changes, version=None)
    full.refresh_from_db()
    choices.accept_all(analysis=full, user=alice)
    assert now(draft).description == "Mine."
    assert colours(draft) == ["Pink"]


def test_accept_all_leaves_what_is_only_a_guess(full, draft, alice):
    full.suggestions.filter(kind=Kind.ATTRIBUTE).update(confidence=0.4)
    choices.accept_all(analysis=full, user=alice)
    assert colours(draft) == []


def test_taking_the_best_category_needs_no_new_analysis(full, draft, alice):
    choices.accept_suggestion(suggestion=one(full, Kind.CATEGORY), user=alice)
    assert services.start_analysis(listing=now(draft)) == full
    choices.undo_choice(suggestion=one(full, Kind.CATEGORY), user=alice)
    assert services.start_analysis(listing=now(draft)) == full


def test_taking_another_category_does(full, draft, alice):
    choices.accept_suggestion(suggestion=one(full, Kind.CATEGORY, rank=1), user=alice)
    assert services.start_analysis(listing=now(draft)) != full


def test_a_choice_holds_for_the_same_suggestion_of_the_next_analysis(full, draft, alice):
    red = one(full, Kind.ATTRIBUTE)
    choices.reject_suggestion(suggestion=red, user=alice)
    changes = {"title": "Red woollen dress"}
    listings.edit_listing(listing=draft, user=alice, changes=changes, version=None)
    following = services.start_analysis(listing=now(draft))
    same = Finding(Kind.ATTRIBUTE, red.label, red.value, 0.9, key=red.key)
    pipeline.replace_suggestions(following, Kind.ATTRIBUTE, [same])
    assert one(following, Kind.ATTRIBUTE).state == State.REJECTED


def test_a_decided_draft_survives_the_next_one(full, draft, alice):
    choices.accept_suggestion(suggestion=one(full, Kind.DESCRIPTION), user=alice)
    other = Finding(Kind.DESCRIPTION, "A description", {"text": "Other.", "sentences": []}, 0.9)
    pipeline.replace_suggestions(full, Kind.DESCRIPTION, [other])
    drafts = full.suggestions.filter(kind=Kind.DESCRIPTION)
    assert [row.value["text"] for row in drafts] == [DRAFT, "Other."]
    assert Choice.objects.count() == 1


# --- Details set by hand ------------------------------------------------------------------------


def actions(analysis):
    made = Choice.objects.filter(suggestion__analysis=analysis)
    return [(choice.action, choice.value) for choice in made]


def typed(listing, user, attribute, text):
    choices.state_detail(listing=listing, user=user, attribute=attribute, text=text)


def test_typing_over_what_was_accepted_is_an_edit(full, draft, alice, colour):
    choices.accept_suggestion(suggestion=one(full, Kind.ATTRIBUTE), user=alice)
    typed(draft, alice, colour, "burgundy")
    assert actions(full) == [("accept", None), ("edit", ["Burgundy"])]
    assert one(full, Kind.ATTRIBUTE).state == State.EDITED


def test_typing_what_was_suggested_is_accepting_it(full, draft, alice, colour):
    typed(draft, alice, colour, "red")
    assert actions(full) == [("accept", None)]
    typed(draft, alice, colour, "Red")
    assert len(actions(full)) == 1


def test_emptying_what_was_accepted_rejects_it_and_emptying_nothing_says_nothing(
    full, draft, alice, colour
):
    typed(draft, alice, colour, "")
    assert actions(full) == []
    choices.accept_suggestion(suggestion=one(full, Kind.ATTRIBUTE), user=alice)
    typed(draft, alice, colour, "")
    assert one(full, Kind.ATTRIBUTE).state == State.REJECTED


def test_undo_of_a_text_saved_at_every_pause_goes_back_before_all_of_it(full, draft, alice, colour):
    choices.accept_suggestion(suggestion=one(full, Kind.ATTRIBUTE), user=alice)
    for text in ("Bur", "Burgun", "Burgundy"):
        typed(draft, alice, colour, text)
    choices.undo_choice(suggestion=one(full, Kind.ATTRIBUTE), user=alice)
    assert colours(draft) == ["Red"]


def test_a_detail_nothing_was_said_about_is_stated_without_a_label(full, draft, alice, dresses):
    brand = next(row.attribute for row in attributes_of(dresses) if row.attribute.name == "Brand")
    typed(draft, alice, brand, "Acme")
    assert (actions(full), draft.attribute_rows.count()) == ([], 1)


def test_a_stranger_states_nothing_and_leaves_no_label(full, draft, bob, colour):
    with pytest.raises(NotYoursError):
        typed(draft, bob, colour, "Pink")
    assert (actions(full), colours(draft)) == ([], [])


# --- Taking "accept all" back -------------------------------------------------------------------


def test_all_that_was_accepted_at_one_key_is_taken_back_at_one_key(full, draft, alice):
    choices.accept_all(analysis=full, user=alice)
    undone = choices.undo_all(analysis=full, user=alice)
    assert [row.kind for row in undone] == [Kind.DESCRIPTION, Kind.ATTRIBUTE, Kind.CATEGORY]
    listing = now(draft)
    assert (listing.category, listing.description, colours(listing)) == (None, "", [])
    assert len(choices.acceptable(full)) == 3


def test_what_the_seller_changed_after_accepting_all_is_left(full, draft, alice):
    choices.accept_all(analysis=full, user=alice)
    changes = {"description": "My own words."}
    listings.edit_listing(listing=draft, user=alice, changes=changes, version=None)
    choices.undo_all(analysis=full, user=alice)
    assert (now(draft).description, colours(draft)) == ("My own words.", [])


def test_only_the_last_step_is_taken_back(full, draft, alice):
    choices.accept_all(analysis=full, user=alice)
    choices.reject_suggestion(suggestion=one(full, Kind.MISMATCH), user=alice)
    assert choices.accepted_at_once(full) == []
    with pytest.raises(AssistantError) as refusal:
        choices.undo_all(analysis=full, user=alice)
    assert refusal.value.code == "nothing_to_undo"
    assert colours(draft) == ["Red"]


def test_another_seller_takes_nothing_back(full, draft, alice, bob):
    choices.accept_all(analysis=full, user=alice)
    with pytest.raises(AssistantError) as refusal:
        choices.undo_all(analysis=full, user=bob)
    assert refusal.value.code == "not_yours"
    assert colours(draft) == ["Red"]
