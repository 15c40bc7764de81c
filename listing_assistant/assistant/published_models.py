"""What became of drafts: the published text by sentence, and how far it is the draft's."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from listing_assistant.listings.models import Listing

SHARE = (MinValueValidator(0.0), MaxValueValidator(1.0))


class PublishedText(models.Model):
    """A published description with the origin of each sentence and what it stands on.

    `sentences` holds, in order, {"text", "gap", "origin": an Origin, "engine", "release",
    "sources": [names of facts], "claims": [{"text", "start", "end", "kind", "source", "value": what
    the source said when the sentence was written}], "broken": [{"claim", "source", "was", "now"}]}.
    """

    class Origin(models.TextChoices):
        DRAFTED = "drafted", "Drafted by the assistant"
        EDITED = "edited", "Drafted, then edited by the seller"
        OWN = "own", "The seller's own words"

    listing = models.OneToOneField(Listing, on_delete=models.CASCADE, related_name="published_text")
    fingerprint = models.CharField(
        max_length=64, help_text="Of the text and the facts that it was last compared with"
    )
    sentences = models.JSONField(default=list)
    engine = models.CharField(max_length=80, blank=True, help_text="Of most drafted sentences")
    release = models.CharField(max_length=200, blank=True)
    language = models.CharField(max_length=12, blank=True)
    drafted_share = models.FloatField(
        default=0.0, validators=SHARE, help_text="Of the words, in drafted and edited sentences"
    )
    broken = models.PositiveSmallIntegerField(
        default=0, help_text="Sentences that the listing's facts no longer back"
    )
    is_disclosed = models.BooleanField(
        default=True, help_text="Whether buyers are told of the draft, where the seller may choose"
    )
    linked_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"Text of {self.listing}"


class DraftOutcome(models.Model):
    """What a seller made of the drafts of one listing: one row from the first draft on.

    The decision is the seller's click until the listing is published; then the published text
    decides, and the row does not change any more.
    """

    class Decision(models.TextChoices):
        OPEN = "open", "Not decided"
        ACCEPTED = "accepted", "Taken as it was"
        EDITED = "edited", "Taken and edited"
        REJECTED = "rejected", "Not taken"

    listing = models.OneToOneField(Listing, on_delete=models.CASCADE, related_name="draft_outcome")
    engine = models.CharField(max_length=80, blank=True)
    release = models.CharField(max_length=200, blank=True)
    language = models.CharField(max_length=12, blank=True)
    offered_at = models.DateTimeField(help_text="When the first draft was ready")
    decision = models.CharField(max_length=8, choices=Decision.choices, default=Decision.OPEN)
    edit_distance = models.FloatField(
        null=True,
        blank=True,
        validators=SHARE,
        help_text="Between the nearest draft and the published text, by words",
    )
    drafted_share = models.FloatField(null=True, blank=True, validators=SHARE)
    published_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-offered_at"]
        indexes: ClassVar = [models.Index(fields=["offered_at"], name="draft_outcome_when")]

    def __str__(self) -> str:
        return f"{self.listing}: {self.get_decision_display()}"

    @property
    def time_to_publish(self) -> timedelta | None:
        """From the first draft on; None while it is not published."""
        return self.published_at - self.offered_at if self.published_at else None
