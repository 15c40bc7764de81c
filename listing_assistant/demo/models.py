"""What is known to be true of the demo's listings, for evaluation only."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from listing_assistant.listings.models import Listing


class DrawnListing(models.Model):
    """The truth behind a listing whose photos were drawn. No page and no model reads it."""

    class Mismatch(models.TextChoices):
        NONE = "", "None"
        COLOUR = "colour", "The photos show another colour"
        KIND = "kind", "The photos show another thing"

    listing = models.OneToOneField(Listing, on_delete=models.CASCADE, related_name="drawn")
    mismatch = models.CharField(max_length=6, choices=Mismatch.choices, blank=True)
    stated = models.JSONField(help_text="The look that the listing says, as a dictionary")
    shown = models.JSONField(help_text="The look that the photos show")
    boxes = models.JSONField(
        help_text="One entry a photo, in order: object and brand box in pixels of 640 × 640"
    )

    class Meta:
        indexes: ClassVar = [models.Index(fields=["mismatch"])]

    def __str__(self) -> str:
        return f"{self.listing}: {self.get_mismatch_display()}"
