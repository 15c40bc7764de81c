"""Going back and forward through the versions of a draft; nothing is lost on the way."""

from __future__ import annotations

import pytest

from listing_assistant.assistant import choices, pipeline
from listing_assistant.assistant.drafting.versions import go_back, go_forward, history_of
from listing_assistant.assistant.drafting.wishes import Wanted, save_wishes, wishes_of
from listing_assistant.assistant.errors import AssistantError
from listing_assistant.assistant.findings import Finding
from listing_assistant.assistant.models import Analysis, Suggestion
from listing_assistant.listings import services as listings
from listing_assistant.listings.models import Listing

from .conftest import FIRST, sentence

pytestmark = pytest.mark.django_db


def drafted(listing, text):
    """Another version by the pipeline, as after a new title."""
    analysis = Analysis.objects.create(listing=listing, content_hash="x", input_hash=text)
    value = {"text": text, "sentences": [sentence(text, "red", "Colour")]}
    finding = Finding(Suggestion.Kind.DESCRIPTION, "A description", value, 0.9)
    pipeline.replace_suggestions(analysis, Suggestion.Kind.DESCRIPTION, [finding])
    return analysis.suggestions.get()


def shown(listing):
    history = history_of(listing)
    return history.shown.value["text"] if history.shown else None


def test_back_and_forward_go_one_version_each_and_stop_at_the_ends(analysed, ask):
    second = ask(analysed).version.value["text"]
    move = {"listing": analysed, "user": analysed.seller}
    assert shown(analysed) == second
    go_back(**move)
    assert shown(analysed) == FIRST
    with pytest.raises(AssistantError, match="first version"):
        go_back(**move)
    go_forward(**move)
    assert shown(analysed) == second
    with pytest.raises(AssistantError, match="newest version"):
        go_forward(**move)


def test_a_version_asked_for_in_the_past_comes_last_and_loses_none(analysed, ask):
    ask(analysed)
    go_back(listing=analysed, user=analysed.seller)
    third = ask(analysed, "friendlier").version
    history = history_of(analysed)
    assert (history.number, len(history.versions)) == (3, 3)
    assert history.shown == third


def test_a_stranger_cannot_move_through_them(analysed, bob):
    with pytest.raises(AssistantError) as refused:
        go_back(listing=analysed, user=bob)
    assert refused.value.code == "not_yours"


def test_versions_of_an_earlier_analysis_stay_and_equal_ones_count_once(analysed):
    drafted(analysed, FIRST)
    drafted(analysed, "A red thing.")
    assert [row.value["text"] for row in history_of(analysed).versions] == [FIRST, "A red thing."]


def test_what_the_seller_took_over_stays_in_sight_when_the_pipeline_drafts_again(analysed, alice):
    first = history_of(analysed).shown
    choices.accept_suggestion(suggestion=first, user=alice)
    drafted(analysed, "A red thing.")
    history = history_of(analysed)
    assert (history.shown.pk, history.after.value["text"]) == (first.pk, "A red thing.")


def test_accepting_an_older_version_and_undoing_it_keeps_it_in_sight(analysed, alice, ask):
    ask(analysed)
    go_back(listing=analysed, user=alice)
    first = history_of(analysed).shown
    choices.accept_suggestion(suggestion=first, user=alice)
    assert Listing.objects.get(pk=analysed.pk).description == FIRST
    choices.undo_choice(suggestion=first, user=alice)
    assert Listing.objects.get(pk=analysed.pk).description == ""
    assert shown(analysed) == FIRST


def test_wishes_are_the_listings_and_where_the_next_listing_starts(analysed, alice):
    assert wishes_of(analysed) == Wanted("medium", "plain", "en")
    save_wishes(listing=analysed, user=alice, changes={"length": "short", "tone": "friendly"})
    following = listings.create_draft(seller=alice, title="A hat")
    assert wishes_of(following) == Wanted("short", "friendly", "en")
    save_wishes(listing=following, user=alice, changes={"length": "long"})
    assert wishes_of(Listing.objects.get(pk=analysed.pk)).length == "short"


def test_a_wish_that_nobody_can_grant_is_refused_by_name(analysed, alice):
    with pytest.raises(AssistantError) as refused:
        save_wishes(listing=analysed, user=alice, changes={"tone": "shouting"})
    assert (refused.value.code, refused.value.field) == ("not_a_choice", "tone")
