"""Long work is not taken for a dead worker's, and work that was lost is not kept alive."""

from __future__ import annotations

import time
from datetime import datetime

import pytest

from listing_assistant.assistant import pipeline, policy
from listing_assistant.assistant.alive import kept_alive
from listing_assistant.assistant.models import Analysis

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def often(monkeypatch):
    monkeypatch.setattr(policy, "ALIVE_SECONDS", 0.02)


def claimed_until(analysis: Analysis) -> datetime:
    until = Analysis.objects.get(pk=analysis.pk).claimed_until
    assert until is not None
    return until


def test_a_claim_is_renewed_while_a_step_computes(analysis):
    claim = pipeline.take_claim(analysis.pk)
    first = claimed_until(analysis)
    with kept_alive(lambda: pipeline.renew_claim(analysis.pk, claim)):
        deadline = time.monotonic() + 30
        while claimed_until(analysis) == first and time.monotonic() < deadline:
            time.sleep(0.02)
        assert claimed_until(analysis) > first


def test_a_claim_that_was_taken_over_is_left_to_its_holder(analysis):
    lost = pipeline.take_claim(analysis.pk)
    held = pipeline.take_claim(analysis.pk, takeover=True)
    until = claimed_until(analysis)
    assert not pipeline.renew_claim(analysis.pk, lost)
    assert claimed_until(analysis) == until
    assert pipeline.renew_claim(analysis.pk, held)
    assert claimed_until(analysis) > until


def test_renewing_ends_with_the_work(analysis):
    calls: list[bool] = []
    with kept_alive(lambda: not calls.append(True)):
        while not calls:
            time.sleep(0.01)
    said = len(calls)
    time.sleep(0.2)
    assert len(calls) == said
