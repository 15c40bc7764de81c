"""What staff work with: the vocabulary as listings use it, and runs over everything for sale."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from listing_assistant.catalogue.models import Attribute, Category


class CategoryUse(Category):
    """A category as the listings in it fill it."""

    class Meta:
        proxy = True
        verbose_name = "category in use"
        verbose_name_plural = "categories in use"


class AttributeUse(Attribute):
    """An attribute with the values that listings give it."""

    class Meta:
        proxy = True
        verbose_name = "attribute in use"
        verbose_name_plural = "attributes in use"


class ExtractionRun(models.Model):
    """The details of everything for sale read anew, a few listings at a time, in the order of ids.

    `position` and `report` move together in one transaction, so a batch counts once or not at all.
    """

    class Status(models.TextChoices):
        RUNNING = "running", "Running"
        PAUSED = "paused", "Paused"
        DONE = "done", "Done"
        CANCELLED = "cancelled", "Cancelled"

    status = models.CharField(max_length=10, choices=Status.choices, default=Status.RUNNING)
    note = models.CharField(max_length=300, blank=True, help_text="Why it paused by itself")
    releases = models.JSONField(default=list, help_text="The models that it began with")
    begun_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    begun_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    position = models.BigIntegerField(default=0, help_text="The last listing that was read")
    until = models.BigIntegerField(help_text="The newest listing when it began")
    total = models.PositiveIntegerField(help_text="Listings for sale when it began")
    done = models.PositiveIntegerField(default=0)
    # The rate is measured from here: from its beginning, or from where a pause ended.
    measured_from = models.DateTimeField()
    done_then = models.PositiveIntegerField(default=0)
    suggested = models.PositiveIntegerField(default=0, help_text="Suggestions that sellers got")
    report = models.JSONField(
        default=dict, help_text='{attribute id: {"agree", "add", "change": listings}}'
    )
    # Whoever holds this token may write; a worker that was thought dead finds another one here.
    claim = models.UUIDField(null=True, blank=True, editable=False)
    claimed_until = models.DateTimeField(null=True, blank=True, editable=False)
    attempts = models.PositiveSmallIntegerField(
        default=0, help_text="How often the next batch was begun"
    )

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                models.Value(1),
                condition=models.Q(status__in=["running", "paused"]),
                name="one_extraction_at_a_time",
            )
        ]

    def __str__(self) -> str:
        return f"Run {self.pk}: {self.get_status_display()}"

    @property
    def is_open(self) -> bool:
        return self.status in (self.Status.RUNNING, self.Status.PAUSED)
