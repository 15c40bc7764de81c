"""What live strips say of rankers, as sums of days: a candidate in shadow, and drift.

Every process adds its own counts to the rows of a day; none of them reads before it writes.
"""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from .releases import ModelRelease


class ShadowChange(models.Model):
    """Who let which candidate score live strips unseen, and why. Only added to: the last counts."""

    release = models.ForeignKey(
        ModelRelease,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="None: nothing is in shadow",
    )
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    reason = models.CharField(max_length=300, blank=True)
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return f"{self.release or 'nothing'} in shadow"


class ShadowDay(models.Model):
    """How a candidate ordered a day's live strips, beside the release that ordered them.

    Sums over `strips`: Spearman's correlation, the share of the served best that it has among its
    best, and how many places these move. `times` counts its scoring by milliseconds
    (ranking/tallies.py).
    """

    day = models.DateField()
    release = models.CharField(max_length=12)
    served = models.CharField(max_length=12)
    strips = models.BigIntegerField()
    failed = models.BigIntegerField()
    correlation = models.FloatField()
    overlap = models.FloatField()
    shift = models.FloatField()
    times = ArrayField(models.BigIntegerField())

    class Meta:
        ordering: ClassVar = ["-day"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["day", "release", "served"], name="shadow_day_once"),
        ]

    def __str__(self) -> str:
        return f"{self.release} beside {self.served} on {self.day}"


class DriftDay(models.Model):
    """How often a column of what a release served fell into each bin of its training."""

    day = models.DateField()
    release = models.CharField(max_length=12)
    column = models.CharField(max_length=40)
    counts = ArrayField(models.BigIntegerField())

    class Meta:
        ordering: ClassVar = ["-day", "column"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["release", "day", "column"], name="drift_day_once"),
        ]

    def __str__(self) -> str:
        return f"{self.column} of {self.release} on {self.day}"
