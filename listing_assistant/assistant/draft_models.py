"""Drafts of a description: how a seller wants them, and each request for one."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models

from listing_assistant.listings.models import Listing


class Length(models.TextChoices):
    SHORT = "short", "Short"
    MEDIUM = "medium", "Medium"
    LONG = "long", "Long"


class Tone(models.TextChoices):
    PLAIN = "plain", "Plain"
    FRIENDLY = "friendly", "Friendly"


class Wishes(models.Model):
    """How a draft is to read. `language` is the code of one that the assistant can check."""

    length = models.CharField(max_length=6, choices=Length.choices, default=Length.MEDIUM)
    tone = models.CharField(max_length=8, choices=Tone.choices, default=Tone.PLAIN)
    language = models.CharField(max_length=12, default="en")

    class Meta:
        abstract = True


class SellerWishes(Wishes):
    """What a seller chose last: where the next listing starts."""

    seller = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="draft_wishes"
    )

    class Meta:
        verbose_name_plural = "seller wishes"

    def __str__(self) -> str:
        return f"{self.seller}: {self.length}, {self.tone}, {self.language}"


class Drafting(Wishes):
    """The drafts of one listing: how they are to read, and which version is looked at."""

    listing = models.OneToOneField(Listing, on_delete=models.CASCADE, related_name="drafting")
    shown = models.ForeignKey(
        "assistant.Suggestion",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="The version the seller went to; none: the newest",
    )

    def __str__(self) -> str:
        return f"Drafts of {self.listing}"


class DraftJob(models.Model):
    """One request for a version of the description. The same request is the same job."""

    class Task(models.TextChoices):
        DRAFT = "draft", "Draft"
        SHORTER = "shorter", "Shorter"
        LONGER = "longer", "Longer"
        FRIENDLIER = "friendlier", "Friendlier"
        PLAINER = "plainer", "Plainer"
        SENTENCE = "sentence", "One sentence anew"

    class Status(models.TextChoices):
        QUEUED = "queued", "Waiting"
        RUNNING = "running", "Being written"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    UNDER_WAY = (Status.QUEUED, Status.RUNNING)

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    listing = models.ForeignKey(Listing, on_delete=models.CASCADE, related_name="draft_jobs")
    request_hash = models.CharField(max_length=64, help_text="Of all that the answer depends on")
    task = models.CharField(max_length=10, choices=Task.choices)
    length = models.CharField(max_length=6, choices=Length.choices)
    tone = models.CharField(max_length=8, choices=Tone.choices)
    language = models.CharField(max_length=12)
    place = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Of the sentence to write anew, from 0"
    )
    base = models.JSONField(
        default=list, help_text='The text to change: [{"text", "gap", "own": the seller wrote it}]'
    )
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.QUEUED)
    version = models.ForeignKey(
        "assistant.Suggestion",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="draft_jobs",
        help_text="What came of it",
    )
    engine = models.CharField(max_length=80, blank=True)
    fallback = models.CharField(
        max_length=300, blank=True, help_text="Why another engine than the one asked for wrote it"
    )
    note = models.CharField(max_length=300, blank=True, help_text="Why there is no new version")
    attempts = models.PositiveSmallIntegerField(default=0)
    # As of an Analysis: who holds the token may write, until the claim runs out.
    claim = models.UUIDField(null=True, blank=True, editable=False)
    claimed_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["listing", "request_hash"], name="draft_job_once"),
            models.UniqueConstraint(
                fields=["listing"],
                condition=models.Q(status__in=["queued", "running"]),
                name="one_draft_job_at_a_time",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["status", "claimed_until"], name="draft_job_unfinished")
        ]

    def __str__(self) -> str:
        return f"{self.listing}: {self.get_task_display()}, {self.get_status_display()}"

    @property
    def is_under_way(self) -> bool:
        return self.status in self.UNDER_WAY

    @property
    def seconds(self) -> float | None:
        """From the first worker's claim to the stored version; None before."""
        if self.started_at is None or self.finished_at is None:
            return None
        return (self.finished_at - self.started_at).total_seconds()
