"""What buyers did and what they were shown."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models

from listing_assistant.listings.models import Listing


class EventKind(models.TextChoices):
    SEARCH = "search", "Search"
    CLICK = "click", "Click"
    WATCH = "watch", "Watch"
    UNWATCH = "unwatch", "Unwatch"
    CART = "cart", "Cart"
    OFFER = "offer", "Offer"
    BUY_NOW = "buy_now", "Buy it now"
    PURCHASE = "purchase", "Purchase"
    REFUND = "refund", "Refund"


class BehaviourEvent(models.Model):
    """One thing a person did. `event_id` makes a repeated report count once."""

    event_id = models.UUIDField(default=uuid.uuid4, unique=True)
    kind = models.CharField(max_length=10, choices=EventKind.choices)
    listing = models.ForeignKey(
        Listing, null=True, blank=True, on_delete=models.CASCADE, related_name="events"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    session_key = models.CharField(max_length=40, blank=True)
    happened_at = models.DateTimeField()
    data = models.JSONField(default=dict, blank=True, help_text="query, strip, position, seed …")

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["kind", "happened_at"], name="event_by_kind"),
            models.Index(fields=["user", "happened_at"], name="event_by_user"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.listing_id}"


class Impression(models.Model):
    """A strip that was shown: without these nothing can be learnt or compared."""

    strip = models.CharField(max_length=20)
    seed = models.ForeignKey(
        Listing, null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    listings = models.JSONField(help_text="Listing ids, in the order shown")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    session_key = models.CharField(max_length=40, blank=True)
    shown_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["strip", "shown_at"], name="impression_by_strip")]

    def __str__(self) -> str:
        return f"{self.strip} of {self.seed_id}"
