"""What buyers did, what they were shown, and the vectors of what is for sale."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models

from listing_assistant.catalogue.models import Category
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


class EmbeddingRelease(models.Model):
    """The vectors of everything for sale under one release of the models.

    Searches use the release in service. A new one is made beside it and takes its place in one
    step, when it covers all that can be found; the one before stays until the next, as a way back.
    """

    class Status(models.TextChoices):
        REFRESHING = "refreshing", "Being made"
        SERVING = "serving", "In service"
        RETIRED = "retired", "Retired"

    release = models.CharField(max_length=40, unique=True)
    status = models.CharField(max_length=10, choices=Status.choices)
    is_paused = models.BooleanField(default=False)
    begun_at = models.DateTimeField(help_text="Or gone on with, after a pause")
    done_then = models.PositiveIntegerField(help_text="Live vectors that it had at that time")
    position = models.BigIntegerField(default=0, help_text="The last listing that was looked at")
    served_from = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["status"], condition=models.Q(status="serving"), name="one_release_serves"
            )
        ]

    def __str__(self) -> str:
        return self.release


class ItemEmbedding(models.Model):
    """The vector of a listing under one release. One search never mixes two releases."""

    listing = models.ForeignKey(Listing, on_delete=models.CASCADE, related_name="embeddings")
    release = models.CharField(max_length=40)
    content_hash = models.CharField(max_length=64, help_text="Of the title and photos encoded")
    vector = models.BinaryField(help_text="float16, little endian, unit length")
    is_live = models.BooleanField(default=False, help_text="Whether searches may find it")
    category = models.ForeignKey(
        Category,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="As the indexes know it: a change of it is a new revision",
    )
    # From the sequence recommender_revision. Every process that serves a search reads the rows
    # with a higher revision than it has seen.
    revision = models.BigIntegerField()
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["listing", "release"], name="item_embedding_once")
        ]
        indexes: ClassVar = [
            models.Index(fields=["release", "revision"], name="item_embedding_news")
        ]

    def __str__(self) -> str:
        return f"{self.listing_id} {self.release}"


class PhotoEmbedding(models.Model):
    """An image is encoded once per release, whoever uses it and however often."""

    image = models.ForeignKey(
        "listings.StoredImage", on_delete=models.CASCADE, related_name="embeddings"
    )
    release = models.CharField(max_length=40)
    vector = models.BinaryField(help_text="float16, little endian, unit length")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["image", "release"], name="photo_embedding_once")
        ]

    def __str__(self) -> str:
        return f"{self.image_id[:12]} {self.release}"


class ModelRelease(models.Model):
    """A trained model: an artefact's folder, what it scored, and whether it answers sellers."""

    class State(models.TextChoices):
        CANDIDATE = "candidate", "Candidate"
        SERVING = "serving", "In service"
        RETIRED = "retired", "Retired"

    kind = models.CharField(max_length=40, help_text="taclr, category, description")
    release = models.CharField(max_length=12, help_text="Of the artefact's config and weights")
    folder = models.CharField(max_length=200, help_text="Under ARTEFACTS_DIR")
    metrics = models.JSONField(default=dict, help_text="The artefact's metrics.json")
    state = models.CharField(max_length=10, choices=State.choices, default=State.CANDIDATE)
    created_at = models.DateTimeField(auto_now_add=True)
    # Of the releases that were in service, the order says which one to go back to.
    served_from = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["kind", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["kind", "release"], name="model_release_once"),
            models.UniqueConstraint(
                fields=["kind"], condition=models.Q(state="serving"), name="one_model_serves"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.release}"


class ReleaseChange(models.Model):
    """Who put which release in service, and why. Only added to."""

    kind = models.CharField(max_length=40)
    before = models.ForeignKey(
        ModelRelease, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    after = models.ForeignKey(
        ModelRelease,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="changes",
        help_text="None: the model that ships with the project",
    )
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    reason = models.CharField(max_length=300, blank=True)
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return f"{self.kind}: {self.before or 'bundled'} → {self.after or 'bundled'}"
