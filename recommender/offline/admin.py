"""For staff: what goes with each category and who decided it, and how the aggregation went."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern

from listing_assistant.accounts.models import User
from listing_assistant.catalogue.models import Category
from listing_assistant.catalogue.selectors import leaf_categories
from listing_assistant.page_admin import PageAdmin
from recommender import related_categories
from recommender.models import AggregationRun, CategoryOverride
from recommender.offline.category_table import decided_rows, related_rows, summaries

DECIDE = "recommender.change_categoryoverride"
PER_PAGE = 50
MOST_FOUND = 20


@admin.register(CategoryOverride)
class RelatedCategoryAdmin(PageAdmin):
    """The section is a table of all categories; behind each is a page to look at and decide."""

    def get_urls(self) -> list[URLPattern]:
        return [
            self.named("related", "<int:pk>/related/", self.related),
            self.named("decide", "<int:pk>/decide/", self.decide),
            *super().get_urls(),
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        words = request.GET.get("q", "").strip()
        found = leaf_categories().order_by("path")
        if words:
            found = found.filter(path__icontains=words)
        page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
        return self.page(
            request,
            "related/categories",
            title="Related categories",
            words=words,
            page=page,
            rows=summaries(list(page)),
            run=AggregationRun.objects.filter(state=AggregationRun.State.DONE).first(),
        )

    def related(self, request: HttpRequest, pk: int) -> HttpResponse:
        category = get_object_or_404(Category, pk=pk)
        words = request.GET.get("q", "").strip()
        found = (
            leaf_categories().filter(path__icontains=words) if words else Category.objects.none()
        )
        (summary,) = summaries([category])
        return self.page(
            request,
            "related/category",
            title=f"What goes with {category.name}",
            category=category,
            summary=summary,
            rows=related_rows(category),
            decided=decided_rows(category),
            words=words,
            found=found[:MOST_FOUND] if words else [],
            may_decide=request.user.has_perm(DECIDE),
        )

    def decide(self, request: HttpRequest, pk: int) -> HttpResponse:
        """A POST of "always", "never" or "undo" for a related category, with the reason."""
        if not request.user.has_perm(DECIDE):
            raise PermissionDenied
        assert isinstance(request.user, User)
        category = get_object_or_404(Category, pk=pk)
        related = get_object_or_404(Category, pk=_number(request.POST.get("related", "")))
        step, reason = request.POST.get("step", ""), request.POST.get("reason", "").strip()
        if request.method == "POST" and step == "undo":
            related_categories.undo(category=category, related=related)
            self._tell(request, category, f"What people buy decides about {related.name} again.")
        elif request.method == "POST" and step in CategoryOverride.Decision:
            related_categories.decide(
                category=category, related=related, decision=step, user=request.user, reason=reason
            )
            self._tell(request, category, f"{related.name}: {step} related to {category.name}.")
        return redirect("admin:recommender_related", category.pk)

    def _tell(self, request: HttpRequest, category: Category, told: str) -> None:
        messages.success(request, told)
        # An undone word leaves no row: who said and unsaid what stays in the admin's own log.
        self.log_change(request, category, told)


@admin.register(AggregationRun)
class AggregationRunAdmin(PageAdmin):
    """How far a run is, which days it read anew, what each step made and how long it took."""

    list_display = ("started_at", "state", "engine", "share", "days", "rows", "took", "error")
    list_filter = ("state", "engine")

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        run = get_object_or_404(AggregationRun, pk=_number(object_id))
        return self.page(
            request, "related/run", title=str(run), run=run, took=_took(run), days=run.days_read
        )

    @admin.display(description="Progress")
    def share(self, run: AggregationRun) -> str:
        return f"{run.progress:.0%}"

    @admin.display(description="Days read anew")
    def days(self, run: AggregationRun) -> int:
        return len(run.days_read)

    @admin.display(description="Rows made")
    def rows(self, run: AggregationRun) -> int:
        return sum(step["rows"] for step in run.steps)

    @admin.display(description="Took")
    def took(self, run: AggregationRun) -> str:
        return str(_took(run)).partition(".")[0]


def _took(run: AggregationRun) -> timedelta:
    return (run.ended_at or run.alive_at) - run.started_at


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() else None
