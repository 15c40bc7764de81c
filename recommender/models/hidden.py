"""What people said they are not interested in."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from listing_assistant.listings.models import Listing


class HiddenItem(models.Model):
    """A listing that a person, or a visit that is not signed in, does not want to be shown.

    It is no behaviour: nothing is counted from it, and no click comes of it.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="+",
        db_index=False,
    )
    session_key = models.CharField(max_length=40, blank=True)
    listing = models.ForeignKey(Listing, on_delete=models.CASCADE, related_name="+")
    hidden_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["user", "listing"],
                condition=models.Q(user__isnull=False),
                name="hidden_once_a_person",
            ),
            models.UniqueConstraint(
                fields=["session_key", "listing"],
                condition=models.Q(user__isnull=True),
                name="hidden_once_a_visit",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id or self.session_key} {self.listing_id}"
