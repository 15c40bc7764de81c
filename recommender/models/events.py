"""What buyers did and what they were shown.

Both logs are partitioned by day (recommender/events/partitions.py), so an old day goes at once and
a question about today reads today. PostgreSQL keeps nothing unique across partitions: that a
report counts once is kept by `StoredEventId`.
"""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from listing_assistant.listings.models import Listing


class EventKind(models.TextChoices):
    SEARCH = "search", "Search"
    CLICK = "click", "Click"
    WATCH = "watch", "Watch"
    UNWATCH = "unwatch", "Unwatch"
    CART = "cart", "Cart"
    OFFER = "offer", "Offer"
    BID = "bid", "Bid"
    BUY_NOW = "buy_now", "Buy it now"
    PURCHASE = "purchase", "Purchase"
    REFUND = "refund", "Refund"


class Source(models.TextChoices):
    """Who says so. Only the site itself knows of purchases."""

    SITE = "site", "The site"
    PAGE = "page", "A page's script"
    APP = "app", "An app"


class LogQuerySet(models.QuerySet["BehaviourEvent"]):
    def counted(self) -> LogQuerySet:
        """What people did: without robots, sellers on their own things and unproved purchases."""
        return self.filter(flags="")


class BehaviourEvent(models.Model):
    """One thing a person did. `event_id` makes a repeated report count once."""

    event_id = models.UUIDField(default=uuid.uuid4)
    kind = models.CharField(max_length=10, choices=EventKind.choices)
    listing = models.ForeignKey(
        Listing,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="events",
        db_index=False,
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="+",
        db_index=False,
    )
    session_key = models.CharField(max_length=40, blank=True)
    happened_at = models.DateTimeField()
    data = models.JSONField(default=dict, blank=True, help_text="query, strip, position, seed …")
    source = models.CharField(max_length=4, choices=Source.choices, default=Source.SITE)
    flags = models.CharField(
        max_length=40, blank=True, help_text="Why it does not count: bot, pace, self, unverified"
    )
    received_at = models.DateTimeField(default=timezone.now)

    objects = LogQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["kind", "happened_at"], name="event_by_kind"),
            models.Index(fields=["user", "happened_at"], name="event_by_user"),
            models.Index(fields=["listing", "kind", "happened_at"], name="event_by_listing"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.listing_id}"


class Impression(models.Model):
    """A strip that was shown: without these nothing can be learnt or compared."""

    event_id = models.UUIDField(default=uuid.uuid4)
    strip = models.CharField(max_length=20)
    seed = models.ForeignKey(
        Listing,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="+",
        db_index=False,
    )
    listings = models.JSONField(help_text="Listing ids, in the order shown")
    places = models.JSONField(
        default=list, blank=True, help_text="Of each listing: position, recall_set, arm"
    )
    served = models.JSONField(
        default=dict, blank=True, help_text="How the strip was made: similar/served.py"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="+",
        db_index=False,
    )
    session_key = models.CharField(max_length=40, blank=True)
    shown_at = models.DateTimeField()
    source = models.CharField(max_length=4, choices=Source.choices, default=Source.SITE)
    flags = models.CharField(max_length=40, blank=True, help_text="As of an event")
    received_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["strip", "shown_at"], name="impression_by_strip"),
            models.Index(fields=["user", "shown_at"], name="impression_by_user"),
            models.Index(fields=["seed", "shown_at"], name="impression_by_seed"),
        ]

    def __str__(self) -> str:
        return f"{self.strip} of {self.seed_id}"


class StoredEventId(models.Model):
    """An id that has been stored, kept for as long as its event could be accepted once more."""

    event_id = models.UUIDField(primary_key=True)
    stored_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return str(self.event_id)


class RecentViewer(models.Model):
    """When a person last looked at a listing. Telling it twice changes nothing."""

    pk = models.CompositePrimaryKey("listing_id", "person")
    listing = models.ForeignKey(
        Listing, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    person = models.CharField(max_length=44)
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.person} at {self.listing_id}"


class Erasure(models.Model):
    """A person's behaviour was erased: what is still on its way from before goes as well."""

    user_id = models.BigIntegerField()
    session_keys = ArrayField(models.CharField(max_length=40), default=list)
    erased_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.user_id} {self.erased_at:%Y-%m-%d}"
