"""Looking into listings and sales. The services alone move states, so they are read-only here."""

from __future__ import annotations

from typing import ClassVar

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin, TabularInline

from . import photo_files
from .models import (
    CartItem,
    Listing,
    ListingAttribute,
    Offer,
    Order,
    Photo,
    StoredImage,
    Watch,
)


class ReadOnly:
    """Rows that only the site itself makes and changes."""

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


class PhotoInline(ReadOnly, TabularInline):  # type: ignore[misc]
    model = Photo
    extra = 0
    fields = ("position", "preview", "file_name", "created_at")
    readonly_fields = ("preview", "created_at")

    @admin.display(description="Photo")
    def preview(self, photo: Photo) -> SafeString:
        return picture(photo.image)


class AttributeInline(TabularInline):  # type: ignore[misc]
    model = ListingAttribute
    extra = 0
    raw_id_fields = ("attribute", "value")


@admin.register(Listing)
class ListingAdmin(ModelAdmin):  # type: ignore[misc]
    list_display = ("title", "seller", "state", "category", "price", "currency", "published_at")
    list_filter = ("state", "format", "condition", "currency")
    list_select_related = ("seller", "category")
    search_fields = ("title", "public_id", "seller__email", "import_key")
    date_hierarchy = "created_at"
    raw_id_fields = ("seller", "product", "category")
    readonly_fields = (
        *("public_id", "state", "state_reason", "version", "import_key"),
        *("created_at", "updated_at", "published_at", "ended_at"),
    )
    inlines: ClassVar = [PhotoInline, AttributeInline]
    # Counting every listing for each page of the list takes longer than the page itself.
    show_full_result_count = False


@admin.register(StoredImage)
class StoredImageAdmin(ReadOnly, ModelAdmin):  # type: ignore[misc]
    list_display = ("sha256", "preview", "width", "height", "byte_size", "uses", "created_at")
    search_fields = ("sha256", "perceptual_hash")
    readonly_fields = ("preview",)
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[StoredImage]:
        images: QuerySet[StoredImage] = super().get_queryset(request)
        return images.annotate(photo_count=Count("photos"))

    @admin.display(description="Picture")
    def preview(self, image: StoredImage) -> SafeString:
        return picture(image)

    @admin.display(description="Used by", ordering="photo_count")
    def uses(self, image: StoredImage) -> int:
        count: int = image.photo_count  # type: ignore[attr-defined]
        return count


@admin.register(Offer)
class OfferAdmin(ReadOnly, ModelAdmin):  # type: ignore[misc]
    list_display = ("listing", "buyer", "amount", "currency", "state", "created_at", "decided_at")
    list_filter = ("state", "currency")
    list_select_related = ("listing", "buyer")
    search_fields = ("listing__title", "buyer__email")
    date_hierarchy = "created_at"


@admin.register(Order)
class OrderAdmin(ReadOnly, ModelAdmin):  # type: ignore[misc]
    list_display = ("public_id", "listing", "buyer", "quantity", "amount", "currency", "state")
    list_filter = ("state", "currency")
    list_select_related = ("listing", "buyer")
    search_fields = ("public_id", "listing__title", "buyer__email")
    date_hierarchy = "created_at"


@admin.register(Watch)
class WatchAdmin(ReadOnly, ModelAdmin):  # type: ignore[misc]
    list_display = ("user", "listing", "created_at")
    list_select_related = ("user", "listing")
    search_fields = ("user__email", "listing__title")
    date_hierarchy = "created_at"


@admin.register(CartItem)
class CartItemAdmin(ReadOnly, ModelAdmin):  # type: ignore[misc]
    list_display = ("user", "listing", "quantity", "created_at")
    list_select_related = ("user", "listing")
    search_fields = ("user__email", "listing__title")


def picture(image: StoredImage) -> SafeString:
    return format_html(
        '<img src="{}" alt="" width="80" loading="lazy">', photo_files.photo_url(image, "small")
    )
