"""What the assistant found in a listing, why, and what the seller made of it."""

from __future__ import annotations

import uuid
from typing import ClassVar, NamedTuple

from django.conf import settings
from django.db import models

from listing_assistant.assistant.draft_models import Drafting, DraftJob, SellerWishes
from listing_assistant.assistant.published_models import DraftOutcome, PublishedText
from listing_assistant.assistant.staff_models import ExtractionRun
from listing_assistant.listings.models import Listing, Photo

__all__ = [
    "Analysis",
    "Choice",
    "DraftJob",
    "DraftOutcome",
    "Drafting",
    "Evidence",
    "ExtractionRun",
    "PublishedText",
    "Region",
    "SellerWishes",
    "Step",
    "Suggestion",
]


class Region(NamedTuple):
    """A part of an upright picture: its edges as shares 0..1 of width and height."""

    left: float
    top: float
    right: float
    bottom: float


class Step(models.TextChoices):
    """The pipeline in order; each writes its own suggestions."""

    ENCODE = "encode", "Looking at the photos"
    MISMATCH = "mismatch", "Comparing photos and title"
    CATEGORY = "category", "Finding the category"
    ATTRIBUTES = "attributes", "Reading the details"
    DESCRIPTION = "description", "Drafting a description"
    QUALITY = "quality", "Checking the listing"


class Analysis(models.Model):
    """One look of the assistant at one input: photos, title, chosen category, model releases."""

    class Status(models.TextChoices):
        QUEUED = "queued", "Waiting"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"
        SUPERSEDED = "superseded", "Superseded"  # the listing changed while it ran

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    listing = models.ForeignKey(Listing, on_delete=models.CASCADE, related_name="analyses")
    # Of photos, title and chosen category; with the model releases it makes `input_hash`.
    content_hash = models.CharField(max_length=64)
    input_hash = models.CharField(max_length=64)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.QUEUED)
    steps_done = models.JSONField(default=list, help_text="Steps whose suggestions are stored")
    notes = models.JSONField(default=dict, help_text="Step → why it could not answer")
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    # A worker that dies stops renewing its claim; another takes the analysis over after this time.
    claimed_until = models.DateTimeField(null=True, blank=True)
    # Whoever holds this token may write; a worker that was thought dead finds another one here.
    claim = models.UUIDField(null=True, blank=True, editable=False)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-id"]
        verbose_name_plural = "analyses"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["listing", "input_hash"], name="analysis_once")
        ]
        indexes: ClassVar = [
            models.Index(fields=["status", "claimed_until"], name="analysis_unfinished"),
            models.Index(fields=["input_hash"], name="analysis_by_input"),
        ]

    def __str__(self) -> str:
        return f"{self.listing}: {self.get_status_display()}"

    @property
    def is_under_way(self) -> bool:
        return self.status in (self.Status.QUEUED, self.Status.RUNNING)


class Suggestion(models.Model):
    """One finding. `value` depends on `kind`:

    mismatch     {"verdict", "score", "photo_scores": {photo id: score}, "outliers": [photo id],
                 "counterfactual": None or {"words", "spans" in the title, "title" without them,
                 "score", "verdict"}}
                 with evidence of kind "read" where text in a photo says something to the title
    category     {"category": id}; rank orders the candidates
    attribute    {"attribute": id, "value": id or null, "text", "texts": one or more values}
                 with `about` {"stated": bool, "source": "text" or "photo", "runner_up": text or
                 null}
    question     {"attribute": id}: the detail has no answer; ranks are in the order of asking
                 with `about` {"name", "kind", "required": bool, "why": a code of `questions.Why`,
                 "likely": texts to choose from, "filtered": share of buyers' searches}
    description  {"text", "sentences": [{"text", "gap", "sources": [names of facts],
                 "claims": [{"text", "start", "end", "source", "kind"}]}]}: a version of the text
                 with `about` {"task", "engine", "release", "length", "tone", "language",
                 "fallback": why another engine wrote it, "removed": [sentences left out]}
    title        {"text", "sources": [names of facts], "changes": [codes]}
    quality      {"passed": bool, "points", "of"}; key names the part, `about` has {"why", "earn"}
    """

    class Kind(models.TextChoices):
        MISMATCH = "mismatch", "Photo and title"
        CATEGORY = "category", "Category"
        ATTRIBUTE = "attribute", "Detail"
        QUESTION = "question", "Question"
        DESCRIPTION = "description", "Description"
        TITLE = "title", "Title"
        QUALITY = "quality", "Quality check"

    class State(models.TextChoices):
        OPEN = "open", "Open"
        ACCEPTED = "accepted", "Accepted"
        EDITED = "edited", "Edited"
        REJECTED = "rejected", "Rejected"

    analysis = models.ForeignKey(Analysis, on_delete=models.CASCADE, related_name="suggestions")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    key = models.CharField(max_length=120, blank=True)
    rank = models.PositiveSmallIntegerField(default=0)
    label = models.CharField(max_length=500)
    value = models.JSONField()
    # Two suggestions with the same key and value are the same one, whatever is told about them.
    about = models.JSONField(default=dict, help_text="What is told beside the value")
    confidence = models.FloatField(help_text="0..1")
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    run = models.ForeignKey(
        ExtractionRun,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="suggestions",
        help_text="The run over all listings that made it, after the seller had seen the others",
    )

    class Meta:
        ordering: ClassVar = ["kind", "rank", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["analysis", "kind", "key", "rank"], name="suggestion_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.label}"


class Evidence(models.Model):
    """Why a suggestion was made: a span of the seller's text, a photo, a neighbour listing.

    A photo's region is given by its four edges, as shares 0..1 of the upright picture, or by none.
    What is read in a photo has the span of the title that it speaks to, and a weight over 0 where
    it says otherwise.
    """

    class Kind(models.TextChoices):
        TEXT = "text", "Words"
        PHOTO = "photo", "Photo"
        NEIGHBOUR = "neighbour", "Similar listing"
        READ = "read", "Text in a photo"

    suggestion = models.ForeignKey(Suggestion, on_delete=models.CASCADE, related_name="evidence")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    field = models.CharField(max_length=12, blank=True, help_text="title or description")
    start = models.PositiveIntegerField(null=True, blank=True)
    end = models.PositiveIntegerField(null=True, blank=True)
    text = models.CharField(max_length=300, blank=True)
    photo = models.ForeignKey(Photo, null=True, blank=True, on_delete=models.CASCADE)
    left = models.FloatField(null=True, blank=True)
    top = models.FloatField(null=True, blank=True)
    right = models.FloatField(null=True, blank=True)
    bottom = models.FloatField(null=True, blank=True)
    seen_image = models.CharField(
        max_length=64, blank=True, help_text="Image the region is in; the photo may be turned since"
    )
    neighbour = models.ForeignKey(
        Listing, null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    weight = models.FloatField(default=0.0)

    class Meta:
        ordering: ClassVar = ["-weight", "id"]
        verbose_name_plural = "evidence"
        constraints: ClassVar = [
            models.CheckConstraint(
                name="evidence_region_whole",
                condition=models.Q(left=None, top=None, right=None, bottom=None)
                | models.Q(
                    # Comparing with NULL is not false in SQL: all four are asked for by name.
                    left__isnull=False,
                    top__isnull=False,
                    right__isnull=False,
                    bottom__isnull=False,
                    left__gte=0,
                    top__gte=0,
                    right__gt=models.F("left"),
                    bottom__gt=models.F("top"),
                    right__lte=1,
                    bottom__lte=1,
                ),
            )
        ]

    def __str__(self) -> str:
        return self.text or self.get_kind_display()

    @property
    def region(self) -> Region | None:
        """Where in the photo as it is now; None too when it was turned or replaced since."""
        if self.left is None or self.top is None or self.right is None or self.bottom is None:
            return None
        if self.photo is None or self.photo.image_id != self.seen_image:
            return None
        return Region(self.left, self.top, self.right, self.bottom)


class Choice(models.Model):
    """What the seller did with a suggestion: never changed, only added to. A training label."""

    class Action(models.TextChoices):
        ACCEPT = "accept", "Accepted"
        EDIT = "edit", "Edited"
        REJECT = "reject", "Rejected"
        UNDO = "undo", "Undone"

    suggestion = models.ForeignKey(Suggestion, on_delete=models.CASCADE, related_name="choices")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    action = models.CharField(max_length=8, choices=Action.choices)
    value = models.JSONField(null=True, blank=True, help_text="What the seller chose instead")
    before = models.JSONField(null=True, blank=True, help_text="What the listing said before")
    batch = models.UUIDField(
        null=True, blank=True, editable=False, help_text="Shared by what was accepted at one key"
    )
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return f"{self.user} {self.action} {self.suggestion}"
