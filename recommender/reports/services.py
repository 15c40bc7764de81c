"""Reports that staff ask for: one is made at a time, by whichever worker gets to it."""

from __future__ import annotations

import json
import time

import structlog
from django.db import transaction
from django.utils import timezone

from listing_assistant.accounts.models import User
from recommender import policy
from recommender.locks import only_here
from recommender.models import RecommendationReport
from recommender.offline.engine import EngineError
from recommender.reports.evaluating import ReportError, evaluate
from recommender.reports.page import as_html, as_json
from recommender.reports.replay import NothingHappenedError

log = structlog.get_logger()

TOLD_EVERY_SECONDS = 1.0
State = RecommendationReport.State


class UnderWayError(Exception):
    """A report is being made or waits to be; `report` is that one."""

    def __init__(self, report: RecommendationReport) -> None:
        super().__init__(f"{report} is not done yet: wait for it, or look at an earlier one.")
        self.report = report


def ask_for_report(*, user: User | None, days: int, is_quick: bool) -> RecommendationReport:
    """A report that a worker will make. Raises UnderWayError, or ReportError for a bad `days`."""
    if not 1 <= days <= policy.MOST_HELD_OUT_DAYS:
        raise ReportError(f"days: hold out 1 to {policy.MOST_HELD_OUT_DAYS} days, not {days}.")
    with only_here("report asked for", wait=True), transaction.atomic():
        before = under_way()
        report = before or RecommendationReport.objects.create(
            made_by=user, days=days, is_quick=is_quick
        )
    # One under way as well: its task may be lost, and where it is not, a second one does nothing.
    start(report)
    if before is not None:
        raise UnderWayError(before)
    return report


def start(report: RecommendationReport) -> None:
    """Hand it to a worker, at the end of the caller's transaction."""
    from recommender.tasks import make_recommendation_report

    transaction.on_commit(lambda: make_recommendation_report.delay(report.pk))


def under_way() -> RecommendationReport | None:
    return RecommendationReport.objects.filter(state__in=[State.WAITING, State.RUNNING]).first()


def make_report(*, report_id: int) -> bool:
    """Make it, unless it is made already or being made; False then.

    A worker that dies gives the lock back, and the broker hands its task to another one, which
    begins anew: nothing but the report's own row is written.
    """
    with only_here(f"report {report_id}") as is_mine:
        report = RecommendationReport.objects.filter(pk=report_id).first()
        if not is_mine or report is None or not report.is_open:
            return False
        _note(report, state=State.RUNNING)
        try:
            made = evaluate(days=report.days, quick=report.is_quick, progress=_Teller(report))
        except (ReportError, NothingHappenedError, EngineError) as error:
            _note(report, state=State.FAILED, error=str(error), ended_at=timezone.now())
            return True
        _note(
            report,
            state=State.DONE,
            progress=1.0,
            doing="",
            page=as_html(made),
            figures=json.loads(as_json(made)),
            ended_at=timezone.now(),
        )
        log.info("report_made", report=report.pk, seconds=round(made.seconds, 1))
        return True


class _Teller:
    """Writes down how far a report is, not more often than anybody looks."""

    def __init__(self, report: RecommendationReport) -> None:
        self._report = report
        self._told = 0.0

    def __call__(self, share: float, doing: str) -> None:
        if time.monotonic() - self._told < TOLD_EVERY_SECONDS:
            return
        self._told = time.monotonic()
        _note(self._report, progress=share, doing=doing)


def _note(report: RecommendationReport, **fields: object) -> None:
    RecommendationReport.objects.filter(pk=report.pk).update(**fields)
