"""What sellers make of drafts, counted: a table by engine, release, category, language or week."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse

from listing_assistant.assistant import outcomes
from listing_assistant.assistant.published_models import DraftOutcome
from listing_assistant.page_admin import PageAdmin


@admin.register(DraftOutcome)
class DraftOutcomeAdmin(PageAdmin):
    """The section is one page; the rows behind it are read by `manage.py export_texts`."""

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        since, until = (_day(request, name) for name in ("since", "until"))
        engine, by = request.GET.get("engine", ""), request.GET.get("by", "")
        by = by if by in outcomes.GROUPS else "engine"
        rows = outcomes.outcomes(since=since, until=until, engine=engine)
        return self.page(
            request,
            "outcomes/outcomes",
            title="What sellers make of drafts",
            since=since,
            until=until,
            engine=engine,
            engines=outcomes.engines(),
            by=by,
            groups=[(name, label) for name, (label, _) in outcomes.GROUPS.items()],
            group_label=outcomes.GROUPS[by][0],
            total=outcomes.outcome_total(rows),
            rows=outcomes.outcome_rows(rows, by=by),
            adoption=outcomes.adoption(rows),
        )


def _day(request: HttpRequest, name: str) -> date | None:
    """A date of the query string; one that is none is told and left out."""
    typed = request.GET.get(name, "").strip()
    if not typed:
        return None
    try:
        return date.fromisoformat(typed)
    except ValueError:
        messages.error(request, f"{name}: “{typed}” is no date; write it as 2026-01-31.")
        return None
