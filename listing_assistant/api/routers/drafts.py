from __future__ import annotations

from typing import Literal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from ninja import Router, Status

from listing_assistant.api.auth import caller
from listing_assistant.api.draft_schemas import (
    ConditionQuestion,
    DraftAsked,
    DraftJobOut,
    DraftsOut,
    WishesIn,
    WishesOut,
)
from listing_assistant.api.problems import REFUSALS
from listing_assistant.assistant import condition_notes
from listing_assistant.assistant.drafting import inference, jobs, versions, wishes
from listing_assistant.assistant.drafting.section import DraftSection
from listing_assistant.assistant.models import DraftJob
from listing_assistant.assistant.sections import Page
from listing_assistant.listings.models import Listing

from .analyses import POLL_SECONDS
from .listings import own_listing

router = Router()


def _section(listing: Listing) -> DraftSection:
    return Page(listing).draft


@router.post(
    "/listings/{listing_id}/drafts",
    response={202: DraftJobOut, **REFUSALS},
    summary="Ask for a draft of the description",
)
def start_draft(
    request: HttpRequest, response: HttpResponse, listing_id: UUID, asked: DraftAsked
) -> Status[DraftJobOut]:
    """The first one, another one, or a change of the one that is looked at.

    One is written at a time: 409 `under_way` while another one is.
    """
    said = {name: getattr(asked, name) for name in WishesIn.model_fields}
    job = jobs.start_draft(
        listing=own_listing(request, listing_id),
        user=caller(request),
        task=asked.task,
        place=asked.place,
        wishes={name: text for name, text in said.items() if text is not None},
        seen=asked.seen,
    )
    response["Location"] = f"/api/v1/drafts/{job.public_id}"
    response["Retry-After"] = POLL_SECONDS
    return Status(202, DraftJobOut.of(job))


@router.get("/drafts/{draft_id}", response={200: DraftJobOut, **REFUSALS}, summary="Read a draft")
def read_draft(request: HttpRequest, response: HttpResponse, draft_id: UUID) -> DraftJobOut:
    """`text_so_far` grows until `status` is `done` or `failed`; then `version` is the checked text.

    Without a version `note` says why.
    """
    rows = DraftJob.objects.select_related("listing", "version")
    job = get_object_or_404(rows, public_id=draft_id, listing__seller=caller(request))
    if job.is_under_way:
        response["Retry-After"] = POLL_SECONDS
    return DraftJobOut.of(job)


@router.get(
    "/listings/{listing_id}/drafts",
    response={200: DraftsOut, **REFUSALS},
    summary="All versions, and what each sentence stands on",
)
def list_drafts(request: HttpRequest, listing_id: UUID) -> DraftsOut:
    return DraftsOut.of(_section(own_listing(request, listing_id)))


@router.post(
    "/listings/{listing_id}/drafts/{way}",
    response={200: DraftsOut, **REFUSALS},
    summary="Look at the version before or after",
)
def go_to_version(
    request: HttpRequest, listing_id: UUID, way: Literal["back", "forward"]
) -> DraftsOut:
    listing = own_listing(request, listing_id)
    go = versions.go_back if way == "back" else versions.go_forward
    go(listing=listing, user=caller(request))
    return DraftsOut.of(_section(listing))


@router.get(
    "/listings/{listing_id}/draft-wishes",
    response={200: WishesOut, **REFUSALS},
    summary="How drafts are to read",
)
def read_wishes(request: HttpRequest, listing_id: UUID) -> WishesOut:
    return WishesOut.of(wishes.wishes_of(own_listing(request, listing_id)), inference.languages())


@router.patch(
    "/listings/{listing_id}/draft-wishes",
    response={200: WishesOut, **REFUSALS},
    summary="Change how drafts are to read",
)
def save_wishes(request: HttpRequest, listing_id: UUID, asked: WishesIn) -> WishesOut:
    """Kept for this listing, and where the seller's next one starts."""
    changes = {name: text for name, text in asked.dict().items() if text is not None}
    listing = own_listing(request, listing_id)
    wanted = wishes.save_wishes(listing=listing, user=caller(request), changes=changes)
    return WishesOut.of(wanted, inference.languages())


@router.get(
    "/listings/{listing_id}/condition-question",
    response={200: ConditionQuestion, **REFUSALS},
    summary="What to ask about wear and flaws",
)
def condition_question(request: HttpRequest, listing_id: UUID) -> ConditionQuestion:
    listing = own_listing(request, listing_id)
    question = condition_notes.question_for(listing, Page(listing).category)
    return ConditionQuestion.of(question)
