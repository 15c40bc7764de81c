from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from recommender.models import BehaviourEvent, Impression, ItemEmbedding, PhotoEmbedding


class RecordAdmin(ModelAdmin):  # type: ignore[misc]
    """What the system wrote down: to look at, not to change."""

    # A count over millions of rows would be the slowest part of the page.
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(BehaviourEvent)
class BehaviourEventAdmin(RecordAdmin):
    list_display = ("happened_at", "kind", "listing", "user", "session_key", "data")
    list_filter = ("kind", "happened_at")
    list_select_related = ("listing", "user")
    search_fields = ("listing__title", "user__email", "session_key", "event_id")
    date_hierarchy = "happened_at"
    ordering: ClassVar = ["-happened_at"]


@admin.register(Impression)
class ImpressionAdmin(RecordAdmin):
    list_display = ("shown_at", "strip", "seed", "listing_count", "user", "session_key")
    list_filter = ("strip", "shown_at")
    list_select_related = ("seed", "user")
    search_fields = ("seed__title", "user__email", "session_key")
    date_hierarchy = "shown_at"
    ordering: ClassVar = ["-shown_at"]

    @admin.display(description="Listings")
    def listing_count(self, impression: Impression) -> int:
        return len(impression.listings)


@admin.register(ItemEmbedding)
class ItemEmbeddingAdmin(RecordAdmin):
    list_display = ("listing", "release", "is_live", "revision", "updated_at")
    list_filter = ("is_live", "release")
    list_select_related = ("listing",)
    search_fields = ("listing__title", "release")
    fields = ("listing", "release", "is_live", "revision", "content_hash", "updated_at", "numbers")
    readonly_fields = ("numbers",)

    def get_queryset(self, request: HttpRequest) -> Any:
        # The vectors of a page of rows are of no use in its list.
        return super().get_queryset(request).defer("vector")

    @admin.display(description="Dimensions")
    def numbers(self, embedding: ItemEmbedding) -> int:
        return len(embedding.vector) // 2


@admin.register(PhotoEmbedding)
class PhotoEmbeddingAdmin(RecordAdmin):
    list_display = ("image", "release")
    list_filter = ("release",)
    search_fields = ("image__sha256", "release")
    fields = ("image", "release")
