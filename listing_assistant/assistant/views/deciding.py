"""The seller's word on suggestions."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse

from listing_assistant.assistant import choices, selectors, services
from listing_assistant.assistant.errors import AssistantError
from listing_assistant.assistant.models import Analysis, Suggestion
from listing_assistant.listings.models import Listing

from .answers import answer, change, signed_in


@change
def decide(request: HttpRequest, listing: Listing, pk: str, action: str) -> HttpResponse:
    user = signed_in(request)
    try:
        suggestion = selectors.suggestion_for(listing=listing, pk=int(pk))
    except Suggestion.DoesNotExist as error:
        raise Http404 from error
    if action == "edit":
        value = request.POST.get(f"edit-{suggestion.pk}", "")
        choices.edit_suggestion(suggestion=suggestion, user=user, value=value)
    else:
        act = {
            "accept": choices.accept_suggestion,
            "reject": choices.reject_suggestion,
            "undo": choices.undo_choice,
        }[action]
        act(suggestion=suggestion, user=user)
    return answer(request, listing)


@change
def accept_all(request: HttpRequest, listing: Listing) -> HttpResponse:
    choices.accept_all(analysis=_current(listing), user=signed_in(request))
    return answer(request, listing)


@change
def undo_all(request: HttpRequest, listing: Listing) -> HttpResponse:
    choices.undo_all(analysis=_current(listing), user=signed_in(request))
    return answer(request, listing)


@change
def retry(request: HttpRequest, listing: Listing) -> HttpResponse:
    services.retry_analysis(analysis=_current(listing))
    return answer(request, listing)


def _current(listing: Listing) -> Analysis:
    analysis = selectors.current_analysis(listing)
    if analysis is None:
        raise AssistantError("nothing_to_analyse", "The assistant has not looked at this yet.")
    return analysis
