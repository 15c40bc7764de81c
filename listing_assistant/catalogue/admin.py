from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from unfold.admin import ModelAdmin, TabularInline

from listing_assistant.catalogue.models import (
    Attribute,
    AttributeValue,
    Category,
    CategoryAttribute,
    CompatibilityPair,
    Product,
    Taxonomy,
)
from listing_assistant.catalogue.selectors import attributes_of, target_precision_of


@admin.register(Taxonomy)
class TaxonomyAdmin(ModelAdmin):  # type: ignore[misc]
    list_display = (
        *("name", "source_version", "version", "is_offered"),
        *("category_count", "leaf_count", "attribute_count", "imported_at", "use"),
    )
    readonly_fields = (
        *("name", "source_version", "version", "checksum"),
        *("inherits_attributes", "imported_at"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Taxonomy]:
        active = Q(categories__is_active=True)
        counted: QuerySet[Taxonomy] = (
            super()
            .get_queryset(request)
            .annotate(
                category_total=Count("categories", filter=active, distinct=True),
                leaf_total=Count(
                    "categories", filter=active & Q(categories__is_leaf=True), distinct=True
                ),
            )
        )
        return counted

    @admin.display(description="Categories")
    def category_count(self, taxonomy: Taxonomy) -> int:
        return int(getattr(taxonomy, "category_total", 0))

    @admin.display(description="Leaves")
    def leaf_count(self, taxonomy: Taxonomy) -> int:
        return int(getattr(taxonomy, "leaf_total", 0))

    @admin.display(description="Attributes")
    def attribute_count(self, taxonomy: Taxonomy) -> int:
        return taxonomy.attributes.filter(is_active=True).count()

    @admin.display(description="Use")
    def use(self, taxonomy: Taxonomy) -> str:
        return _use_link("admin:assistant_taxonomyuse", taxonomy.pk)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # A taxonomy comes from files: manage.py import_taxonomy.


class LevelFilter(admin.SimpleListFilter):
    """Roots first: the tree is walked by a category's links to its children."""

    title = "level"
    parameter_name = "level"

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin[Category]
    ) -> list[tuple[str, str]]:
        return [("roots", "Departments"), ("leaves", "Leaves")]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Category]
    ) -> QuerySet[Category] | None:
        if self.value() == "roots":
            return queryset.filter(parent=None)
        return queryset.filter(is_leaf=True) if self.value() == "leaves" else queryset


class CategoryAttributeInline(TabularInline):  # type: ignore[misc]
    model = CategoryAttribute
    autocomplete_fields: ClassVar = ["attribute"]
    extra = 0


@admin.register(Category)
class CategoryAdmin(ModelAdmin):  # type: ignore[misc]
    list_display = ("name", "path", "taxonomy", "is_leaf", "is_active", "children_link", "use")
    list_filter = (LevelFilter, "taxonomy", "is_active", "depth")
    list_select_related = ("taxonomy",)
    search_fields = ("name", "path", "synonyms", "source_id")
    ordering = ("taxonomy", "position")
    autocomplete_fields: ClassVar = ["parent"]
    readonly_fields = (
        *("taxonomy", "source_id", "path", "depth", "is_leaf"),
        *("precision_in_force", "children_list", "all_attributes"),
    )
    inlines: ClassVar = [CategoryAttributeInline]

    @admin.display(description="Children")
    def children_link(self, category: Category) -> str:
        if category.is_leaf:
            return "–"
        url = f"{reverse('admin:catalogue_category_changelist')}?parent__id__exact={category.pk}"
        return format_html('<a href="{}">Open</a>', url)

    @admin.display(description="Use")
    def use(self, category: Category) -> str:
        return _use_link("admin:assistant_categoryuse_change", category.pk)

    @admin.display(description="Children")
    def children_list(self, category: Category) -> str:
        children = category.children.filter(is_active=True).order_by("position")
        return _links(children) or "–"

    @admin.display(description="Target precision in force")
    def precision_in_force(self, category: Category) -> str:
        return f"{target_precision_of(category):.2f}" if category.pk else "–"

    @admin.display(description="Attributes with inherited ones")
    def all_attributes(self, category: Category) -> str:
        return _links(link.attribute for link in attributes_of(category)) or "–"

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        return lookup == "parent__id__exact" or super().lookup_allowed(lookup, value, request)


class AttributeValueInline(TabularInline):  # type: ignore[misc]
    model = AttributeValue
    fields = ("value", "synonyms", "position", "is_active")
    extra = 0
    per_page = 50


@admin.register(Attribute)
class AttributeAdmin(ModelAdmin):  # type: ignore[misc]
    list_display = (
        *("name", "source_id", "kind", "unit", "value_count", "taxonomy", "is_active", "use"),
    )
    list_filter = ("taxonomy", "kind", "is_active")
    list_select_related = ("taxonomy",)
    search_fields = ("name", "source_id")
    readonly_fields = ("taxonomy", "source_id")
    inlines: ClassVar = [AttributeValueInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Attribute]:
        counted: QuerySet[Attribute] = (
            super()
            .get_queryset(request)
            .annotate(value_total=Count("values", filter=Q(values__is_active=True)))
        )
        return counted

    @admin.display(description="Values", ordering="value_total")
    def value_count(self, attribute: Attribute) -> int:
        return int(getattr(attribute, "value_total", 0))

    @admin.display(description="Use")
    def use(self, attribute: Attribute) -> str:
        return _use_link("admin:assistant_attributeuse_change", attribute.pk)


@admin.register(CompatibilityPair)
class CompatibilityPairAdmin(ModelAdmin):  # type: ignore[misc]
    list_display = ("fits", "property")
    list_select_related = ("fits", "property")
    autocomplete_fields: ClassVar = ["fits", "property"]


@admin.register(Product)
class ProductAdmin(ModelAdmin):  # type: ignore[misc]
    list_display = ("name", "brand", "gtin", "category", "source")
    list_filter = ("source",)
    list_select_related = ("category",)
    search_fields = ("name", "brand", "gtin", "source_id")
    autocomplete_fields: ClassVar = ["category"]


def _use_link(page: str, pk: int) -> str:
    """To a page of a higher layer: what listings make of it."""
    return format_html('<a href="{}">In listings</a>', reverse(page, args=[pk]))


def _links(rows: Iterable[Category] | Iterable[Attribute]) -> str:
    return format_html_join(
        ", ",
        '<a href="{}">{}</a>',
        (
            (reverse(f"admin:catalogue_{row._meta.model_name}_change", args=[row.pk]), row.name)
            for row in rows
        ),
    )
