"""Reports on recommendations for staff: the last ones, one behind each row, and a button for more.

Reports come with the engine of the aggregation, which the web process does without: it is imported
where a report is asked for.
"""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern

from listing_assistant.accounts.models import User
from listing_assistant.page_admin import PageAdmin
from recommender import policy
from recommender.models import RecommendationReport

ASK = "recommender.add_recommendationreport"
CHANGE = "admin:recommender_recommendationreport_change"
REFRESH_SECONDS = 3


@admin.register(RecommendationReport)
class RecommendationReportAdmin(PageAdmin):
    list_display = ("__str__", "state", "share", "made_by", "asked_at", "ended_at")
    list_filter = ("state",)
    list_select_related = ("made_by",)

    def get_queryset(self, request: HttpRequest) -> Any:
        # A list of pages needs none of them.
        return super().get_queryset(request).defer("page", "figures")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(ASK)

    @admin.display(description="Progress")
    def share(self, report: RecommendationReport) -> str:
        return f"{report.progress:.0%}"

    def get_urls(self) -> list[URLPattern]:
        return [
            self.named("report_page", "<int:pk>/page/", self.whole_page),
            self.named("report_figures", "<int:pk>/figures/", self.figures),
            *super().get_urls(),
        ]

    def add_view(
        self,
        request: HttpRequest,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """What a report is, and its start."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        if request.method == "POST":
            return self._ask(request)
        return self.page(
            request,
            "recommendations/ask",
            title="What recommendations are worth",
            days=policy.HELD_OUT_DAYS,
            most=policy.MOST_HELD_OUT_DAYS,
        )

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        report = self._report(request, int(object_id) if object_id.isdecimal() else 0)
        response = self.page(request, "recommendations/report", title=str(report), report=report)
        if report.is_open:
            response["Refresh"] = str(REFRESH_SECONDS)
        return response

    def whole_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The report itself, to read, print or save."""
        return HttpResponse(self._report(request, pk).page)

    def figures(self, request: HttpRequest, pk: int) -> HttpResponse:
        response = JsonResponse(
            self._report(request, pk).figures or {}, json_dumps_params={"indent": 1}
        )
        response["Content-Disposition"] = f'attachment; filename="recommendations-{pk}.json"'
        return response

    def _report(self, request: HttpRequest, pk: int) -> RecommendationReport:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return get_object_or_404(RecommendationReport, pk=pk)

    def _ask(self, request: HttpRequest) -> HttpResponse:
        from recommender.reports.evaluating import ReportError
        from recommender.reports.services import UnderWayError, ask_for_report

        assert isinstance(request.user, User)
        told = request.POST.get("days", "")
        days = int(told) if told.isdecimal() else 0
        try:
            report = ask_for_report(user=request.user, days=days, is_quick="quick" in request.POST)
        except UnderWayError as error:
            messages.warning(request, str(error))
            return redirect(CHANGE, error.report.pk)
        except ReportError as error:
            messages.error(request, str(error))
            return redirect("admin:recommender_recommendationreport_add")
        return redirect(CHANGE, report.pk)
