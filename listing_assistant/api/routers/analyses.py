from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from ninja import Router, Schema, Status

from listing_assistant.api.auth import caller
from listing_assistant.api.problems import REFUSALS
from listing_assistant.api.schemas import AnalysisOut, SuggestionOut
from listing_assistant.assistant import choices, services
from listing_assistant.assistant.models import Analysis, Suggestion
from listing_assistant.assistant.selectors import suggestions_of

from .listings import own_listing

router = Router()
# How long a client should wait before it asks again.
POLL_SECONDS = "1"


class NewValue(Schema):
    value: int | str | list[str]


def own_analysis(request: HttpRequest, analysis_id: UUID) -> Analysis:
    rows = Analysis.objects.select_related("listing")
    return get_object_or_404(rows, public_id=analysis_id, listing__seller=caller(request))


def own_suggestion(request: HttpRequest, suggestion_id: int) -> Suggestion:
    return get_object_or_404(
        Suggestion, pk=suggestion_id, analysis__listing__seller=caller(request)
    )


def _answer(suggestion: Suggestion) -> SuggestionOut:
    return SuggestionOut.of(suggestions_of(suggestion.analysis).get(pk=suggestion.pk))


@router.post(
    "/listings/{listing_id}/analyses",
    response={202: AnalysisOut, **REFUSALS},
    summary="Start the assistant",
)
def start_analysis(
    request: HttpRequest, response: HttpResponse, listing_id: UUID
) -> Status[AnalysisOut]:
    """Identical photos and words are not analysed twice: the earlier analysis is the answer."""
    analysis = services.start_analysis(listing=own_listing(request, listing_id))
    response["Location"] = f"/api/v1/analyses/{analysis.public_id}"
    response["Retry-After"] = POLL_SECONDS
    return Status(202, AnalysisOut.of(analysis))


@router.get("/analyses/{analysis_id}", response={200: AnalysisOut, **REFUSALS})
def read_analysis(request: HttpRequest, response: HttpResponse, analysis_id: UUID) -> AnalysisOut:
    """Suggestions appear step by step; `status` ends as `done` or `failed`."""
    analysis = own_analysis(request, analysis_id)
    if analysis.is_under_way:
        response["Retry-After"] = POLL_SECONDS
    return AnalysisOut.of(analysis)


@router.post("/analyses/{analysis_id}/accept-all", response={200: AnalysisOut, **REFUSALS})
def accept_all(request: HttpRequest, analysis_id: UUID) -> AnalysisOut:
    """Takes over what the assistant is sure of and the listing does not say yet."""
    analysis = own_analysis(request, analysis_id)
    choices.accept_all(analysis=analysis, user=caller(request))
    return AnalysisOut.of(analysis)


@router.post("/analyses/{analysis_id}/undo-all", response={200: AnalysisOut, **REFUSALS})
def undo_all(request: HttpRequest, analysis_id: UUID) -> AnalysisOut:
    """Takes back the last accept-all, as long as nothing else has been decided since."""
    analysis = own_analysis(request, analysis_id)
    choices.undo_all(analysis=analysis, user=caller(request))
    return AnalysisOut.of(analysis)


@router.post("/suggestions/{suggestion_id}/accept", response={200: SuggestionOut, **REFUSALS})
def accept(request: HttpRequest, suggestion_id: int) -> SuggestionOut:
    found = own_suggestion(request, suggestion_id)
    return _answer(choices.accept_suggestion(suggestion=found, user=caller(request)))


@router.post("/suggestions/{suggestion_id}/edit", response={200: SuggestionOut, **REFUSALS})
def edit(request: HttpRequest, suggestion_id: int, body: NewValue) -> SuggestionOut:
    """A category's id, the text to put in the place of the suggested one, or an answer."""
    value: Any = body.value
    found = own_suggestion(request, suggestion_id)
    return _answer(choices.edit_suggestion(suggestion=found, user=caller(request), value=value))


@router.post("/suggestions/{suggestion_id}/reject", response={200: SuggestionOut, **REFUSALS})
def reject(request: HttpRequest, suggestion_id: int) -> SuggestionOut:
    """The seller does not want it; a question is skipped."""
    found = own_suggestion(request, suggestion_id)
    return _answer(choices.reject_suggestion(suggestion=found, user=caller(request)))


@router.post("/suggestions/{suggestion_id}/undo", response={200: SuggestionOut, **REFUSALS})
def undo(request: HttpRequest, suggestion_id: int) -> SuggestionOut:
    found = own_suggestion(request, suggestion_id)
    return _answer(choices.undo_choice(suggestion=found, user=caller(request)))
