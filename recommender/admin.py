from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.humanize.templatetags.humanize import intcomma
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from recommender import refreshing, selectors
from recommender.experiments.admin import ExperimentAdmin
from recommender.models import (
    BehaviourEvent,
    EmbeddingRelease,
    Impression,
    ItemEmbedding,
    PhotoEmbedding,
)
from recommender.offline.admin import AggregationRunAdmin, RelatedCategoryAdmin
from recommender.releases.admin import ModelReleaseAdmin
from recommender.reports.admin import RecommendationReportAdmin

__all__ = [
    "AggregationRunAdmin",
    "ExperimentAdmin",
    "ModelReleaseAdmin",
    "RecommendationReportAdmin",
    "RelatedCategoryAdmin",
]


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


@admin.register(EmbeddingRelease)
class EmbeddingReleaseAdmin(RecordAdmin):
    """How far a refresh is; it can be held back for an hour and go on where it was."""

    list_display = ("release", "status", "progress", "time_left", "is_paused", "served_from")
    list_filter = ("status",)
    ordering: ClassVar = ["-begun_at"]
    fields = ("release", "status", "is_paused", "begun_at", "progress", "time_left", "served_from")
    readonly_fields = ("progress", "time_left")
    actions = ("pause", "resume")

    def has_steer_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("recommender.change_embeddingrelease")

    @admin.display(description="Progress")
    def progress(self, state: EmbeddingRelease) -> str:
        progress = selectors.refresh_progress(state)
        share = progress.done / progress.total if progress.total else 1.0
        return f"{intcomma(progress.done)} of {intcomma(progress.total)} ({share:.0%})"

    @admin.display(description="Time left")
    def time_left(self, state: EmbeddingRelease) -> str:
        left = selectors.refresh_progress(state).left
        return "–" if left is None else str(left).partition(".")[0]

    @admin.action(description="Pause the refresh", permissions=["steer"])
    def pause(self, request: HttpRequest, states: QuerySet[EmbeddingRelease]) -> None:
        paused = sum(refreshing.pause(release=state.release) for state in states)
        self._tell(request, paused, "paused", "Nothing to pause: it is not being made")

    @admin.action(description="Go on with the refresh", permissions=["steer"])
    def resume(self, request: HttpRequest, states: QuerySet[EmbeddingRelease]) -> None:
        resumed = sum(refreshing.resume(release=state.release) for state in states)
        self._tell(request, resumed, "going on", "Nothing to go on with: it is not paused")

    def _tell(self, request: HttpRequest, count: int, done: str, nothing: str) -> None:
        level = messages.SUCCESS if count else messages.WARNING
        self.message_user(request, f"{count} {done}" if count else nothing, level)


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
