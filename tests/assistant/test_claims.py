"""Who may write to an analysis: one worker at a time, and never one that was given up."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from listing_assistant.assistant import pipeline, policy, services
from listing_assistant.assistant.findings import Finding
from listing_assistant.assistant.models import Analysis, Step, Suggestion
from listing_assistant.listings.models import Listing

pytestmark = pytest.mark.django_db

Kind = Suggestion.Kind
Status = Analysis.Status


def found(text: str, rank: int = 0) -> Finding:
    value = {"attribute": 1, "value": None, "text": text, "texts": [text]}
    return Finding(Kind.ATTRIBUTE, f"Colour: {text}", value, 0.9, key="1", rank=rank)


def forget(analysis: Analysis) -> None:
    """As if the worker that holds it had died a while ago."""
    past = timezone.now() - timedelta(seconds=1)
    Analysis.objects.filter(pk=analysis.pk).update(claimed_until=past)


def test_of_two_workers_one_wins(analysis):
    assert pipeline.take_claim(analysis.pk) is not None
    assert pipeline.take_claim(analysis.pk) is None


def test_a_dead_workers_analysis_is_taken_over_once_its_claim_runs_out(analysis):
    pipeline.take_claim(analysis.pk)
    forget(analysis)
    assert pipeline.take_claim(analysis.pk) is not None


def test_a_delivery_that_the_broker_repeats_takes_over_at_once(analysis):
    pipeline.take_claim(analysis.pk)
    assert pipeline.take_claim(analysis.pk, takeover=True) is not None


def test_a_worker_that_lost_its_claim_writes_nothing(analysis):
    slow = pipeline.take_claim(analysis.pk)
    quick = pipeline.take_claim(analysis.pk, takeover=True)
    pipeline.store_step(analysis.pk, quick, Step.ATTRIBUTES, [found("Red")], "")
    with pytest.raises(pipeline.ClaimLostError):
        pipeline.store_step(analysis.pk, slow, Step.ATTRIBUTES, [found("Blue")], "")
    assert [row.value["text"] for row in analysis.suggestions.all()] == ["Red"]


def test_a_step_stored_twice_leaves_one_set_of_suggestions(analysis):
    claim = pipeline.take_claim(analysis.pk)
    for _ in range(2):
        pipeline.store_step(analysis.pk, claim, Step.ATTRIBUTES, [found("Red")], "")
    assert analysis.suggestions.count() == 1


def test_a_claim_is_renewed_with_every_step(analysis):
    claim = pipeline.take_claim(analysis.pk)
    forget(analysis)
    pipeline.store_step(analysis.pk, claim, Step.MISMATCH, [], "")
    analysis.refresh_from_db()
    assert analysis.claimed_until > timezone.now()


def test_an_analysis_is_not_tried_for_ever(analysis):
    for _ in range(policy.MAX_ATTEMPTS):
        assert pipeline.take_claim(analysis.pk, takeover=True) is not None
    assert pipeline.take_claim(analysis.pk, takeover=True) is None


def test_the_sweeper_hands_out_the_lost_and_gives_up_the_hopeless(analysis, alice):
    pipeline.take_claim(analysis.pk)
    assert services.stale_analyses() == []
    forget(analysis)
    assert services.stale_analyses() == [analysis.pk]
    Analysis.objects.filter(pk=analysis.pk).update(attempts=policy.MAX_ATTEMPTS)
    assert services.stale_analyses() == []
    analysis.refresh_from_db()
    assert analysis.status == Status.FAILED


def test_a_message_that_never_arrived_is_sent_again(analysis):
    assert services.stale_analyses() == []
    long_ago = timezone.now() - timedelta(seconds=policy.CLAIM_SECONDS + 1)
    Analysis.objects.filter(pk=analysis.pk).update(created_at=long_ago)
    assert services.stale_analyses() == [analysis.pk]


def test_an_analysis_of_what_the_listing_no_longer_says_is_set_aside(analysis):
    Listing.objects.filter(pk=analysis.listing_id).update(title="Something else")
    pipeline.run(analysis.pk)
    analysis.refresh_from_db()
    assert (analysis.status, analysis.steps_done) == (Status.SUPERSEDED, [])


def test_a_finished_analysis_is_not_run_again(analysis):
    Analysis.objects.filter(pk=analysis.pk).update(status=Status.DONE)
    assert pipeline.take_claim(analysis.pk, takeover=True) is None
