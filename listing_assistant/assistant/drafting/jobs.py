"""Requests for a version of the description: started once, done once, whatever dies meanwhile.

1  the seller asks: a row, unless the same was asked before or another one is being written
2  a worker claims it by a conditional update and says every few seconds that it is still at it
3  it writes outside any transaction; the text so far is in the cache
4  in one transaction, and only while the claim is still its own: add the version, mark it done
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import asdict
from datetime import timedelta

import structlog
from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from listing_assistant.accounts.models import User
from listing_assistant.assistant import policy, selectors, services
from listing_assistant.assistant.alive import kept_alive
from listing_assistant.assistant.drafting import versions, writing
from listing_assistant.assistant.drafting.facts import digest_of, facts_of
from listing_assistant.assistant.drafting.inference import BaseSentence
from listing_assistant.assistant.drafting.passages import base_of, shown_passages
from listing_assistant.assistant.drafting.streaming import TextSoFar
from listing_assistant.assistant.drafting.wishes import Wanted, changed, wishes_of
from listing_assistant.assistant.errors import AssistantError
from listing_assistant.assistant.inference import UnavailableError, releases
from listing_assistant.assistant.models import Analysis, DraftJob
from listing_assistant.listings.models import Listing
from listing_assistant.listings.services.access import check_editable

log = structlog.get_logger(__name__)

Task = DraftJob.Task
Status = DraftJob.Status


# --- 1. Asking ----------------------------------------------------------------------------------


def start_draft(
    *,
    listing: Listing,
    user: User,
    task: str,
    place: int | None = None,
    wishes: Mapping[str, str] | None = None,
    seen: int | None = None,
) -> DraftJob:
    """The job that answers this request, started unless it has been already.

    `seen` is the newest version that who asks knows of: asking for another text with the same
    `seen` is the same request, as of a second click; after an answer it is a new one. `wishes` are
    for this draft alone; a revision starts from what the shown version was written with.

    Raises ListingError ("not_editable", "not_yours") and AssistantError: "nothing_to_analyse",
    "under_way", or with the field "not_a_choice", "nothing_to_change", "bad_place".
    """
    check_editable(listing, user)
    analysis = services.start_analysis(listing=listing)
    history = versions.history_of(listing)
    facts = facts_of(listing, analysis)
    base: tuple[BaseSentence, ...] = ()
    if _checked_task(task) != Task.DRAFT:
        base = base_of(shown_passages(listing, history, facts))
    _check_place(task, place, base)
    wanted = changed(_start_from(task, listing, history), wishes or {})
    newest = history.newest.pk if history.newest else None
    asked = {
        "task": task,
        "place": place,
        **asdict(wanted),
        "base": [asdict(one) for one in base],
        "facts": facts.digest,
        "releases": releases(),
        # These two tasks are for other words, each time anew.
        "seen": (seen or newest) if task in (Task.DRAFT, Task.SENTENCE) else None,
    }
    fields = {"task": task, "place": place, "base": asked["base"], **asdict(wanted)}
    return _once(listing, digest_of(asked), fields)


def _checked_task(task: str) -> str:
    if task not in Task.values:
        choices = ", ".join(Task.values)
        raise AssistantError(
            "not_a_choice", f"The task is {task!r}; choose one of {choices}.", field="task"
        )
    return task


def _check_place(task: str, place: int | None, base: tuple[BaseSentence, ...]) -> None:
    if task != Task.DRAFT and not base:
        raise AssistantError(
            "nothing_to_change", "There is no draft to change yet: ask for one first.", "task"
        )
    if task == Task.SENTENCE and place not in range(len(base)):
        raise AssistantError(
            "bad_place", f"The place is {place}; the text has 0 to {len(base) - 1}.", field="place"
        )
    if task == Task.SENTENCE and place is not None and base[place].own:
        raise AssistantError(
            "bad_place", "This sentence is your own; change it in the description.", field="place"
        )


def _start_from(task: str, listing: Listing, history: versions.History) -> Wanted:
    """A revision keeps the language of its text, and is shorter than that text was to be."""
    wanted = wishes_of(listing)
    if task == Task.DRAFT or history.shown is None:
        return wanted
    about = history.shown.about
    return Wanted(**{name: about.get(name, text) for name, text in asdict(wanted).items()})


def _once(listing: Listing, request_hash: str, fields: dict[str, object]) -> DraftJob:
    """The job of this request; a failed one is tried again, the answer of a done one is shown."""
    rows = DraftJob.objects.filter(listing=listing)
    try:
        with transaction.atomic():
            job, created = rows.get_or_create(
                listing=listing, request_hash=request_hash, defaults=fields
            )
            if created:
                _enqueue(job)
            elif job.status == Status.FAILED:
                _queue_again(job)
            elif job.status == Status.DONE and job.version:
                versions.show(job.version)
    except IntegrityError as error:
        # Only one is written at a time, and which one a second click cannot know.
        same = rows.filter(request_hash=request_hash, status__in=DraftJob.UNDER_WAY).first()
        if same is None:
            raise AssistantError("under_way", "A draft is being written; wait for it.") from error
        return same
    return job


def _queue_again(job: DraftJob) -> None:
    job.status, job.note, job.attempts = Status.QUEUED, "", 0
    job.claim = job.claimed_until = job.started_at = job.finished_at = None
    job.created_at = timezone.now()
    job.save()
    _enqueue(job)


def _enqueue(job: DraftJob) -> None:
    from listing_assistant.assistant.tasks import write_draft

    transaction.on_commit(lambda: write_draft.delay(job.pk))


def newest_job(listing: Listing) -> DraftJob | None:
    """What the seller asked for last, by when it was started."""
    return DraftJob.objects.filter(listing=listing).order_by("-created_at", "-pk").first()


# --- 2. Claiming --------------------------------------------------------------------------------


class ClaimLostError(Exception):
    """Another worker has taken the job over; what was written here is not needed."""


def run(job_id: int) -> None:
    """Bring a job to its end, or leave it to the worker that holds it."""
    claim = take_claim(job_id)
    if claim is None:
        return
    job = DraftJob.objects.select_related("listing__category", "listing__seller").get(pk=job_id)
    stream = TextSoFar(job.public_id)
    try:
        with kept_alive(lambda: renew_claim(job_id, claim)):
            written = writing.write(job, stream)
        _store(job_id, claim, written)
    except UnavailableError as error:
        log.warning("draft_unavailable", job=job_id, reason=error.reason)
        _end(job_id, claim, Status.FAILED, note=error.reason[:300])
    except ClaimLostError:
        log.info("draft_claim_lost", job=job_id)
    stream.clear()


def take_claim(job_id: int) -> uuid.UUID | None:
    """A token that lets its holder write, or None: finished, claimed, or tried too often."""
    now, claim = timezone.now(), uuid.uuid4()
    won = DraftJob.objects.filter(
        Q(claimed_until=None) | Q(claimed_until__lt=now),
        pk=job_id,
        status__in=DraftJob.UNDER_WAY,
        attempts__lt=policy.MAX_ATTEMPTS,
    ).update(
        status=Status.RUNNING,
        claim=claim,
        claimed_until=_claim_end(),
        started_at=Coalesce("started_at", now),
        attempts=F("attempts") + 1,
    )
    return claim if won else None


def renew_claim(job_id: int, claim: uuid.UUID) -> bool:
    """Whether it is still held."""
    held = DraftJob.objects.filter(pk=job_id, claim=claim, status=Status.RUNNING)
    return bool(held.update(claimed_until=_claim_end()))


def _claim_end() -> object:
    return timezone.now() + timedelta(seconds=policy.CLAIM_SECONDS)


def stale_jobs() -> list[int]:
    """Ids of unfinished jobs that nobody holds; those tried too often are given up here."""
    now = timezone.now()
    lost = Q(claimed_until__lt=now) | Q(
        claimed_until=None, created_at__lt=now - timedelta(seconds=policy.CLAIM_SECONDS)
    )
    stale = DraftJob.objects.filter(lost, status__in=DraftJob.UNDER_WAY)
    stale.filter(attempts__gte=policy.MAX_ATTEMPTS).update(
        status=Status.FAILED,
        note="The assistant stopped before it was done.",
        claim=None,
        claimed_until=None,
        finished_at=now,
    )
    return list(stale.values_list("pk", flat=True))


# --- 4. Storing ---------------------------------------------------------------------------------


@transaction.atomic
def _store(job_id: int, claim: uuid.UUID, written: writing.Version) -> None:
    """Raises ClaimLostError."""
    listing_id = DraftJob.objects.values_list("listing_id", flat=True).get(pk=job_id)
    analysis = _locked_analysis(listing_id)
    job = _held(job_id, claim)
    if written.note:
        version = versions.history_of(job.listing).shown
    else:
        version = writing.add_version(analysis, written)
        versions.show(version)
    job.version, job.note = version, written.note
    about = written.draft.about
    job.engine, job.fallback = about["engine"][:80], about["fallback"][:300]
    job.save(update_fields=["version", "note", "engine", "fallback"])
    _end(job_id, claim, Status.DONE, note=written.note)


def _locked_analysis(listing_id: int) -> Analysis:
    """The one of what the listing says now, else its last: `start_draft` has seen to one.

    Locked before the job, in the order of everything that is stored.
    """
    listing = Listing.objects.get(pk=listing_id)
    found = selectors.current_analysis(listing) or listing.analyses.order_by("pk").last()
    assert found is not None
    return Analysis.objects.select_for_update().get(pk=found.pk)


def _held(job_id: int, claim: uuid.UUID) -> DraftJob:
    mine = DraftJob.objects.select_for_update().filter(
        pk=job_id, status=Status.RUNNING, claim=claim
    )
    job = mine.first()
    if job is None:
        raise ClaimLostError
    return job


def _end(job_id: int, claim: uuid.UUID, status: Status, *, note: str) -> None:
    DraftJob.objects.filter(pk=job_id, claim=claim).update(
        status=status, note=note, claim=None, claimed_until=None, finished_at=timezone.now()
    )
