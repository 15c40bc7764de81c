from __future__ import annotations

from typing import ClassVar

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin, TabularInline

from listing_assistant.assistant.models import Analysis, Choice, DraftJob, Evidence, Suggestion
from listing_assistant.assistant.outcome_admin import DraftOutcomeAdmin
from listing_assistant.assistant.run_admin import ExtractionRunAdmin
from listing_assistant.assistant.vocabulary.admin import AttributeUseAdmin, CategoryUseAdmin

__all__ = ["AttributeUseAdmin", "CategoryUseAdmin", "DraftOutcomeAdmin", "ExtractionRunAdmin"]


class _ReadOnly:
    """What the models and the sellers said is a record: it is looked at, not edited."""

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


class SuggestionInline(_ReadOnly, TabularInline):  # type: ignore[misc]
    model = Suggestion
    fields = ("kind", "label", "confidence", "state")
    extra = 0
    show_change_link = True


class EvidenceInline(_ReadOnly, TabularInline):  # type: ignore[misc]
    model = Evidence
    fields = ("kind", "field", "text", "photo", "region", "neighbour", "weight")
    readonly_fields = ("region",)
    extra = 0


class ChoiceInline(_ReadOnly, TabularInline):  # type: ignore[misc]
    model = Choice
    fields = ("made_at", "user", "action", "value", "before")
    extra = 0


@admin.register(Analysis)
class AnalysisAdmin(_ReadOnly, ModelAdmin):  # type: ignore[misc]
    list_display = ("id", "listing", "status", "attempts", "created_at", "finished_at")
    list_filter = ("status", "created_at")
    search_fields = ("listing__title", "public_id", "input_hash")
    list_select_related = ("listing",)
    inlines: ClassVar = [SuggestionInline]


@admin.register(Suggestion)
class SuggestionAdmin(_ReadOnly, ModelAdmin):  # type: ignore[misc]
    list_display = ("label", "kind", "confidence", "state", "analysis")
    list_filter = ("kind", "state")
    search_fields = ("label", "analysis__listing__title")
    list_select_related = ("analysis__listing",)
    inlines: ClassVar = [EvidenceInline, ChoiceInline]


@admin.register(Choice)
class ChoiceAdmin(_ReadOnly, ModelAdmin):  # type: ignore[misc]
    list_display = ("made_at", "user", "action", "suggestion")
    list_filter = ("action", "suggestion__kind")
    search_fields = ("user__email", "suggestion__label")
    list_select_related = ("user", "suggestion")


@admin.register(DraftJob)
class DraftJobAdmin(_ReadOnly, ModelAdmin):  # type: ignore[misc]
    list_display = (
        "id",
        "listing",
        "task",
        "status",
        "engine",
        "fallback",
        "seconds",
        "created_at",
    )
    list_filter = ("status", "task", "engine", "language")
    search_fields = ("listing__title", "public_id")
    list_select_related = ("listing",)
