from django.contrib import admin
from unfold.admin import ModelAdmin

from .models import Appeal, Case, ClaimConflict, Decision, DuplicatePair, KnownImage


class AuditAdmin(ModelAdmin):  # type: ignore[misc]
    """Looked at here, changed only by the moderation pages."""

    def has_add_permission(self, request: object) -> bool:
        return False

    def has_change_permission(self, request: object, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: object, obj: object = None) -> bool:
        return False


@admin.register(Case)
class CaseAdmin(AuditAdmin):
    list_display = ("listing", "kind", "state", "risk", "opened_at", "leased_to")
    list_filter = ("kind", "state")
    search_fields = ("listing__title", "reason")
    list_select_related = ("listing", "leased_to")


@admin.register(Decision)
class DecisionAdmin(AuditAdmin):
    list_display = ("made_at", "moderator", "action", "case", "state_before", "state_after")
    list_filter = ("action", "moderator")
    search_fields = ("case__listing__title", "reason")
    list_select_related = ("moderator", "case__listing")
    date_hierarchy = "made_at"


@admin.register(Appeal)
class AppealAdmin(AuditAdmin):
    list_display = ("case", "seller", "made_at")
    search_fields = ("text", "seller__email")
    list_select_related = ("case__listing", "seller")


@admin.register(DuplicatePair)
class DuplicatePairAdmin(AuditAdmin):
    list_display = ("listing", "other", "agreement", "case", "found_at")
    list_select_related = ("listing", "other", "case__listing")
    search_fields = ("listing__title", "other__title", "image__sha256", "other_image__sha256")


@admin.register(ClaimConflict)
class ClaimConflictAdmin(AuditAdmin):
    list_display = ("case", "attribute", "stated", "inferred", "confidence", "found_at")
    list_filter = ("attribute__name",)
    list_select_related = ("case__listing", "attribute")
    search_fields = ("case__listing__title", "stated", "inferred")


@admin.register(KnownImage)
class KnownImageAdmin(AuditAdmin):
    list_display = ("image", "decision")
    list_select_related = ("image", "decision__moderator")
    search_fields = ("image__sha256",)
