"""What each sentence stands on: the draft's on its claims, the seller's own on the seller."""

from __future__ import annotations

import pytest

from listing_assistant.assistant import choices
from listing_assistant.assistant.drafting.facts import facts_of
from listing_assistant.assistant.drafting.passages import own_text, shown_passages
from listing_assistant.assistant.drafting.versions import history_of
from listing_assistant.assistant.models import Analysis, Evidence, Suggestion
from listing_assistant.catalogue.models import Attribute
from listing_assistant.listings import services as listings
from listing_assistant.listings.models import Listing

from .conftest import FIRST

pytestmark = pytest.mark.django_db


def passages(listing):
    listing = Listing.objects.get(pk=listing.pk)
    analysis = Analysis.objects.filter(listing=listing).first()
    return shown_passages(listing, history_of(listing), facts_of(listing, analysis))


def edit(listing, text):
    version = history_of(listing).shown
    choices.edit_suggestion(suggestion=version, user=listing.seller, value=text)


def test_an_open_draft_shows_its_own_claims(analysed):
    first, second = passages(analysed)
    assert (first.own, first.sources, second.sources) == (False, ["Colour"], ["Material"])


def test_edited_sentences_are_the_sellers_and_their_unbacked_claims_are_marked(analysed):
    edit(analysed, "This dress is red. It has 7 pockets and is blue.")
    kept, own = passages(analysed)
    assert (kept.own, kept.unbacked) == (False, [])
    assert own.own
    assert {"7", "blue"} <= {word for claim in own.unbacked for word in claim.text.split()}
    assert Listing.objects.get(pk=analysed.pk).description.endswith("It has 7 pockets and is blue.")


def test_what_the_seller_only_describes_is_not_doubted(analysed):
    edit(analysed, "My aunt wore it to the theatre.")
    [own] = passages(analysed)
    assert own.own
    assert own.unbacked == []


def test_a_kept_sentence_is_doubted_once_the_listing_says_otherwise(analysed, alice):
    choices.accept_suggestion(suggestion=history_of(analysed).shown, user=alice)
    assert [one.unbacked for one in passages(analysed)] == [[], []]
    colour = Attribute.objects.get(name="Colour")
    listings.set_attribute(listing=analysed, user=alice, attribute=colour, text="Blue")
    first, second = passages(analysed)
    assert [claim.text for claim in first.unbacked] == ["red"]
    assert second.unbacked == []


def test_a_revision_keeps_the_sellers_own_sentence_word_for_word(analysed, ask):
    mine = "My aunt wore it to the theatre."
    edit(analysed, f"This dress is red. {mine}")
    version = ask(Listing.objects.get(pk=analysed.pk), "friendlier").version
    found = {one["text"]: one.get("own", False) for one in version.value["sentences"]}
    assert found[mine] is True


def test_own_text_is_what_no_draft_has_said(analysed):
    edit(analysed, f"{FIRST} My aunt wore it.")
    listing = Listing.objects.get(pk=analysed.pk)
    assert own_text(listing, history_of(listing).versions) == "My aunt wore it."


def test_the_joined_passages_are_the_description_with_its_lines(analysed):
    text = "This dress is red.\n\nMine.\nAlso mine."
    edit(analysed, text)
    shown = passages(analysed)
    assert "".join(one.gap + one.text for one in shown) == text
    assert [len(one.breaks_before) for one in shown] == [0, 2, 1]


def test_facts_leave_out_what_is_unsure_or_rejected_and_name_the_photo(analysed):
    analysis = Analysis.objects.get(listing=analysed)

    def suggest(name, text, confidence, state="open", source="text"):
        attribute, _ = Attribute.objects.get_or_create(
            taxonomy=analysed.category.taxonomy, name=name, defaults={"source_id": name}
        )
        return Suggestion.objects.create(
            analysis=analysis, kind="attribute", key=str(attribute.pk), label=f"{name}: {text}",
            value={"attribute": attribute.pk, "text": text, "texts": [text]},
            about={"source": source}, confidence=confidence, state=state,
        )  # fmt: skip

    suggest("Sleeve", "Long", 0.2)
    suggest("Neckline", "V", 0.9, state="rejected")
    suggest("Colour", "Pink", 0.9)
    pattern = suggest("Pattern", "Plain", 0.7, source="photo")
    Evidence.objects.create(suggestion=pattern, kind="text", text="x")
    facts = facts_of(analysed, analysis)
    assert [one.name for one in facts.details if one.source != "seller"] == ["Pattern"]
    assert facts.confidence == 0.7
    assert [one.value for one in facts.details if one.name == "Colour"] == ["Red"]
