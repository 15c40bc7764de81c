"""Reads: the analysis that answers a listing's present content, and its suggestions."""

from __future__ import annotations

from django.db.models import Prefetch, QuerySet

from listing_assistant.assistant.findings import content_hash
from listing_assistant.assistant.models import Analysis, Evidence, Step, Suggestion
from listing_assistant.listings.models import Listing


def has_content(listing: Listing) -> bool:
    """Whether there is anything to look at: a photo or a title."""
    return bool(listing.title.strip()) or listing.photos.exists()


def current_analysis(listing: Listing) -> Analysis | None:
    """The newest analysis of what the listing says now; None when there is none yet."""
    found = Analysis.objects.filter(listing=listing, content_hash=content_hash(listing))
    return found.order_by("-id").first()


def suggestions_of(analysis: Analysis) -> QuerySet[Suggestion]:
    evidence = Evidence.objects.select_related("photo__image", "neighbour")
    return analysis.suggestions.prefetch_related(Prefetch("evidence", queryset=evidence))


def suggestion_for(*, listing: Listing, pk: int) -> Suggestion:
    """Raises Suggestion.DoesNotExist when it belongs to another listing."""
    found = Suggestion.objects.select_related("analysis__listing")
    return found.get(pk=pk, analysis__listing=listing)


def is_stated(suggestion: Suggestion) -> bool:
    """Whether the seller's own words say the detail; else it is inferred."""
    words = any(row.kind == Evidence.Kind.TEXT for row in suggestion.evidence.all())
    return bool(suggestion.about.get("stated", words))


def steps_of(analysis: Analysis) -> list[tuple[Step, str, str]]:
    """Each step with its state ("done", "noted", "running", "waiting") and its note."""
    running = next((step for step in Step if step not in analysis.steps_done), None)
    rows = []
    for step in Step:
        note = analysis.notes.get(step, "")
        if step in analysis.steps_done:
            state = "noted" if note else "done"
        else:
            state = "running" if step == running and analysis.is_under_way else "waiting"
        rows.append((step, state, note))
    return rows


def rejected_attributes(listing: Listing) -> set[tuple[int, str]]:
    """(attribute id, text) of the suggestions the seller does not want to see in a draft."""
    rejected = Suggestion.objects.filter(
        analysis__listing=listing,
        kind=Suggestion.Kind.ATTRIBUTE,
        state=Suggestion.State.REJECTED,
    )
    return {(row.value["attribute"], row.value["text"]) for row in rejected}
