"""What sellers make of drafts: recorded once, counted as defined."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from statistics import median

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from scipy.stats import binomtest

from listing_assistant.assistant import choices, outcomes
from listing_assistant.assistant.models import Analysis, DraftOutcome, Suggestion
from listing_assistant.assistant.outcomes import rate, record_outcome
from listing_assistant.listings import services as listings

DRAFT = "Red shoes for running. They are in good condition."
Decision = DraftOutcome.Decision


@pytest.fixture
def offer(django_capture_on_commit_callbacks):
    """Gives a listing a draft as the pipeline does."""

    def run(listing, text=DRAFT, **about):
        analysis = Analysis.objects.create(
            listing=listing, content_hash="c", input_hash=str(listing.analyses.count())
        )
        suggestion = Suggestion.objects.create(
            analysis=analysis, kind=Suggestion.Kind.DESCRIPTION, label="d", confidence=0.9,
            value={"text": text, "sentences": [
                {"text": f"{one}.", "gap": " ", "sources": [], "claims": []}
                for one in text.rstrip(".").split(". ")
            ]},
            about={"engine": "realiser", "release": "r1", "language": "en"} | about,
        )  # fmt: skip
        record_outcome(listing)
        return suggestion

    return run


@pytest.fixture
def decide(alice, django_capture_on_commit_callbacks):
    def run(how, suggestion, **value):
        with django_capture_on_commit_callbacks(execute=True):
            getattr(choices, f"{how}_suggestion")(suggestion=suggestion, user=alice, **value)

    return run


@pytest.fixture
def publish(alice, django_capture_on_commit_callbacks):
    def run(listing, text=None):
        with django_capture_on_commit_callbacks(execute=True):
            if text is not None:
                changes = {"description": text}
                listings.edit_listing(listing=listing, user=alice, changes=changes, version=None)
            listings.publish_listing(listing=listing, user=alice)
        return DraftOutcome.objects.filter(listing=listing).first()

    return run


def outcome_of(listing):
    return DraftOutcome.objects.get(listing=listing)


def test_an_offered_draft_is_a_row_that_nobody_has_decided(ready_draft, offer):
    offer(ready_draft)
    row = outcome_of(ready_draft)
    assert (row.decision, row.engine, row.language) == (Decision.OPEN, "realiser", "en")
    assert row.published_at is None and row.time_to_publish is None


def test_a_listing_without_a_draft_has_no_row(ready_draft, publish):
    assert publish(ready_draft, "My own words.") is None


def test_a_draft_that_comes_after_publication_was_not_offered_for_it(ready_draft, publish, offer):
    publish(ready_draft, "My own words.")
    offer(ready_draft)
    assert not DraftOutcome.objects.exists()


def test_the_sellers_click_counts_until_publication(ready_draft, offer, decide, alice):
    suggestion = offer(ready_draft)
    decide("accept", suggestion)
    assert outcome_of(ready_draft).decision == Decision.ACCEPTED
    choices.undo_choice(suggestion=suggestion, user=alice)
    decide("reject", suggestion)
    assert outcome_of(ready_draft).decision == Decision.REJECTED


def test_published_as_it_was(ready_draft, offer, decide, publish):
    decide("accept", offer(ready_draft))
    row = publish(ready_draft)
    assert (row.decision, row.edit_distance, row.drafted_share) == (Decision.ACCEPTED, 0.0, 1.0)
    assert row.published_at > row.offered_at
    assert row.time_to_publish == row.published_at - row.offered_at


def test_published_after_an_edit_with_the_words_counted(ready_draft, offer, decide, publish):
    decide("accept", offer(ready_draft))
    # Of nine words one is changed and none is left out.
    row = publish(ready_draft, DRAFT.replace("good", "fair"))
    assert row.decision == Decision.EDITED
    assert row.edit_distance == pytest.approx(1 / 9)


def test_accepted_and_then_written_anew_is_not_taken(ready_draft, offer, decide, publish):
    decide("accept", offer(ready_draft))
    row = publish(ready_draft, "Bought for a marathon that never came, collected from Leeds.")
    assert (row.decision, row.drafted_share) == (Decision.REJECTED, 0.0)


def test_of_several_versions_the_nearest_that_was_taken_counts(ready_draft, offer, decide, publish):
    decide("accept", offer(ready_draft, engine="first"))
    second = "They are in good condition. Size and colour as in the photos."
    decide("accept", offer(ready_draft, second, engine="second"))
    row = publish(ready_draft, second)
    assert (row.edit_distance, row.engine) == (0.0, "second")


def test_the_first_publication_settles_the_row(
    ready_draft, offer, decide, publish, alice, django_capture_on_commit_callbacks
):
    decide("accept", offer(ready_draft))
    first = publish(ready_draft)
    with django_capture_on_commit_callbacks(execute=True):
        changes = {"description": "Something else by now, in other words altogether."}
        listings.edit_listing(listing=ready_draft, user=alice, changes=changes, version=None)
    later = outcome_of(ready_draft)
    assert (later.decision, later.edit_distance) == (first.decision, first.edit_distance)


def test_recording_twice_is_recording_once(ready_draft, offer):
    offer(ready_draft)
    first = outcome_of(ready_draft)
    record_outcome(ready_draft)
    assert outcome_of(ready_draft).offered_at == first.offered_at


# --- Counting -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("count", "of"), [(0, 5), (8, 10), (10, 10), (72, 100)])
def test_the_interval_is_wilsons(count, of):
    expected = binomtest(count, of).proportion_ci(method="wilson")
    found = rate(count, of)
    assert found.share == count / of
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=1e-6)


def test_nothing_of_nothing_has_no_share():
    assert rate(0, 0).share is None


@pytest.fixture
def rows(sell, alice, bob):
    """Six drafts of two engines: Alice's four, of which three were published, and Bob's two."""
    start = datetime(2026, 3, 2, 12, tzinfo=UTC)  # a Monday
    plan = [
        # seller, engine, day, decision, distance, minutes to publication
        (alice, "realiser", 0, Decision.ACCEPTED, 0.0, 2),
        (alice, "realiser", 1, Decision.EDITED, 0.2, 4),
        (alice, "realiser", 8, Decision.REJECTED, 0.9, 10),
        (alice, "realiser", 8, Decision.OPEN, None, None),
        (bob, "endpoint", 0, Decision.EDITED, 0.5, 6),
        (bob, "endpoint", 9, Decision.REJECTED, None, None),
    ]
    for seller, engine, day, decision, distance, minutes in plan:
        offered = start + timedelta(days=day)
        waited = None if minutes is None else timedelta(minutes=minutes)
        DraftOutcome.objects.create(
            listing=sell(seller=seller),
            engine=engine,
            release="r1",
            language="en",
            offered_at=offered,
            decision=decision,
            edit_distance=distance,
            drafted_share=None if waited is None else 1.0,
            published_at=None if waited is None else offered + waited,
        )
    return DraftOutcome.objects.all()


def test_the_total_counts_decisions_rates_and_medians(rows):
    total = outcomes.outcome_total(rows)
    assert (total.offered, total.accepted, total.edited, total.rejected) == (6, 1, 2, 2)
    assert (total.acceptance.count, total.acceptance.of) == (3, 6)
    assert (total.publish_rate.count, total.publish_rate.of) == (4, 6)
    # Of what was published with a draft: 0, 0.2 and 0.5; the rejected one does not count.
    assert total.edit_distance == pytest.approx(median([0.0, 0.2, 0.5]))
    assert total.time_to_publish == timedelta(minutes=5)


def test_by_engine_the_most_used_comes_first(rows):
    found = outcomes.outcome_rows(rows, by="engine")
    assert [(row.label, row.offered, row.acceptance.count) for row in found] == [
        ("realiser", 4, 2), ("endpoint", 2, 1),
    ]  # fmt: skip


def test_by_week_the_newest_comes_first(rows):
    found = outcomes.outcome_rows(rows, by="week")
    assert [(row.label, row.offered) for row in found] == [
        ("09 March 2026", 3), ("02 March 2026", 3),
    ]  # fmt: skip


@pytest.mark.parametrize("by", list(outcomes.GROUPS))
def test_every_grouping_adds_up_to_the_whole(rows, by):
    assert sum(row.offered for row in outcomes.outcome_rows(rows, by=by)) == 6


def test_days_are_counted_from_the_first_to_the_last_and_engines_apart(rows):
    first, last = datetime(2026, 3, 3).date(), datetime(2026, 3, 10).date()
    assert outcomes.outcomes(since=first, until=last).count() == 3
    assert outcomes.outcomes(engine="endpoint").count() == 2


def test_adoption_counts_sellers_and_not_listings(rows, charlie, sell):
    DraftOutcome.objects.create(
        listing=sell(seller=charlie), offered_at=datetime(2026, 3, 2, tzinfo=UTC)
    )
    found = outcomes.adoption(DraftOutcome.objects.all())
    assert (found.count, found.of) == (2, 3)


# --- The staff's page ---------------------------------------------------------------------------


@pytest.fixture
def staff(client, django_user_model):
    boss = django_user_model.objects.create_superuser("boss@example.org", "x", display_name="Boss")
    client.force_login(boss)
    return client


def page(client, **query):
    return client.get(reverse("admin:assistant_draftoutcome_changelist"), query)


def test_the_page_shows_the_table_and_the_papers_figure_as_a_definition(rows, staff):
    html = page(staff).content.decode()
    assert "50 % (19–81)" in html
    assert "Adoption: 100 % (34–100)" in html
    assert "For comparison of the definition, not as a claim" in html


def test_the_page_says_what_a_row_is_while_there_is_none(db, staff):
    html = page(staff).content.decode()
    assert "No draft was offered" in html
    assert "<table>" not in html


def test_filters_narrow_the_page(rows, staff):
    assert page(staff, engine="endpoint", by="week").context["total"].offered == 2
    assert page(staff, since="2026-03-10").context["total"].offered == 3


def test_a_bad_date_is_named_and_the_page_still_answers(rows, staff):
    response = page(staff, since="yesterday", by="moon")
    assert "since: “yesterday” is no date" in response.content.decode()
    assert response.context["total"].offered == 6


def test_sellers_do_not_see_it(rows, client, alice):
    client.force_login(alice)
    assert page(client).status_code == 302


def test_texts_are_exported_with_what_became_of_the_draft(
    ready_draft, offer, decide, publish, tmp_path
):
    decide("accept", offer(ready_draft))
    publish(ready_draft)
    file = tmp_path / "texts.jsonl"
    call_command("export_texts", file)
    (line,) = [json.loads(line) for line in file.read_text().splitlines()]
    assert line["id"] == str(ready_draft.public_id)
    assert (line["decision"], line["edit_distance"]) == ("accepted", 0.0)
    assert [one["origin"] for one in line["sentences"]] == ["drafted", "drafted"]


def test_an_export_into_nowhere_names_the_folder(db, tmp_path):
    with pytest.raises(CommandError, match="make it first"):
        call_command("export_texts", tmp_path / "nowhere" / "texts.jsonl")
