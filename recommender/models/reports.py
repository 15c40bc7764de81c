"""Reports on recommendations that staff have asked for."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models


class RecommendationReport(models.Model):
    """What recommendations were worth on the last days: a page that is whole, and its figures."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        RUNNING = "running", "Being made"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    days = models.PositiveSmallIntegerField(help_text="How many days are held out")
    is_quick = models.BooleanField(default=False)
    progress = models.FloatField(default=0, help_text="0 to 1")
    doing = models.CharField(max_length=60, blank=True)
    page = models.TextField(blank=True, help_text="HTML that needs nothing else")
    figures = models.JSONField(null=True, blank=True)
    error = models.TextField(blank=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    asked_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return f"Report {self.pk} on the last {self.days} days"

    @property
    def is_open(self) -> bool:
        return self.state in (self.State.WAITING, self.State.RUNNING)
