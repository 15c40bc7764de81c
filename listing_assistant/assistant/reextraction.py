"""Reading the details of everything for sale anew, after new models or an edited vocabulary.

1  `begin` makes the run's row; one run at a time
2  `read_batch` claims the next few listings by a conditional update on run and position
3  their details are read outside any transaction
4  in one transaction, and only while the claim is still ours: suggestions that are new, the counts
   of the report and the position
5  a message for the next position follows; the beat sends it again where it got lost

Killed anywhere, a batch is read again and stored once. Nothing that a seller said or decided is
touched: the run adds suggestions, in the place of those of its own kind that nobody has looked at.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

import structlog
from django.db import IntegrityError, transaction
from django.db.models import F, Max, Q, QuerySet
from django.utils import timezone

from listing_assistant.accounts.models import User
from listing_assistant.assistant import details, inference, pipeline, policy, selectors
from listing_assistant.assistant.errors import AssistantError
from listing_assistant.assistant.findings import Finding, content_hash, input_hash
from listing_assistant.assistant.inference import UnavailableError
from listing_assistant.assistant.models import Analysis, Step, Suggestion
from listing_assistant.assistant.signals import suggestions_added
from listing_assistant.assistant.staff_models import ExtractionRun
from listing_assistant.assistant.steps import Look
from listing_assistant.listings.models import Listing, State

log = structlog.get_logger(__name__)

Status = ExtractionRun.Status
Outcome = Literal["agree", "add", "change"]
# Beside the models' releases it makes the input of an analysis that has read nothing but details.
DETAILS_ALONE = "details alone"


@dataclass(frozen=True)
class Batch:
    """What one call has done: `listings` read, and the position after them."""

    listings: int
    position: int
    is_last: bool


@dataclass(frozen=True)
class Progress:
    """`left` is None while nothing tells how fast it goes."""

    done: int
    total: int
    left: timedelta | None

    @property
    def share(self) -> float:
        return min(1.0, self.done / self.total) if self.total else 1.0


@dataclass(frozen=True)
class _Read:
    """A listing's details as the models see them now."""

    listing: Listing
    content_hash: str
    findings: list[Finding]


# --- What staff do ------------------------------------------------------------------------------


def begin(*, user: User | None) -> ExtractionRun:
    """Start reading. Raises AssistantError("under_way") while another run is not finished."""
    live = Listing.objects.filter(state=State.LIVE)
    try:
        with transaction.atomic():
            run = ExtractionRun.objects.create(
                begun_by=user,
                releases=list(inference.releases()),
                until=live.aggregate(newest=Max("pk"))["newest"] or 0,
                total=live.count(),
                measured_from=timezone.now(),
            )
            _send(run)
    except IntegrityError as error:
        raise AssistantError(
            "under_way", "A run is under way already: wait for it, or cancel it."
        ) from error
    log.info("extraction_begun", run=run.pk, listings=run.total)
    return run


def pause(*, run: ExtractionRun) -> bool:
    """The batch that is being read is still stored. False where nothing was running."""
    return _of(run, Status.RUNNING).update(status=Status.PAUSED, note="") == 1


def resume(*, run: ExtractionRun) -> bool:
    """Go on where the pause began. False where nothing was paused."""
    with transaction.atomic():
        resumed = _of(run, Status.PAUSED).update(
            status=Status.RUNNING,
            note="",
            attempts=0,
            measured_from=timezone.now(),
            done_then=F("done"),
        )
        if resumed:
            run.refresh_from_db()
            _send(run)
    return resumed == 1


def cancel(*, run: ExtractionRun) -> bool:
    """End it for good; what it has suggested so far stays. False where it had ended."""
    return (
        _of(run, Status.RUNNING, Status.PAUSED).update(
            status=Status.CANCELLED, finished_at=timezone.now(), claim=None, claimed_until=None
        )
        == 1
    )


def _of(run: ExtractionRun, *statuses: Status) -> QuerySet[ExtractionRun]:
    return ExtractionRun.objects.filter(pk=run.pk, status__in=statuses)


def _send(run: ExtractionRun) -> None:
    from listing_assistant.assistant.tasks import read_on

    # `robust`: without the broker the run waits for the beat, which sends the message again.
    transaction.on_commit(lambda: read_on.delay(run.pk, run.position), robust=True)


# --- What staff read ----------------------------------------------------------------------------


def newest_run() -> ExtractionRun | None:
    return ExtractionRun.objects.first()


def run_to_continue() -> ExtractionRun | None:
    """The running one, unless a worker holds it."""
    free = Q(claimed_until=None) | Q(claimed_until__lt=timezone.now())
    return ExtractionRun.objects.filter(free, status=Status.RUNNING).first()


def progress_of(run: ExtractionRun) -> Progress:
    made = run.done - run.done_then
    if run.status != Status.RUNNING or made <= 0:
        return Progress(run.done, run.total, None)
    each = (timezone.now() - run.measured_from) / made
    return Progress(run.done, run.total, each * max(0, run.total - run.done))


# --- One batch ----------------------------------------------------------------------------------


def read_batch(
    *, run_id: int, position: int, limit: int = policy.RUN_BATCH, takeover: bool = False
) -> Batch | None:
    """Read the next listings after `position`. None where the batch is not ours to read.

    `takeover` is for a delivery that the broker repeats: the worker that had it is gone.
    """
    claim = _take_claim(run_id, position, takeover=takeover)
    if claim is None:
        return None
    run = ExtractionRun.objects.get(pk=run_id)
    listings = list(
        Listing.objects.filter(state=State.LIVE, pk__gt=position, pk__lte=run.until)
        .select_related("category__taxonomy")
        .order_by("pk")[:limit]
    )
    try:
        read = [_read(listing) for listing in listings]
    except UnavailableError as error:
        _stop(run_id, claim, error.reason)
        return None
    batch = Batch(
        listings=len(listings),
        position=listings[-1].pk if listings else position,
        is_last=len(listings) < limit,
    )
    return batch if _store(run_id, claim, batch, read) else None


def _take_claim(run_id: int, position: int, *, takeover: bool = False) -> uuid.UUID | None:
    """A token that lets its holder write the batch after `position`; None if it is not free."""
    now, claim = timezone.now(), uuid.uuid4()
    free = Q() if takeover else Q(claimed_until=None) | Q(claimed_until__lt=now)
    waiting = ExtractionRun.objects.filter(
        free, pk=run_id, status=Status.RUNNING, position=position
    )
    # What has killed so many workers would kill the next one: people have to look.
    if waiting.filter(attempts__gte=policy.MAX_ATTEMPTS).update(
        status=Status.PAUSED,
        note=f"Stopped {policy.MAX_ATTEMPTS} times at the listings after number {position};"
        " the worker's log says why. Resume to try again.",
    ):
        return None
    won = waiting.update(
        claim=claim,
        claimed_until=now + timedelta(seconds=policy.RUN_CLAIM_SECONDS),
        attempts=F("attempts") + 1,
    )
    return claim if won else None


def _stop(run_id: int, claim: uuid.UUID, reason: str) -> None:
    ExtractionRun.objects.filter(pk=run_id, claim=claim, status=Status.RUNNING).update(
        status=Status.PAUSED, note=reason[:300], claim=None, claimed_until=None
    )
    log.warning("extraction_stopped", run=run_id, reason=reason)


def _read(listing: Listing) -> _Read:
    """Raises UnavailableError."""
    content = content_hash(listing)
    analysis = _finished_analysis(listing)
    look = Look(analysis or Analysis(listing=listing))
    if analysis is None:
        # Nobody has compared photos and title, so nobody doubts them.
        look.trusted_photo_vectors = look.photo_vectors
    sure = [
        finding
        for finding in details.identify_attributes(look)
        if finding.kind == Suggestion.Kind.ATTRIBUTE and finding.confidence >= policy.RUN_CONFIDENCE
    ]
    return _Read(listing, content, sure)


def _finished_analysis(listing: Listing) -> Analysis | None:
    analysis = selectors.current_analysis(listing)
    return analysis if analysis and analysis.status == Analysis.Status.DONE else None


@transaction.atomic
def _store(run_id: int, claim: uuid.UUID, batch: Batch, read: Sequence[_Read]) -> bool:
    """All of the batch or nothing. False where the run was cancelled or taken over meanwhile."""
    run = ExtractionRun.objects.select_for_update().filter(pk=run_id, claim=claim).first()
    if run is None:
        return False
    for one in read:
        run.suggested += _store_listing(run, one)
    run.position, run.done = batch.position, run.done + batch.listings
    run.claim, run.claimed_until, run.attempts = None, None, 0
    if batch.is_last:
        run.status, run.finished_at = Status.DONE, timezone.now()
        log.info("extraction_done", run=run.pk, suggested=run.suggested)
    run.save()
    return True


def _store_listing(run: ExtractionRun, read: _Read) -> int:
    """Count what would change, and add what is new; how many suggestions the seller gets."""
    outcomes = _outcomes(read)
    for key, outcome in outcomes.items():
        counts = Counter(run.report.get(key, {}))
        counts[outcome] += 1
        run.report[key] = dict(counts)
    wanted = [finding for finding in read.findings if outcomes[finding.key] != "agree"]
    # What has changed since it was read has an analysis of its own under way.
    if not wanted or content_hash(read.listing) != read.content_hash:
        return 0
    analysis = _analysis_to_add_to(read)
    if analysis is None:
        return 0
    present = analysis.suggestions.filter(kind=Suggestion.Kind.ATTRIBUTE)
    known = {(row.key, tuple(row.value["texts"])) for row in present}
    new = [one for one in wanted if (one.key, tuple(one.value["texts"])) not in known]
    highest = present.aggregate(rank=Max("rank"))["rank"]
    # Nobody has looked at these yet; two values of one detail would only be a riddle.
    present.filter(
        key__in=[one.key for one in new], state=Suggestion.State.OPEN, choices=None
    ).delete()
    rows = pipeline.add_suggestions(
        analysis,
        Suggestion.Kind.ATTRIBUTE,
        new,
        first_rank=0 if highest is None else highest + 1,
        run=run,
    )
    if rows:
        suggestions_added.send(sender=ExtractionRun, listing=read.listing)
    return sum(row.state == Suggestion.State.OPEN for row in rows)


def _outcomes(read: _Read) -> dict[str, Outcome]:
    """By the attribute's id: what the models say against what the seller states."""
    stated: dict[str, set[str]] = {}
    for row in read.listing.attribute_rows.all():
        stated.setdefault(str(row.attribute_id), set()).add(row.text.casefold())
    outcomes: dict[str, Outcome] = {}
    for finding in read.findings:
        said = stated.get(finding.key)
        found = {text.casefold() for text in finding.value["texts"]}
        if said is None:
            outcomes[finding.key] = "add"
        else:
            outcomes[finding.key] = "agree" if found <= said else "change"
    return outcomes


def _analysis_to_add_to(read: _Read) -> Analysis | None:
    """Locked. None while an analysis is under way, which asks the same models itself."""
    current = selectors.current_analysis(read.listing)
    if current is not None and current.is_under_way:
        return None
    if current is None or current.status != Analysis.Status.DONE:
        current, _ = Analysis.objects.get_or_create(
            listing=read.listing,
            input_hash=input_hash(read.content_hash, [*inference.releases(), DETAILS_ALONE]),
            defaults={
                "content_hash": read.content_hash,
                "status": Analysis.Status.DONE,
                "steps_done": [Step.ATTRIBUTES],
                "finished_at": timezone.now(),
            },
        )
    # As sellers' choices do: a choice is made before this or after it.
    return Analysis.objects.select_for_update().get(pk=current.pk)
