"""What other apps read of the vocabulary."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Any

from django.db import connection
from django.db.models import F, Prefetch, QuerySet, TextField
from django.db.models.expressions import RawSQL

from listing_assistant.catalogue import policy, units
from listing_assistant.catalogue.models import (
    Attribute,
    AttributeValue,
    Category,
    CategoryAttribute,
    CompatibilityPair,
    Taxonomy,
)


def offered_categories() -> QuerySet[Category]:
    """Categories that sellers and buyers see, in the order of their taxonomy."""
    return Category.objects.filter(is_active=True, taxonomy__is_offered=True).order_by(
        "taxonomy_id", "position"
    )


def leaf_categories() -> QuerySet[Category]:
    """Categories that a listing may be in."""
    return offered_categories().filter(is_leaf=True)


def root_categories() -> QuerySet[Category]:
    return offered_categories().filter(parent=None)


def category_by_path(path: str) -> Category | None:
    """The offered category at "Fashion > Women > Dresses", whatever its case and spacing."""
    wanted = " > ".join(part.strip() for part in path.split(">"))
    return offered_categories().filter(path__iexact=wanted).first()


def breadcrumbs(category: Category) -> list[Category]:
    """From the root to the category itself."""
    chain = [category]
    while (parent := chain[0].parent) is not None:
        chain.insert(0, parent)
    return chain


def target_precision_of(category: Category) -> float:
    """The share of suggested details that must be right: its own, its nearest ancestor's, ours."""
    nearest_first = reversed(breadcrumbs(category))
    asked = (each.target_precision for each in nearest_first if each.target_precision is not None)
    return next(asked, policy.TARGET_PRECISION)


def edition_of(taxonomy_id: int) -> tuple[int, str]:
    """What is kept of a taxonomy is true as long as this is the same.

    The version alone comes again after an edit that was rolled back; the transaction that wrote it
    does not.
    """
    edition: tuple[int, str] = _editions().values_list("version", "written").get(pk=taxonomy_id)
    return edition


def offered_editions() -> list[tuple[int, int, str]]:
    """The id and edition of each taxonomy that sellers choose from."""
    offered = _editions().filter(is_offered=True).order_by("pk")
    return list(offered.values_list("pk", "version", "written"))


def editions() -> tuple[tuple[int, int, str], ...]:
    """The id and edition of each taxonomy. Asked for again and again, so in plain SQL."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, version, xmin::text FROM catalogue_taxonomy ORDER BY id")
        return tuple(cursor.fetchall())


def _editions() -> QuerySet[Any]:
    written = RawSQL("catalogue_taxonomy.xmin::text", (), output_field=TextField())
    return Taxonomy.objects.annotate(written=written)


def attributes_of(category: Category, *, with_values: bool = True) -> list[CategoryAttribute]:
    """A category's own attributes and its ancestors', required first, then general to specific.

    Where two share a name the nearest stands: phones have brands of their own. Each link's
    `attribute.values.all()` is fetched already and holds the active values, unless the caller says
    that it needs none.
    """
    chain = breadcrumbs(category) if category.taxonomy.inherits_attributes else [category]
    depth_of = {ancestor.pk: depth for depth, ancestor in enumerate(chain)}
    links = CategoryAttribute.objects.filter(
        category__in=chain, attribute__is_active=True
    ).select_related("attribute")
    if with_values:
        links = links.prefetch_related(Prefetch("attribute__values", queryset=active_values()))
    by_name: dict[str, CategoryAttribute] = {}
    for link in sorted(links, key=lambda link: depth_of[link.category_id]):
        by_name[link.attribute.name] = link
    return sorted(
        by_name.values(),
        key=lambda link: (not link.is_required, depth_of[link.category_id], link.position),
    )


def compatibility_pairs() -> QuerySet[CompatibilityPair]:
    return CompatibilityPair.objects.filter(
        fits__is_active=True, property__is_active=True
    ).select_related("fits", "property")


def find_value(attribute: Attribute, text: str) -> AttributeValue | None:
    """The active value that `text` means, or None. For many texts keep one `ValueFinder`."""
    return ValueFinder(attribute.values.all()).find(text)


def current_value(value: AttributeValue) -> AttributeValue:
    """The value itself, or the one that it was merged into, however often."""
    while value.merged_into is not None:
        value = value.merged_into
    return value


class ValueFinder:
    """Finds values by name or synonym, whatever the case, accents, spaces or unit's spelling.

    A name goes before a synonym of another value, and a spelling before a measure.
    """

    def __init__(self, values: Iterable[AttributeValue]) -> None:
        self._by_spelling: dict[str, AttributeValue] = {}
        self._by_measure: dict[units.Quantity, AttributeValue] = {}
        active = [value for value in values if value.is_active]
        for value in active:
            self._by_spelling.setdefault(spelling_key(value.value), value)
        for value in active:
            for synonym in value.synonyms:
                self._by_spelling.setdefault(spelling_key(synonym), value)
            if measure := _measure(value.value):
                self._by_measure.setdefault(measure, value)

    def find(self, text: str) -> AttributeValue | None:
        key = spelling_key(text)
        if not key:
            return None
        found = self._by_spelling.get(key)
        if found is None and (measure := _measure(text)):
            found = self._by_measure.get(measure)
        return found


def spelling_key(text: str) -> str:
    """What two spellings of one value share: "T-Shirt" and "t shirt", "S21+" and "s21 plus".

    Signs between digits stay, so that 5.5 is not 55 and 5-6 not 56.
    """
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(char for char in decomposed if not unicodedata.combining(char))
    words = letters.replace("&", " and ").replace("+", " plus ").replace("''", '"')
    words = re.sub(r"(?<=\d)\s*,\s*(?=\d)", ".", words)
    words = re.sub(r"(?<=\d)\s*[-–—]\s*(?=\d)", "~", words)
    words = re.sub(r"(?<=\d)\s+(?=\d)", "_", words)
    return re.sub(r"[^\w#%\"./~]|(?<!\d)[./~]|[./~](?!\d)", "", words)


def _measure(text: str) -> units.Quantity | None:
    try:
        return units.normalise(text)
    except units.UnitError:
        return None


def active_values() -> QuerySet[AttributeValue]:
    """Without those that are retired or merged into another."""
    return AttributeValue.objects.filter(is_active=True).order_by("position", F("value"))
