"""What the offline aggregation found, as tables that a strip reads by key."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from listing_assistant.catalogue.models import Category


class AggregateKind(models.TextChoices):
    """What a row's key is, and what its entries' ids are."""

    RELATED_CATEGORY = "related_category", "Category → categories bought by the same people"
    CATEGORY_BUYING = "category_buying", "Category → mean purchases of its buyers (d)"
    RELATED_PRODUCT = "related_product", "Product key → product keys bought by the same people"
    CO_VIEW_PRODUCT = "co_view_product", "Product key → product keys viewed in the same sessions"
    CO_VIEW_ITEM = "co_view_item", "Listing → listings viewed in the same sessions"
    PRODUCT_ITEMS = "product_items", "Product key → its most viewed listings for sale"
    RELATED_QUERY = "related_query", "Query → queries searched in the same sessions"
    QUERY_ITEMS = "query_items", "Query → the listings most chosen after it"
    POPULAR = "popular", "Category, or category|attribute|text → its most popular listings"
    IMPORTANT_ASPECT = "important_aspect", "Category → the attributes that buyers hold on to"


class AggregateRow(models.Model):
    """One key of one kind. `entries` are `[id, score, support]`, best first.

    The score is the kind's own (Ochiai, decayed clicks …), the support is how many people or
    sessions it rests on.
    """

    kind = models.CharField(max_length=20, choices=AggregateKind.choices)
    key = models.CharField(max_length=200)
    entries = models.JSONField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["kind", "key"], name="aggregate_row_once")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"


class AggregationRun(models.Model):
    """One run over the behaviour log: which days, by which engine, what each step made."""

    class State(models.TextChoices):
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    state = models.CharField(max_length=8, choices=State.choices, default=State.RUNNING)
    engine = models.CharField(max_length=10, help_text="duckdb or pyspark")
    first_day = models.DateField()
    last_day = models.DateField()
    days_read = ArrayField(
        models.DateField(), default=list, help_text="Days whose events were read anew"
    )
    steps = models.JSONField(default=list, help_text="[{name, rows, seconds}], in order")
    progress = models.FloatField(default=0, help_text="0 to 1")
    error = models.TextField(blank=True)
    started_at = models.DateTimeField(auto_now_add=True)
    alive_at = models.DateTimeField(auto_now=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return f"{self.engine} {self.first_day} – {self.last_day}: {self.state}"


class CategoryOverride(models.Model):
    """What staff decided about two categories, whatever people buy together."""

    class Decision(models.TextChoices):
        ALWAYS = "always", "Always related"
        NEVER = "never", "Never related"

    category = models.ForeignKey(Category, on_delete=models.CASCADE, related_name="overrides")
    related = models.ForeignKey(
        Category,
        on_delete=models.CASCADE,
        related_name="+",
        help_text="The same category decides whether it is shown beside itself",
    )
    decision = models.CharField(max_length=6, choices=Decision.choices)
    reason = models.CharField(max_length=300, blank=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    made_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["category", "related"], name="category_override_once")
        ]

    def __str__(self) -> str:
        return f"{self.category} → {self.related}: {self.decision}"
