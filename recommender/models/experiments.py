"""Experiments on strips: who sees which arm, what staff decided, what was read off so far."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models


class Surface(models.TextChoices):
    """The strips that an experiment can change, by the names that the log has for them."""

    SIMILAR = "similar", "Similar items, on a listing's page"
    PICKED = "picked", "Picked for you, on the landing page"
    BECAUSE = "because", "Because you watched …, on the landing page"


def _surfaces() -> ArrayField[Any, Any]:
    return ArrayField(models.CharField(max_length=20, choices=Surface.choices))


class ExperimentLayer(models.Model):
    """A set of the recipe's fields on some surfaces, which belongs to no other layer.

    Experiments of one layer share its buckets out among them, so nobody is in two of them. Those of
    two layers are independent: their salts differ, and no field is changed twice.
    """

    name = models.CharField(max_length=40, unique=True)
    surfaces = _surfaces()
    fields = ArrayField(models.CharField(max_length=40), help_text="Of the recipe")
    salt = models.CharField(max_length=40, unique=True, editable=False)

    class Meta:
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name


class Experiment(models.Model):
    """`arms` are `[{name, share, overrides}]`, the control first; shares add up to 1.

    It owns the buckets `first_bucket` to below `end_bucket` of its layer while it runs.
    """

    class Unit(models.TextChoices):
        USER = "user", "People who are signed in"
        SESSION = "session", "Visits"

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        RUNNING = "running", "Running"
        STOPPED = "stopped", "Stopped"
        SHIPPED = "shipped", "Shipped"

    key = models.SlugField(max_length=20, unique=True, help_text="In the log, for good")
    layer = models.ForeignKey(ExperimentLayer, on_delete=models.PROTECT, related_name="experiments")
    surfaces = _surfaces()
    unit = models.CharField(max_length=7, choices=Unit.choices)
    hypothesis = models.TextField(max_length=1000)
    metric = models.CharField(max_length=40, help_text="The primary metric: the one that decides")
    planned_units = models.PositiveIntegerField(
        help_text="Intervals are tightest when about so many people or visits were in it"
    )
    arms = models.JSONField()
    salt = models.CharField(max_length=40, unique=True, editable=False)
    first_bucket = models.PositiveSmallIntegerField(default=0)
    end_bucket = models.PositiveSmallIntegerField(default=0)
    state = models.CharField(max_length=7, choices=State.choices, default=State.DRAFT)
    shipped_arm = models.CharField(max_length=20, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return self.key


class ExperimentChange(models.Model):
    """Who did what to an experiment, and why. Only added to."""

    experiment = models.ForeignKey(Experiment, on_delete=models.PROTECT, related_name="changes")
    step = models.CharField(max_length=10, help_text="create, start, ramp, stop, ship, undo")
    told = models.CharField(max_length=300, help_text="What changed, in words")
    reason = models.CharField(max_length=300)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return f"{self.experiment}: {self.step}"


class RecipeDefault(models.Model):
    """What a surface's recipe is where no experiment says otherwise: the newest row. Only added to.

    `overrides` are all fields that differ from policy.py, not only those of this change.
    """

    surface = models.CharField(max_length=20, choices=Surface.choices)
    overrides = models.JSONField()
    change = models.ForeignKey(ExperimentChange, on_delete=models.PROTECT, related_name="defaults")

    class Meta:
        indexes: ClassVar = [models.Index(fields=["surface", "-id"], name="recipe_default_newest")]

    def __str__(self) -> str:
        return f"{self.surface}: {self.overrides}"


class Exposure(models.Model):
    """When a person or visit (`person_of`) first got what differs between the arms.

    `milliseconds` is what that strip took to make, and `before` what the unit had done until then,
    read with the first reading after it.
    """

    experiment = models.ForeignKey(
        Experiment, on_delete=models.CASCADE, related_name="exposures", db_index=False
    )
    unit = models.CharField(max_length=44)
    arm = models.CharField(max_length=20)
    first_at = models.DateTimeField()
    milliseconds = models.FloatField(null=True, blank=True)
    before = models.JSONField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["experiment", "unit"], name="exposure_once")
        ]
        indexes: ClassVar = [models.Index(fields=["unit"], name="exposure_by_unit")]

    def __str__(self) -> str:
        return f"{self.unit} in {self.arm}"


class UnitDay(models.Model):
    """What an exposed unit did on one day (UTC) from its exposure on; metrics.py says what counts.

    `money` is `{currency: [revenue, ad revenue]}`.
    """

    experiment = models.ForeignKey(
        Experiment, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    unit = models.CharField(max_length=44)
    day = models.DateField()
    seen = models.PositiveIntegerField()
    clicks = models.PositiveIntegerField()
    watches = models.PositiveIntegerField()
    purchases = models.PositiveIntegerField()
    refunded = models.PositiveIntegerField(help_text="Purchases, on the day of the refund")
    anywhere = models.PositiveIntegerField(help_text="Purchases, wherever they came from")
    money = models.JSONField(default=dict)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["experiment", "day", "unit"], name="unit_day_once")
        ]
        indexes: ClassVar = [models.Index(fields=["unit"], name="unit_day_by_unit")]

    def __str__(self) -> str:
        return f"{self.unit} on {self.day}"


class ExperimentReading(models.Model):
    """All figures of an experiment up to and with a day, as they were read on that day."""

    experiment = models.ForeignKey(Experiment, on_delete=models.CASCADE, related_name="readings")
    day = models.DateField()
    figures = models.JSONField()
    made_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering: ClassVar = ["day"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["experiment", "day"], name="experiment_reading_once")
        ]

    def __str__(self) -> str:
        return f"{self.experiment} on {self.day}"
