"""Which trained models there are, and which of them answer."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models


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
