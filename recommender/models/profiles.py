"""What people like, as far as their acts tell."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models


class ViewerProfile(models.Model):
    """A person's tastes as of a day, in the space of one release of the vectors.

    Made of the behaviour log by recommender/items/profiles.py for each item table, beside which it
    is read: rows of a new table are written while those of the one before are read.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    day = models.DateField()
    release = models.CharField(max_length=40, blank=True)
    categories = models.JSONField(default=dict, help_text="Share of each category's id")
    brands = models.JSONField(default=dict, help_text="Share of each brand's key")
    prices = models.JSONField(
        default=dict, help_text="By a currency's key: mean and deviation of logarithms"
    )
    vector = models.BinaryField(null=True, help_text="float32, little endian, unit length")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "day", "release"], name="viewer_profile_once")
        ]

    def __str__(self) -> str:
        return f"{self.user_id} as of {self.day:%Y-%m-%d}"
