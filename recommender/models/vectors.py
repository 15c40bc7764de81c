"""The vectors of what is for sale."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from listing_assistant.catalogue.models import Category
from listing_assistant.listings.models import Listing


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
    title_vector = models.BinaryField(
        null=True, help_text="As vector, of the title alone; none before it is encoded again"
    )
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
