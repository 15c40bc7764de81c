"""Published texts: whose each sentence is, what it stands on, and what no longer does."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from listing_assistant.assistant.errors import AssistantError
from listing_assistant.assistant.models import Analysis, PublishedText, Suggestion
from listing_assistant.assistant.provenance import (
    is_told_to_buyers,
    link_published_text,
    set_disclosure,
)
from listing_assistant.listings import services as listings
from listing_assistant.listings.models import Listing

State = Suggestion.State
COLOUR_SENTENCE = "The colour is grey."
CONDITION_SENTENCE = "They are in good condition."
OWN_SENTENCE = "My brother wore them to two concerts."


@pytest.fixture
def drafted(ready_draft, alice, colour):
    """Alice's shoes, stated to be grey, with a draft of two sentences that she can publish."""
    listings.set_attribute(listing=ready_draft, user=alice, attribute=colour, text="Grey")
    add_draft(ready_draft, COLOUR_SENTENCE, CONDITION_SENTENCE)
    return ready_draft


def add_draft(listing, *sentences, state=State.ACCEPTED, own=()):
    analysis, _ = Analysis.objects.get_or_create(
        listing=listing, input_hash="test", defaults={"content_hash": "test"}
    )
    rank = analysis.suggestions.count()
    return Suggestion.objects.create(
        analysis=analysis, kind=Suggestion.Kind.DESCRIPTION, rank=rank, state=state, confidence=0.9,
        label="A description",
        value={
            "text": " ".join(sentences),
            "sentences": [
                {"text": one, "gap": " ", "sources": [], "claims": [], "own": one in own}
                for one in sentences
            ],
        },
        about={"engine": "realiser", "release": "r1", "language": "en"},
    )  # fmt: skip


@pytest.fixture
def publish(alice, django_capture_on_commit_callbacks):
    def run(listing, *sentences):
        edit(listing, alice, description=" ".join(sentences))
        with django_capture_on_commit_callbacks(execute=True):
            listings.publish_listing(listing=listing, user=alice)
        return PublishedText.objects.get(listing=listing)

    return run


def edit(listing, user, **changes):
    listings.edit_listing(listing=listing, user=user, changes=changes, version=None)


def origins(text):
    return [one["origin"] for one in text.sentences]


def test_sentences_of_the_draft_edited_ones_and_own_ones_are_told_apart(drafted, publish):
    edited = "The colour is a soft grey."
    text = publish(drafted, CONDITION_SENTENCE, edited, OWN_SENTENCE)
    assert origins(text) == ["drafted", "edited", "own"]
    assert text.sentences[0]["engine"] == "realiser"
    assert text.sentences[2]["engine"] == ""
    assert (text.engine, text.release, text.language) == ("realiser", "r1", "en")
    assert 0.5 < text.drafted_share < 0.7


def test_a_text_that_the_seller_typed_alone_is_all_own(ready_draft, publish):
    text = publish(ready_draft, OWN_SENTENCE)
    assert origins(text) == ["own"]
    assert text.drafted_share == 0.0


def test_a_sentence_that_a_draft_left_to_the_seller_stays_the_sellers(ready_draft, publish):
    add_draft(ready_draft, CONDITION_SENTENCE, OWN_SENTENCE, own=(OWN_SENTENCE,))
    assert origins(publish(ready_draft, CONDITION_SENTENCE, OWN_SENTENCE)) == ["drafted", "own"]


def test_a_short_sentence_of_a_draft_that_was_not_taken_is_chance(ready_draft, publish):
    add_draft(ready_draft, "Good shoes.", state=State.REJECTED)
    assert origins(publish(ready_draft, "Good shoes.")) == ["own"]


def test_a_long_sentence_of_a_draft_that_was_not_taken_was_copied(ready_draft, publish):
    long = "They are in good condition and were worn for running."
    add_draft(ready_draft, long, state=State.OPEN)
    assert origins(publish(ready_draft, long)) == ["drafted"]


def test_each_claim_names_the_detail_behind_it_and_what_it_said(drafted, publish):
    text = publish(drafted, COLOUR_SENTENCE, CONDITION_SENTENCE)
    grey = next(one for one in text.sentences[0]["claims"] if one["text"] == "grey")
    assert (grey["source"], grey["value"]) == ("Colour", "Grey")
    assert "condition" in text.sentences[1]["sources"]


def test_a_detail_changed_on_a_live_listing_contradicts_its_sentence(
    drafted, publish, alice, colour, django_capture_on_commit_callbacks
):
    publish(drafted, COLOUR_SENTENCE, CONDITION_SENTENCE)
    with django_capture_on_commit_callbacks(execute=True):
        listings.set_attribute(listing=drafted, user=alice, attribute=colour, text="Red")
    text = PublishedText.objects.get(listing=drafted)
    assert text.broken == 1
    assert text.sentences[0]["broken"] == [
        {"claim": "grey", "source": "Colour", "was": "Grey", "now": "Red"}
    ]
    assert text.sentences[1]["broken"] == []


def test_a_condition_changed_on_a_live_listing_contradicts_too(
    drafted, publish, alice, django_capture_on_commit_callbacks
):
    publish(drafted, COLOUR_SENTENCE, CONDITION_SENTENCE)
    with django_capture_on_commit_callbacks(execute=True):
        edit(drafted, alice, condition="parts")
    broken = PublishedText.objects.get(listing=drafted).sentences[1]["broken"]
    assert [(one["source"], one["was"], one["now"]) for one in broken] == [
        ("condition", "good", "parts")
    ]


def test_the_title_does_not_hide_what_a_detail_denies(ready_draft, publish, alice, colour):
    edit(ready_draft, alice, title="Grey running shoes")
    listings.set_attribute(listing=ready_draft, user=alice, attribute=colour, text="Grey")
    add_draft(ready_draft, COLOUR_SENTENCE)
    publish(ready_draft, COLOUR_SENTENCE)
    listings.set_attribute(listing=ready_draft, user=alice, attribute=colour, text="Red")
    assert link_published_text(ready_draft).broken == 1


def test_putting_the_detail_back_heals_the_text(drafted, publish, alice, colour):
    publish(drafted, COLOUR_SENTENCE)
    for value, broken in (("Red", 1), ("Grey", 0)):
        listings.set_attribute(listing=drafted, user=alice, attribute=colour, text=value)
        assert link_published_text(drafted).broken == broken


def test_editing_another_sentence_does_not_hide_the_contradiction(drafted, publish, alice, colour):
    publish(drafted, COLOUR_SENTENCE, OWN_SENTENCE)
    listings.set_attribute(listing=drafted, user=alice, attribute=colour, text="Red")
    edit(drafted, alice, description=f"{COLOUR_SENTENCE} Collected from Leeds.")
    text = link_published_text(drafted)
    assert [bool(one["broken"]) for one in text.sentences] == [True, False]
    assert origins(text) == ["drafted", "own"]


def test_correcting_the_sentence_settles_it(drafted, publish, alice, colour):
    publish(drafted, COLOUR_SENTENCE)
    listings.set_attribute(listing=drafted, user=alice, attribute=colour, text="Red")
    edit(drafted, alice, description="The colour is red.")
    text = link_published_text(drafted)
    assert text.broken == 0
    assert text.sentences[0]["sources"] == ["Colour"]


def test_what_a_seller_writes_beside_the_facts_is_no_contradiction(drafted, publish, alice, colour):
    text = publish(drafted, "They were next to a purple lamp in Milan.")
    assert text.broken == 0
    listings.set_attribute(listing=drafted, user=alice, attribute=colour, text="Red")
    assert link_published_text(drafted).broken == 0


def test_nothing_is_linked_before_the_first_publication(drafted):
    assert link_published_text(drafted) is None


def test_linking_again_without_a_change_writes_nothing(drafted, publish):
    publish(drafted, COLOUR_SENTENCE)
    with CaptureQueriesContext(connection) as queries:
        link_published_text(drafted)
    assert not [one for one in queries if one["sql"].startswith(("INSERT", "UPDATE"))]


def test_lost_news_is_made_good_by_whoever_looks(drafted, publish, client, alice):
    publish(drafted, COLOUR_SENTENCE)
    PublishedText.objects.all().delete()
    client.force_login(alice)
    client.get(reverse("provenance", args=[drafted.public_id]))
    assert PublishedText.objects.get(listing=drafted).drafted_share == 1.0


# --- Who sees what ------------------------------------------------------------------------------


def page(client, listing, user=None):
    if user:
        client.force_login(user)
    return client.get(reverse("provenance", args=[listing.public_id]))


def test_the_seller_and_moderators_see_sentences_and_sources(drafted, publish, client, alice, mona):
    publish(drafted, COLOUR_SENTENCE, OWN_SENTENCE)
    for person in (alice, mona):
        html = page(client, drafted, person).content.decode()
        assert "said--drafted" in html and "said--own" in html
        assert "“grey”: Colour “Grey”" in html


def test_the_seller_and_moderators_are_told_of_the_contradiction(
    drafted, publish, client, alice, mona, colour
):
    publish(drafted, COLOUR_SENTENCE)
    listings.set_attribute(listing=drafted, user=alice, attribute=colour, text="Red")
    for person in (alice, mona):
        html = page(client, drafted, person).content.decode()
        assert "Colour is “Red”, it was “Grey”." in html


def test_buyers_read_one_line_and_no_sources(drafted, publish, client, bob):
    publish(drafted, COLOUR_SENTENCE)
    for person in (None, bob):
        html = page(client, drafted, person).content.decode()
        assert "Drafted with the listing assistant, checked by the seller." in html
        assert "Colour" not in html


def test_buyers_of_a_text_typed_by_the_seller_read_nothing(ready_draft, publish, client, alice):
    publish(ready_draft, OWN_SENTENCE)
    assert page(client, ready_draft).content.strip() == b""
    assert "You wrote this text yourself" in page(client, ready_draft, alice).content.decode()


def test_the_seller_may_hide_the_line_and_show_it_again(drafted, publish, client, alice):
    publish(drafted, COLOUR_SENTENCE)
    client.force_login(alice)
    for word, told in (("no", False), ("yes", True)):
        client.post(reverse("disclose_draft", args=[drafted.public_id]), {"disclose": word})
        assert is_told_to_buyers(PublishedText.objects.get(listing=drafted)) is told


def test_the_sellers_choice_outlives_a_change_of_the_text(drafted, publish, alice):
    publish(drafted, COLOUR_SENTENCE)
    set_disclosure(listing=drafted, user=alice, is_disclosed=False)
    edit(drafted, alice, description=f"{COLOUR_SENTENCE} {OWN_SENTENCE}")
    assert not link_published_text(drafted).is_disclosed


@pytest.mark.parametrize(("setting", "told"), [("always", True), ("never", False)])
def test_the_marketplaces_setting_goes_before_the_sellers_choice(
    drafted, publish, alice, settings, setting, told
):
    text = publish(drafted, COLOUR_SENTENCE)
    settings.DRAFT_DISCLOSURE = setting
    with pytest.raises(AssistantError) as refused:
        set_disclosure(listing=drafted, user=alice, is_disclosed=not told)
    assert refused.value.code == "not_yours_to_say"
    assert is_told_to_buyers(text) is told


def test_a_stranger_cannot_switch_it(drafted, publish, client, bob):
    publish(drafted, COLOUR_SENTENCE)
    client.force_login(bob)
    address = reverse("disclose_draft", args=[drafted.public_id])
    assert client.post(address, {"disclose": "no"}).status_code == 404
    assert PublishedText.objects.get(listing=drafted).is_disclosed


def test_a_hidden_listings_text_is_nobodys_business(drafted, publish, client, bob):
    publish(drafted, COLOUR_SENTENCE)
    Listing.objects.filter(pk=drafted.pk).update(state="held")
    assert page(client, drafted, bob).status_code == 404


def test_markup_in_a_sellers_text_is_shown_as_typed(drafted, publish, client, alice):
    publish(drafted, COLOUR_SENTENCE, "<script>alert(1)</script> is what my cat typed.")
    html = page(client, drafted, alice).content.decode()
    assert "<script>" not in html and "&lt;script&gt;" in html


def test_the_listings_page_and_the_case_load_it_by_address(drafted, publish, client, bob):
    publish(drafted, COLOUR_SENTENCE)
    html = client.get(drafted.get_absolute_url()).content.decode()
    assert f'hx-get="{reverse("provenance", args=[drafted.public_id])}"' in html
