"""What a seller states against what the assistant reads: on the case's page, and as a case."""

from __future__ import annotations

import pytest
from django.urls import reverse

from listing_assistant.assistant.findings import content_hash
from listing_assistant.assistant.models import Analysis, Evidence, Suggestion
from listing_assistant.assistant.signals import analysis_finished, suggestions_added
from listing_assistant.listings import services as listings
from listing_assistant.listings.models import Listing
from listing_assistant.moderation import claims, policy, services
from listing_assistant.moderation.models import Case

pytestmark = pytest.mark.django_db

SURE = policy.CLAIM_CONFIDENCE


@pytest.fixture
def state(alice, colour):
    """Alice states the colour of a listing of hers."""

    def say(listing: Listing, text: str) -> None:
        listings.set_attribute(listing=listing, user=alice, attribute=colour, text=text)

    return say


@pytest.fixture
def reads(colour):
    """A finished analysis that reads a colour in the listing's title."""

    def find(listing: Listing, text: str, confidence: float = SURE, state: str = "open"):
        analysis, _ = Analysis.objects.get_or_create(
            listing=listing,
            content_hash=content_hash(listing),
            defaults={"input_hash": listing.title, "status": Analysis.Status.DONE},
        )
        suggestion = Suggestion.objects.create(
            analysis=analysis,
            kind=Suggestion.Kind.ATTRIBUTE,
            key=str(colour.pk),
            rank=analysis.suggestions.count(),
            label=f"Colour: {text}",
            value={"attribute": colour.pk, "value": None, "text": text, "texts": [text]},
            confidence=confidence,
            state=state,
        )
        Evidence.objects.create(
            suggestion=suggestion, kind="text", field="title", start=0, end=7, text="Running"
        )
        return suggestion

    return find


def open_claims() -> list[str]:
    return list(Case.objects.filter(kind="claim", state="open").values_list("reason", flat=True))


def test_a_detail_that_the_title_contradicts_is_a_case_when_it_goes_live(
    ready_draft, alice, state, reads
):
    state(ready_draft, "Grey")
    found = reads(ready_draft, "Red")
    assert open_claims() == []
    listing = listings.publish_listing(listing=ready_draft, user=alice)
    assert open_claims() == ["Colour: the seller states “Grey”, the title says “Red”."]
    case = Case.objects.get(kind="claim")
    assert (case.suggestion, case.risk) == (found, pytest.approx(policy.CLAIM_RISK * SURE))
    assert listing.state == "live", "nobody is harmed before a look at it"


@pytest.mark.parametrize(
    ("stated", "read", "confidence"),
    [
        ("Grey", "Red", SURE - 0.01),  # not sure enough
        ("Grey", "Grey", 1.0),
        ("gray", "Grey", 1.0),  # a synonym
        ("Blue", "Dark blue", 1.0),  # one says more than the other
        ("Navy", "Blue", 1.0),  # so does another spelling of it, "navy blue"
        ("", "Red", 1.0),  # nothing is stated
        ("Running", "Red", 1.0),  # the title says what is stated too: "Running shoes …"
    ],
)
def test_what_is_unsure_or_agrees_opens_nothing(
    live_listing, colour, state, reads, stated, read, confidence
):
    colour.values.create(source_id="navy", value="Navy", synonyms=["navy blue"])
    reads(live_listing, read, confidence)
    if stated:
        state(live_listing, stated)
    claims.review_claims(listing=live_listing)
    assert open_claims() == []


def test_words_of_another_detail_contradict_nothing(live_listing, height, alice, state, reads):
    """A lens for "Sony E" is none of Sony's."""
    height.kind = "text"
    height.save()
    listings.set_attribute(listing=live_listing, user=alice, attribute=height, text="Red label")
    reads(live_listing, "Red")
    state(live_listing, "Grey")
    assert open_claims() == []


def test_a_detail_that_buyers_do_not_pay_for_opens_nothing(
    live_listing, colour, state, reads, monkeypatch
):
    monkeypatch.setattr(policy, "CLAIM_ATTRIBUTES", ("Brand",))
    reads(live_listing, "Red")
    state(live_listing, "Grey")
    assert open_claims() == []
    (claim,) = claims.claims_of(live_listing)
    assert claim.disagrees and claim.stated == "Grey"


@pytest.mark.parametrize("news", ["analysis", "run", "seller"])
def test_news_of_a_live_listing_is_looked_at(live_listing, state, reads, news):
    if news != "seller":
        state(live_listing, "Grey")
    found = reads(live_listing, "Red")
    if news == "analysis":
        analysis_finished.send(sender=Analysis, analysis=found.analysis)
    elif news == "run":
        suggestions_added.send(sender=Analysis, listing=live_listing)
    else:
        state(live_listing, "Grey")
    assert len(open_claims()) == 1


def test_a_case_is_closed_when_the_seller_puts_it_right(live_listing, state, reads):
    reads(live_listing, "Red")
    state(live_listing, "Grey")
    assert len(open_claims()) == 1
    state(live_listing, "Red")
    assert open_claims() == []


def test_what_a_moderator_approved_is_no_case_again(live_listing, mona, state, reads):
    """Nor when the seller turned the suggestion down in a later analysis of another title."""
    reads(live_listing, "Red")
    state(live_listing, "Grey")
    case = Case.objects.get(kind="claim")
    decision = services.decide_case(case=case, moderator=mona, action="approve")
    Listing.objects.filter(pk=live_listing.pk).update(title="Running shoes")
    live_listing.refresh_from_db()
    reads(live_listing, "Red", state="edited")
    claims.review_claims(listing=live_listing)
    assert open_claims() == []
    services.undo_decision(decision=decision, moderator=mona)
    assert len(open_claims()) == 1


def test_another_contradiction_after_an_approval_is_a_case(live_listing, mona, state, reads):
    reads(live_listing, "Red")
    state(live_listing, "Grey")
    services.decide_case(case=Case.objects.get(kind="claim"), moderator=mona, action="approve")
    state(live_listing, "Green")
    assert open_claims() == ["Colour: the seller states “Green”, the title says “Red”."]


def test_a_seller_who_insists_lowers_the_risk(live_listing, state, reads):
    reads(live_listing, "Red", state="edited")
    state(live_listing, "Grey")
    risk = policy.CLAIM_RISK * SURE * policy.SELLER_INSISTED_FACTOR
    assert Case.objects.get(kind="claim").risk == pytest.approx(risk)


def test_an_approved_detail_lets_no_photo_pass(live_listing, mona, state, reads, mismatch_in):
    """The approval of one finding of an analysis says nothing of another one."""
    found = reads(live_listing, "Red")
    state(live_listing, "Grey")
    services.decide_case(case=Case.objects.get(kind="claim"), moderator=mona, action="approve")
    mismatch = mismatch_in(live_listing, 0.85)
    Analysis.objects.filter(pk=mismatch.analysis_id).update(input_hash="other")
    Suggestion.objects.filter(pk=mismatch.pk).update(analysis=found.analysis)
    Analysis.objects.filter(pk=found.analysis_id).update(finished_at=found.analysis.created_at)
    services.review_listing(listing=live_listing)
    assert Case.objects.filter(kind="mismatch", state="open").exists()


def test_the_newest_of_several_suggestions_counts(live_listing, state, reads):
    reads(live_listing, "Red")
    reads(live_listing, "Grey")
    state(live_listing, "Grey")
    assert open_claims() == []


def test_the_cases_page_sets_both_side_by_side_with_the_evidence(
    client, mona, live_listing, state, reads
):
    reads(live_listing, "Red")
    state(live_listing, "Grey")
    case = Case.objects.get(kind="claim")
    client.force_login(mona)
    page = client.get(reverse("moderation_case", args=[case.pk])).content.decode()
    row = page[page.index("The assistant reads") :]
    for said in ("Colour", "differs", "Grey", "Red", "90% sure", "<mark>Running</mark>"):
        assert said in row
    assert 'class="denied"' not in page, "the photos deny nothing here"
    assert "Details disagree" in client.get(reverse("moderation_queue")).content.decode()


def test_the_page_remembers_what_was_read_then(client, mona, live_listing, state, reads):
    found = reads(live_listing, "Red")
    state(live_listing, "Grey")
    case = Case.objects.get(kind="claim")
    found.delete()
    client.force_login(mona)
    page = client.get(reverse("moderation_case", args=[case.pk])).content.decode()
    assert "Colour was stated as “Grey” and read as “Red”" in page
