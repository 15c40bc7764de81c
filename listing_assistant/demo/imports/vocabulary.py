"""Categories and attributes of a foreign catalogue, in our words where that is certain.

A path means a category of the starter taxonomy when its narrowest telling name, alone or with the
department (men, women, kids) that path or attributes state, belongs to exactly one. Everything else
goes into the taxonomy "imported", which keeps the names as they came and is not offered to sellers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

from django.db.models import F
from django.utils.text import slugify

from listing_assistant.catalogue.models import (
    Attribute,
    AttributeKind,
    Category,
    CategoryAttribute,
    Taxonomy,
)
from listing_assistant.catalogue.selectors import ValueFinder, leaf_categories, spelling_key
from listing_assistant.demo.bulk import CategoryVocabulary, KnownAttribute

TAXONOMY = "imported"
SEPARATOR = " > "
DEPARTMENT_WORDS = {
    "men": {"men", "mens", "man", "boy", "boys"},
    "women": {"women", "womens", "woman", "ladies", "girl", "girls"},
    "kids": {"kids", "kid", "children", "boys", "girls", "infant", "baby"},
}
DEPARTMENT_ATTRIBUTES = ("Gender", "Department", "Ideal For")


class CategoryFinder:
    """Leaf categories of the offered taxonomies by name and synonym."""

    def __init__(self, categories: Iterable[Category] | None = None) -> None:
        self._by_name: dict[str, list[Category]] = {}
        for category in leaf_categories() if categories is None else categories:
            # "Tops and T-shirts" is found by each of its halves too.
            names = {category.name, *category.name.replace(",", " and ").split(" and ")}
            for key in {_singular(name) for name in (*names, *category.synonyms)}:
                self._by_name.setdefault(key, []).append(category)

    def find(self, path: Sequence[str], attributes: dict[str, str]) -> Category | None:
        """The one category that the path means, or None where that is not certain."""
        stated = " ".join(attributes.get(name, "") for name in DEPARTMENT_ATTRIBUTES)
        departments = _departments(f"{' '.join(path)} {stated}")
        for name in reversed(path):
            found = self._by_name.get(_singular(name), [])
            if len(found) > 1 and len(departments) == 1:
                (department,) = departments
                found = [category for category in found if _is_in(category, department)]
            if found:
                # A broader name would only be a worse guess.
                return found[0] if len(found) == 1 else None
        return None


def _singular(name: str) -> str:
    key = spelling_key(name)
    return key[:-1] if key.endswith("s") and not key.endswith("ss") else key


def _departments(text: str) -> set[str]:
    words = set(text.casefold().replace("'", "").replace(",", " ").replace("&", " ").split())
    return {name for name, spellings in DEPARTMENT_WORDS.items() if words & spellings}


def _is_in(category: Category, department: str) -> bool:
    return department in _departments(category.path.replace(SEPARATOR, " "))


class Vocabulary:
    """Finds, or makes, the category of a row and the attributes it states."""

    def __init__(self) -> None:
        self._finder = CategoryFinder()
        self._known = CategoryVocabulary()
        self._taxonomy: Taxonomy | None = None
        self._categories: dict[tuple[str, ...], Category] = {}
        self._attributes: dict[str, KnownAttribute] = {}
        self._links: set[tuple[int, int]] = set()

    def category(self, path: tuple[str, ...], attributes: dict[str, str]) -> Category:
        return self._finder.find(path, attributes) or self._imported_category(path)

    def attribute(self, category: Category, name: str) -> KnownAttribute:
        known = self._known.find(category, name)
        if known is None:
            known = self._imported_attribute(name)
            if category.taxonomy_id == self._imported().pk:
                self._link(category, known.attribute)
        return known

    def _imported(self) -> Taxonomy:
        if self._taxonomy is None:
            self._taxonomy, _ = Taxonomy.objects.get_or_create(
                name=TAXONOMY, defaults={"source_version": "1", "checksum": ""}
            )
        return self._taxonomy

    def _imported_category(self, path: tuple[str, ...]) -> Category:
        """The category at this path, made with its ancestors where it is new."""
        path = tuple(part[:120] for part in path) or ("Unsorted",)
        if path not in self._categories:
            parent = self._imported_category(path[:-1]) if len(path) > 1 else None
            self._categories[path] = self._stored_category(path, parent)
        return self._categories[path]

    def _stored_category(self, path: tuple[str, ...], parent: Category | None) -> Category:
        full = SEPARATOR.join(path)
        source_id = hashlib.sha256(full.casefold().encode()).hexdigest()[:24]
        category, is_new = Category.objects.get_or_create(
            taxonomy=self._imported(),
            source_id=source_id,
            defaults={
                "parent": parent,
                "name": path[-1],
                "slug": f"imported-{slugify(path[-1])[:90]}-{source_id[:10]}",
                "path": full[-500:],
                "depth": len(path) - 1,
            },
        )
        if is_new and parent is not None and parent.is_leaf:
            parent.is_leaf = False
            parent.save(update_fields=["is_leaf"])
        return category

    def _imported_attribute(self, name: str) -> KnownAttribute:
        key = spelling_key(name)[:120] or "unnamed"
        if key not in self._attributes:
            attribute, _ = Attribute.objects.get_or_create(
                taxonomy=self._imported(),
                source_id=key,
                defaults={"name": name[:120], "kind": AttributeKind.TEXT},
            )
            values = attribute.values.order_by("position", F("value"))
            self._attributes[key] = KnownAttribute(attribute, ValueFinder(values))
        return self._attributes[key]

    def _link(self, category: Category, attribute: Attribute) -> None:
        pair = (category.pk, attribute.pk)
        if pair not in self._links:
            CategoryAttribute.objects.get_or_create(category=category, attribute=attribute)
            self._links.add(pair)
