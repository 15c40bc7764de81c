"""Drafts over the wire: requests, versions, and what each sentence stands on."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from ninja import Schema
from pydantic import Field

from listing_assistant.assistant.condition_notes import Question
from listing_assistant.assistant.draft_models import Length, Tone
from listing_assistant.assistant.drafting.section import DraftSection
from listing_assistant.assistant.drafting.streaming import text_so_far
from listing_assistant.assistant.drafting.wishes import Wanted
from listing_assistant.assistant.models import DraftJob, Suggestion


class WishesIn(Schema):
    """Only what is sent is changed."""

    length: Length | None = None
    tone: Tone | None = None
    language: str | None = Field(None, description="A code of `languages`")


class DraftAsked(WishesIn):
    """`length`, `tone` and `language` are for this draft alone."""

    task: DraftJob.Task = DraftJob.Task.DRAFT
    place: int | None = Field(
        None, ge=0, le=1000, description="Of the task `sentence`: which one, from 0"
    )
    seen: int | None = Field(
        None,
        ge=1,
        lt=2**63,
        description="The newest version that the app knows of. A request sent again with the same "
        "`seen` is the same job",
    )


class WishesOut(Schema):
    length: str
    tone: str
    language: str
    languages: dict[str, str] = Field(description="Code → name of those that can be asked for")

    @classmethod
    def of(cls, wanted: Wanted, languages: tuple[tuple[str, str], ...]) -> WishesOut:
        return cls(
            length=wanted.length,
            tone=wanted.tone,
            language=wanted.language,
            languages=dict(languages),
        )


class ClaimOut(Schema):
    """Words at [start, end) of their sentence that assert something."""

    text: str
    start: int
    end: int
    source: str | None = Field(
        description="An attribute's name, title, category, condition, condition_note or "
        "seller_text; null: nothing in the listing backs it"
    )


class PassageOut(Schema):
    place: int
    text: str
    own: bool = Field(description="The seller wrote it: it stays, whatever is asked for")
    claims: list[ClaimOut]


class VersionOut(Schema):
    """Accept, edit, reject or undo it as the suggestion `id`."""

    id: int
    text: str
    state: str
    task: str = Field(description="What was asked for")
    engine: str
    length: str
    tone: str
    language: str
    fallback: str = Field(description="Why another engine than the one asked for wrote it")
    removed: list[str] = Field(description="Sentences left out, for nothing backs them")

    @classmethod
    def of(cls, version: Suggestion) -> VersionOut:
        told = {"task": DraftJob.Task.DRAFT, "engine": "", "fallback": "", "removed": []}
        told |= {"length": Length.MEDIUM, "tone": Tone.PLAIN, "language": "en"}
        about = {name: version.about.get(name, default) for name, default in told.items()}
        return cls(id=version.pk, text=version.value["text"], state=version.state, **about)


class DraftJobOut(Schema):
    id: UUID
    listing: UUID
    task: str
    status: str = Field(description="queued, running, done or failed")
    text_so_far: str = Field(description="While it runs: not checked yet")
    version: VersionOut | None
    note: str = Field(description="Why there is no new version")
    fallback: str
    created_at: datetime
    finished_at: datetime | None
    seconds: float | None = Field(description="What the writing took")

    @classmethod
    def of(cls, job: DraftJob) -> DraftJobOut:
        return cls(
            id=job.public_id,
            listing=job.listing.public_id,
            task=job.task,
            status=job.status,
            text_so_far=text_so_far(job.public_id) if job.is_under_way else "",
            version=VersionOut.of(job.version) if job.version else None,
            note=job.note,
            fallback=job.fallback,
            created_at=job.created_at,
            finished_at=job.finished_at,
            seconds=job.seconds,
        )


class DraftsOut(Schema):
    """`passages` are of the version `shown`, or of the description that it has become."""

    versions: list[VersionOut] = Field(description="Oldest first")
    shown: int | None = Field(description="The version that is looked at")
    in_description: bool
    passages: list[PassageOut]

    @classmethod
    def of(cls, draft: DraftSection) -> DraftsOut:
        shown = draft.history.shown
        return cls(
            versions=[VersionOut.of(row) for row in draft.history.versions],
            shown=shown.pk if shown else None,
            in_description=draft.is_taken,
            passages=[
                PassageOut(
                    place=one.place,
                    text=one.text,
                    own=one.own,
                    claims=[
                        ClaimOut(text=c.text, start=c.start, end=c.end, source=c.source or None)
                        for c in one.claims
                    ],
                )
                for one in draft.passages
            ],
        )


class ConditionQuestion(Schema):
    """Answer it with PATCH of the listing's `condition_note`."""

    asked: str | None = Field(description="Null where there is nothing to ask")
    choices: list[str] = Field(description="Answers that fit; join several with “; ”")
    is_open: bool = Field(description="The seller has not answered yet")

    @classmethod
    def of(cls, question: Question | None) -> ConditionQuestion:
        if question is None:
            return cls(asked=None, choices=[], is_open=False)
        chips = [chip.text for chip in question.chips]
        return cls(asked=question.asked, choices=chips, is_open=question.is_open)
