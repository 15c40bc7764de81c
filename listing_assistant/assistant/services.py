"""Starting the assistant, and starting it again."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from listing_assistant.assistant import inference, policy, selectors
from listing_assistant.assistant.errors import AssistantError
from listing_assistant.assistant.findings import content_hash, input_hash
from listing_assistant.assistant.models import Analysis
from listing_assistant.listings.models import Listing

Status = Analysis.Status


@transaction.atomic
def start_analysis(*, listing: Listing) -> Analysis:
    """The analysis of what the listing says now, started unless it has been already.

    Raises AssistantError("nothing_to_analyse") when there is neither photo nor title.
    """
    if not selectors.has_content(listing):
        raise AssistantError("nothing_to_analyse", "Add a photo or a title first.")
    content = content_hash(listing)
    analysis, created = Analysis.objects.get_or_create(
        listing=listing,
        input_hash=input_hash(content, inference.releases()),
        defaults={"content_hash": content},
    )
    if created:
        enqueue(analysis)
        return analysis
    # The row lock orders this after a worker that is just now setting the analysis aside.
    analysis = Analysis.objects.select_for_update().get(pk=analysis.pk)
    if analysis.status == Status.SUPERSEDED:
        _queue_again(analysis)
    return analysis


@transaction.atomic
def retry_analysis(*, analysis: Analysis) -> Analysis:
    """Run again what stopped: all that is missing of a failed one, the noted steps of a done one.

    Raises AssistantError("not_stopped").
    """
    analysis = Analysis.objects.select_for_update().get(pk=analysis.pk)
    if analysis.is_under_way:
        raise AssistantError("not_stopped", "The assistant is still at it.")
    if analysis.status == Status.DONE and not analysis.notes:
        raise AssistantError("not_stopped", "The assistant has finished; nothing went wrong.")
    analysis.steps_done = [step for step in analysis.steps_done if step not in analysis.notes]
    _queue_again(analysis)
    return analysis


def enqueue(analysis: Analysis) -> None:
    from listing_assistant.assistant.tasks import run_analysis

    transaction.on_commit(lambda: run_analysis.delay(analysis.pk))


def _queue_again(analysis: Analysis) -> None:
    analysis.status = Status.QUEUED
    analysis.notes = {}
    analysis.attempts = 0
    analysis.claim = None
    analysis.claimed_until = None
    analysis.finished_at = None
    analysis.save()
    enqueue(analysis)


def stale_analyses() -> list[int]:
    """Ids of unfinished analyses that nobody holds; those tried too often are given up here."""
    now = timezone.now()
    lost = Q(claimed_until__lt=now) | Q(
        claimed_until=None, created_at__lt=now - timedelta(seconds=policy.CLAIM_SECONDS)
    )
    stale = Analysis.objects.filter(lost, status__in=(Status.QUEUED, Status.RUNNING))
    stale.filter(attempts__gte=policy.MAX_ATTEMPTS).update(
        status=Status.FAILED, claim=None, claimed_until=None, finished_at=now
    )
    return list(stale.values_list("pk", flat=True))
