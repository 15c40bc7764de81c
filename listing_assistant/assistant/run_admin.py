"""Runs over everything for sale: how far, what they found, and the buttons to steer them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.contrib.humanize.templatetags.humanize import intcomma
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern

from listing_assistant.accounts.models import User
from listing_assistant.assistant import policy, reextraction
from listing_assistant.assistant.errors import AssistantError
from listing_assistant.assistant.run_report import report_of
from listing_assistant.assistant.staff_models import ExtractionRun
from listing_assistant.listings.models import Listing, State
from listing_assistant.page_admin import PageAdmin

REFRESH_SECONDS = 3
STEER = "assistant.change_extractionrun"
CHANGE = "admin:assistant_extractionrun_change"

STEPS: dict[str, tuple[Callable[..., bool], str, str]] = {
    "pause": (reextraction.pause, "Paused. It goes on where it is.", "Nothing is running."),
    "resume": (reextraction.resume, "Going on.", "Nothing is paused."),
    "cancel": (
        reextraction.cancel,
        "Cancelled. What it has suggested so far stays.",
        "It had ended already.",
    ),
}


@admin.register(ExtractionRun)
class ExtractionRunAdmin(PageAdmin):
    list_display = ("__str__", "progress", "suggested", "begun_by", "begun_at", "finished_at")
    list_filter = ("status",)
    list_select_related = ("begun_by",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(STEER)

    @admin.display(description="Listings")
    def progress(self, run: ExtractionRun) -> str:
        progress = reextraction.progress_of(run)
        return f"{intcomma(progress.done)} of {intcomma(progress.total)} ({progress.share:.0%})"

    def get_urls(self) -> list[URLPattern]:
        steer = self.named("steer_run", "<int:pk>/steer/", self.steer)
        return [steer, *super().get_urls()]

    def add_view(
        self,
        request: HttpRequest,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The question before a run, and its start."""
        if request.method == "POST":
            return self._begin(request)
        return self.page(
            request,
            "runs/begin",
            title="Read all details anew",
            listings=Listing.objects.filter(state=State.LIVE).count(),
            under_way=self._under_way(),
            sure=policy.RUN_CONFIDENCE,
        )

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        run = get_object_or_404(ExtractionRun, pk=object_id if object_id.isdecimal() else None)
        report, progress = report_of(run), reextraction.progress_of(run)
        response = self.page(
            request,
            "runs/run",
            title=str(run),
            run=run,
            progress=progress,
            left=str(progress.left).partition(".")[0],
            report=report,
            sums=[sum(getattr(row, name) for row in report) for name in ("change", "add", "agree")],
            may_steer=request.user.has_perm(STEER),
        )
        if run.status == ExtractionRun.Status.RUNNING:
            response["Refresh"] = str(REFRESH_SECONDS)
        return response

    def steer(self, request: HttpRequest, pk: int) -> HttpResponse:
        self._check_may_steer(request)
        run = get_object_or_404(ExtractionRun, pk=pk)
        step = STEPS.get(request.POST.get("step", "")) if request.method == "POST" else None
        if step is not None:
            act, done, nothing = step
            if act(run=run):
                messages.success(request, done)
            else:
                messages.warning(request, nothing)
        return redirect(CHANGE, run.pk)

    def _begin(self, request: HttpRequest) -> HttpResponse:
        self._check_may_steer(request)
        assert isinstance(request.user, User)
        try:
            run = reextraction.begin(user=request.user)
        except AssistantError as error:
            messages.error(request, error.message)
            under_way = self._under_way()
            return redirect(CHANGE, under_way.pk) if under_way else redirect(request.path)
        return redirect(CHANGE, run.pk)

    def _under_way(self) -> ExtractionRun | None:
        newest = reextraction.newest_run()
        return newest if newest and newest.is_open else None

    def _check_may_steer(self, request: HttpRequest) -> None:
        if not request.user.has_perm(STEER):
            raise PermissionDenied
