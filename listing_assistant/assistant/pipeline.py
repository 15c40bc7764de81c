"""One analysis from claim to end, safe to start twice, to kill anywhere and to take over.

1  claim the analysis by a conditional update; somebody else's live claim is left alone
2  for each step that is not done yet: stop if the listing has changed meanwhile
3  compute outside any transaction, renewing the claim from a second thread
4  in one transaction, and only while the claim is still ours: replace the step's suggestions,
   mark the step done, renew the claim
5  mark the analysis done
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Sequence
from datetime import timedelta

import structlog
from django.db import transaction
from django.db.models import F, Max, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from listing_assistant.assistant import comparing, details, policy, steps
from listing_assistant.assistant.alive import kept_alive
from listing_assistant.assistant.drafting import step as drafting
from listing_assistant.assistant.drafting import versions
from listing_assistant.assistant.findings import Finding, content_hash
from listing_assistant.assistant.inference import UnavailableError
from listing_assistant.assistant.models import Analysis, Evidence, Step, Suggestion
from listing_assistant.assistant.signals import analysis_finished
from listing_assistant.assistant.staff_models import ExtractionRun
from listing_assistant.listings.models import Listing

log = structlog.get_logger(__name__)

Status = Analysis.Status

KINDS_OF = {
    Step.ENCODE: (),
    Step.MISMATCH: (Suggestion.Kind.MISMATCH,),
    Step.CATEGORY: (Suggestion.Kind.CATEGORY,),
    Step.ATTRIBUTES: (Suggestion.Kind.ATTRIBUTE, Suggestion.Kind.QUESTION),
    Step.DESCRIPTION: (Suggestion.Kind.DESCRIPTION, Suggestion.Kind.TITLE),
    Step.QUALITY: (Suggestion.Kind.QUALITY,),
}

COMPUTE: dict[Step, Callable[[steps.Look], list[Finding]]] = {
    Step.ENCODE: steps.encode,
    Step.MISMATCH: comparing.judge_match,
    Step.CATEGORY: steps.suggest_categories,
    Step.ATTRIBUTES: details.identify_and_ask,
    Step.DESCRIPTION: drafting.draft_texts,
    Step.QUALITY: steps.check_quality,
}


class ClaimLostError(Exception):
    """Another worker has taken the analysis over; what was computed here is not needed."""


def run(analysis_id: int, *, takeover: bool = False) -> None:
    """Bring an analysis to its end, or leave it to the worker that holds it.

    `takeover` is for a delivery that the broker repeats: the worker that had it is gone.
    """
    claim = take_claim(analysis_id, takeover=takeover)
    if claim is None:
        return
    try:
        analysis = Analysis.objects.select_related("listing__category").get(pk=analysis_id)
        look = steps.Look(analysis)
        for step in Step:
            if step not in analysis.steps_done:
                if _set_aside_if_superseded(analysis_id, claim):
                    log.info("analysis_superseded", analysis=analysis_id, before=step)
                    return
                with kept_alive(lambda: renew_claim(analysis_id, claim)):
                    findings, note = _compute(step, look)
                store_step(analysis_id, claim, step, findings, note)
        _finish(analysis_id, claim)
    except ClaimLostError:
        log.info("analysis_claim_lost", analysis=analysis_id)


def take_claim(analysis_id: int, *, takeover: bool = False) -> uuid.UUID | None:
    """A token that lets its holder write, or None: finished, claimed, or tried too often."""
    now, claim = timezone.now(), uuid.uuid4()
    free = Q() if takeover else Q(claimed_until=None) | Q(claimed_until__lt=now)
    won = Analysis.objects.filter(
        free,
        pk=analysis_id,
        status__in=(Status.QUEUED, Status.RUNNING),
        attempts__lt=policy.MAX_ATTEMPTS,
    ).update(
        status=Status.RUNNING,
        claim=claim,
        claimed_until=now + timedelta(seconds=policy.CLAIM_SECONDS),
        started_at=Coalesce("started_at", now),
        attempts=F("attempts") + 1,
    )
    return claim if won else None


def renew_claim(analysis_id: int, claim: uuid.UUID) -> bool:
    """Whether it is still held: a step may take longer than a claim does."""
    held = Analysis.objects.filter(pk=analysis_id, status=Status.RUNNING, claim=claim)
    until = timezone.now() + timedelta(seconds=policy.CLAIM_SECONDS)
    return bool(held.update(claimed_until=until))


@transaction.atomic
def store_step(
    analysis_id: int, claim: uuid.UUID, step: Step, findings: list[Finding], note: str
) -> None:
    """Replace the step's suggestions. Raises ClaimLostError."""
    analysis = _held(analysis_id, claim)
    for kind in KINDS_OF[step]:
        replace_suggestions(analysis, kind, [one for one in findings if one.kind == kind])
    if step == Step.DESCRIPTION:
        versions.show_newest(analysis.listing)
    analysis.steps_done = [*analysis.steps_done, step]
    if note:
        analysis.notes = {**analysis.notes, step: note}
    analysis.claimed_until = timezone.now() + timedelta(seconds=policy.CLAIM_SECONDS)
    analysis.save(update_fields=["steps_done", "notes", "claimed_until"])


def replace_suggestions(analysis: Analysis, kind: Suggestion.Kind, findings: list[Finding]) -> None:
    """What the seller has decided or asked for stays: it is never deleted, only followed."""
    analysis.suggestions.filter(kind=kind, choices=None, draft_jobs=None).delete()
    add_suggestions(analysis, kind, findings, first_rank=next_rank(analysis, kind))


def next_rank(analysis: Analysis, kind: Suggestion.Kind) -> int:
    last = analysis.suggestions.filter(kind=kind).aggregate(last=Max("rank"))["last"]
    return 0 if last is None else last + 1


def add_suggestions(
    analysis: Analysis,
    kind: Suggestion.Kind,
    findings: Sequence[Finding],
    *,
    first_rank: int,
    run: ExtractionRun | None = None,
) -> list[Suggestion]:
    """Beside what is there. What the seller has decided in an earlier analysis is decided here."""
    decided = _decided_before(analysis.listing, kind)
    rows = [
        Suggestion(
            analysis=analysis,
            kind=kind,
            key=finding.key,
            rank=finding.rank + first_rank,
            label=finding.label,
            value=finding.value,
            about=finding.about,
            confidence=finding.confidence,
            state=decided.get(_identity(finding.key, finding.value), Suggestion.State.OPEN),
            run=run,
        )
        for finding in findings
    ]
    Suggestion.objects.bulk_create(rows)
    Evidence.objects.bulk_create(
        Evidence(
            suggestion=row,
            kind=clue.kind,
            field=clue.field,
            start=clue.start,
            end=clue.end,
            text=clue.text[:300],
            photo_id=clue.photo_id,
            **(clue.region._asdict() if clue.region else {}),
            seen_image=clue.seen_image,
            neighbour_id=clue.neighbour_id,
            weight=clue.weight,
        )
        for row, finding in zip(rows, findings, strict=True)
        for clue in finding.clues
    )
    return rows


def _compute(step: Step, look: steps.Look) -> tuple[list[Finding], str]:
    """The step's findings, or the reason why it has none: one broken model costs one step."""
    try:
        return COMPUTE[step](look), ""
    except UnavailableError as error:
        log.warning("step_unavailable", step=step, reason=error.reason)
        return [], error.reason


def _decided_before(listing: Listing, kind: Suggestion.Kind) -> dict[tuple[str, str], str]:
    """Suggestion → what the seller last made of the same one in an earlier analysis."""
    earlier = Suggestion.objects.filter(analysis__listing=listing, kind=kind)
    rows = earlier.order_by("analysis_id", "rank").values_list("key", "value", "state")
    return {_identity(key, value): state for key, value, state in rows}


def _identity(key: str, value: object) -> tuple[str, str]:
    """As the database gives it back: with lists for tuples and texts for an object's keys."""
    return key, json.dumps(value, sort_keys=True)


@transaction.atomic
def _set_aside_if_superseded(analysis_id: int, claim: uuid.UUID) -> bool:
    analysis = _held(analysis_id, claim)
    if content_hash(analysis.listing) == analysis.content_hash:
        return False
    analysis.status = Status.SUPERSEDED
    analysis.claim = analysis.claimed_until = None
    analysis.save(update_fields=["status", "claim", "claimed_until"])
    return True


@transaction.atomic
def _finish(analysis_id: int, claim: uuid.UUID) -> None:
    analysis = _held(analysis_id, claim)
    analysis.status = Status.DONE
    analysis.claim = analysis.claimed_until = None
    analysis.finished_at = timezone.now()
    analysis.save(update_fields=["status", "claim", "claimed_until", "finished_at"])
    analysis_finished.send(sender=Analysis, analysis=analysis)


def _held(analysis_id: int, claim: uuid.UUID) -> Analysis:
    """The locked row. The listing is read after the lock, so it is what it says now."""
    mine = Analysis.objects.select_for_update().filter(
        pk=analysis_id, status=Status.RUNNING, claim=claim
    )
    analysis = mine.first()
    if analysis is None:
        raise ClaimLostError
    return analysis
