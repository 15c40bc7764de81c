"""Staff's pages on how listings use the vocabulary, and the edits that follow from it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, reverse

from listing_assistant.accounts.models import User
from listing_assistant.assistant.staff_models import AttributeUse, CategoryUse
from listing_assistant.assistant.vocabulary import selectors
from listing_assistant.catalogue.editing import VocabularyError
from listing_assistant.catalogue.models import Attribute, AttributeValue, Category, Taxonomy
from listing_assistant.listings import vocabulary
from listing_assistant.listings.models import Listing, ListingAttribute, State, VocabularyEdit
from listing_assistant.page_admin import PageAdmin

VALUES_SHOWN = 50
CHOICES_SHOWN = 12
MAY_EDIT = "catalogue.change_attributevalue"


class UseAdmin(PageAdmin):
    """What every page on the vocabulary knows."""

    def page(self, request: HttpRequest, template: str, **context: Any) -> TemplateResponse:
        context |= {"may_edit": request.user.has_perm(MAY_EDIT)}
        return super().page(request, f"vocabulary/{template}", **context)


@admin.register(CategoryUse)
class CategoryUseAdmin(UseAdmin):
    """Which categories are filled well, which vocabulary they lack."""

    list_display = ("path", "taxonomy", "live", "details", "unlisted")
    list_filter = ("taxonomy", "is_leaf")
    list_select_related = ("taxonomy",)
    search_fields = ("name", "path")

    def get_queryset(self, request: HttpRequest) -> QuerySet[CategoryUse]:
        return CategoryUse.objects.filter(is_active=True).annotate(
            live_total=_counted(Listing.objects.filter(state=State.LIVE), "category"),
            stated_total=_counted(_live_rows(), "listing__category"),
            unlisted_total=_counted(
                _live_rows().filter(value=None, attribute__kind__in=selectors.LISTED),
                "listing__category",
            ),
        )

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        # Not `ordering`, which may name no annotation.
        return ("-live_total", "path")

    @admin.display(description="Live listings", ordering="live_total")
    def live(self, category: CategoryUse) -> int:
        return int(getattr(category, "live_total", 0))

    @admin.display(description="Details a listing")
    def details(self, category: CategoryUse) -> str:
        live = self.live(category)
        return f"{getattr(category, 'stated_total', 0) / live:.1f}" if live else "–"

    @admin.display(description="Values no list holds", ordering="unlisted_total")
    def unlisted(self, category: CategoryUse) -> int:
        return int(getattr(category, "unlisted_total", 0))

    def get_urls(self) -> list[URLPattern]:
        taxonomy = self.named("taxonomyuse", "taxonomy/<int:pk>/", self.taxonomy_page)
        return [taxonomy, *super().get_urls()]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        found = Category.objects.select_related("taxonomy")
        category = get_object_or_404(found, pk=object_id if object_id.isdecimal() else None)
        below = category.children.filter(is_active=True).order_by("position")
        return self._place(request, category, taxonomy=category.taxonomy, below=below)

    def taxonomy_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        taxonomy = get_object_or_404(Taxonomy, pk=pk)
        roots = taxonomy.categories.filter(parent=None, is_active=True).order_by("position")
        return self._place(request, taxonomy, taxonomy=taxonomy, below=roots)

    def _place(
        self, request: HttpRequest, place: Category | Taxonomy, **context: Any
    ) -> HttpResponse:
        coverage = selectors.coverage_of(place)
        rows = [
            {
                "attribute": row.attribute,
                "live": row.live,
                "shares": [
                    (name, count, round(100 * row.share(count)))
                    for name, count in (
                        ("filled", row.filled),
                        ("suggested", row.suggested),
                        ("accepted", row.accepted),
                    )
                ],
            }
            for row in coverage
        ]
        return self.page(
            request,
            "place",
            title=str(place),
            place=place,
            live=selectors.listings_in(place).filter(state=State.LIVE).count(),
            coverage=rows,
            corrections=selectors.corrections_in(place),
            typed=selectors.typed_values_in(place),
            back=request.get_full_path(),
            **context,
        )


def _live_rows() -> QuerySet[ListingAttribute]:
    return ListingAttribute.objects.filter(listing__state=State.LIVE)


def _counted(rows: QuerySet[Any], category: str) -> Coalesce:
    """As a subquery: joined, the three counts would multiply each other."""
    own = rows.filter(**{category: OuterRef("pk")}).order_by().values(category)
    counted = own.annotate(total=Count("pk")).values("total")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


@admin.register(AttributeUse)
class AttributeUseAdmin(UseAdmin):
    """The values of an attribute by how many listings state them; merges, additions, undo."""

    list_display = ("name", "taxonomy", "kind", "value_count", "unlisted")
    list_filter = ("taxonomy", "kind")
    list_select_related = ("taxonomy",)
    search_fields = ("name", "source_id")

    def get_queryset(self, request: HttpRequest) -> QuerySet[AttributeUse]:
        typed = _live_rows().filter(value=None, attribute__kind__in=selectors.LISTED)
        return AttributeUse.objects.filter(is_active=True).annotate(
            value_total=Count("values", filter=Q(values__is_active=True)),
            unlisted_total=_counted(typed, "attribute"),
        )

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        return ("-unlisted_total", "name")

    @admin.display(description="Values", ordering="value_total")
    def value_count(self, attribute: AttributeUse) -> int:
        return int(getattr(attribute, "value_total", 0))

    @admin.display(description="Values no list holds", ordering="unlisted_total")
    def unlisted(self, attribute: AttributeUse) -> int:
        return int(getattr(attribute, "unlisted_total", 0))

    def get_urls(self) -> list[URLPattern]:
        return [
            self.named("vocabulary_choose", "<int:pk>/choose/", self.choose),
            self.named("vocabulary_edit", "<int:pk>/edit/", self.edit),
            self.named("vocabulary_undo", "undo/<int:pk>/", self.undo),
            *super().get_urls(),
        ]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        found = Attribute.objects.select_related("taxonomy")
        attribute = get_object_or_404(found, pk=object_id if object_id.isdecimal() else None)
        words = request.GET.get("q", "").strip()
        used = selectors.used_values(attribute, words=words)
        return self.page(
            request,
            "attribute",
            title=attribute.name,
            attribute=attribute,
            words=words,
            values=used[:VALUES_SHOWN],
            more=max(0, len(used) - VALUES_SHOWN),
            typed=selectors.typed_values_in(attribute),
            corrections=selectors.corrections_in(attribute),
            edits=selectors.edits_of(attribute)[:VALUES_SHOWN],
            back=request.get_full_path(),
        )

    def choose(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The question before a merge or a synonym: which value, and what will change."""
        attribute = get_object_or_404(Attribute, pk=pk)
        number = request.GET.get("value", "")
        value = (
            get_object_or_404(attribute.values, pk=number, is_active=True)
            if number.isdecimal()
            else None
        )
        text = value.value if value else request.GET.get("text", "").strip()
        words = request.GET.get("q", "").strip()
        others = [used.value for used in selectors.used_values(attribute, words=words)]
        others = [other for other in others if value is None or other.pk != value.pk]
        if not words:
            alike = selectors.nearest(text, others, count=CHOICES_SHOWN)
            others = [*alike, *(other for other in others if other not in alike)]
        total, live = selectors.listings_that_say(value) if value else (0, 0)
        return self.page(
            request,
            "choose",
            title=f"{'Merge' if value else 'Synonym'}: “{text}”",
            attribute=attribute,
            value=value,
            text=text,
            words=words,
            others=others[:CHOICES_SHOWN],
            more=max(0, len(others) - CHOICES_SHOWN),
            total=total,
            live=live,
            back=request.GET.get("back", ""),
        )

    def edit(self, request: HttpRequest, pk: int) -> HttpResponse:
        """A merge, a new value or a synonym, by what the form names."""
        user = self._editor(request)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        attribute = get_object_or_404(Attribute, pk=pk)
        text, into = request.POST.get("text", ""), self._value(attribute, request, "into")
        merged = self._value(attribute, request, "value")
        try:
            if into is None:
                made = vocabulary.adopt_as_value(attribute=attribute, text=text, user=user)
            elif merged is None:
                made = vocabulary.adopt_as_synonym(value=into, text=text, user=user)
            else:
                made = vocabulary.merge_values(value=merged, into=into, user=user)
        except VocabularyError as error:
            messages.error(request, error.message)
        else:
            changed = f"{made.listing_count} listing{'' if made.listing_count == 1 else 's'}"
            done = f"{made}: {made.get_kind_display().lower()}, {changed} changed."
            messages.success(request, f"{done} It can be undone on the attribute's page.")
        return self._back(request, attribute)

    def undo(self, request: HttpRequest, pk: int) -> HttpResponse:
        user = self._editor(request)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        made = get_object_or_404(VocabularyEdit.objects.select_related("attribute"), pk=pk)
        try:
            vocabulary.undo_edit(edit=made, user=user)
        except VocabularyError as error:
            messages.error(request, error.message)
        else:
            messages.success(request, f"{made}: undone.")
        return self._back(request, made.attribute)

    def _editor(self, request: HttpRequest) -> User:
        if not request.user.has_perm(MAY_EDIT):
            raise PermissionDenied
        assert isinstance(request.user, User)
        return request.user

    def _value(
        self, attribute: Attribute, request: HttpRequest, field: str
    ) -> AttributeValue | None:
        number = request.POST.get(field, "")
        if not number:
            return None
        return get_object_or_404(attribute.values, pk=number if number.isdecimal() else None)

    def _back(self, request: HttpRequest, attribute: Attribute) -> HttpResponse:
        """To the page that the form was on: only addresses of the admin itself are taken."""
        own = reverse("admin:assistant_attributeuse_change", args=[attribute.pk])
        back = request.POST.get("back", "")
        inside = back.startswith(reverse("admin:index")) and "//" not in back and "\\" not in back
        return HttpResponseRedirect(back if inside else own)
