"""The vocabulary as the models read it. The only file of this app that imports `ml`.

What is read is kept in each process, bounded, and read anew after an edit in any of them: every
look asks the database for the taxonomy's edition, which is one small query.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, cast

from listing_assistant.catalogue.models import Category
from listing_assistant.catalogue.selectors import (
    active_values,
    attributes_of,
    edition_of,
    leaf_categories,
)

if TYPE_CHECKING:
    from ml.taclr.taxonomy import AttributeSpec, Kind, ValueSpec

Edition = tuple[int, str]

# A category is a few hundred bytes beside the lists of values, which categories share.
CATEGORIES_KEPT = 512
# Shopify's taxonomy has 2,299 attributes with 28,407 values: some 10 MB.
ATTRIBUTES_KEPT = 4096


def specs_of(category: Category) -> Mapping[int, AttributeSpec]:
    """By attribute id, what a listing of the category may say, in the order of `attributes_of`."""
    return _specs(category.pk, edition_of(category.taxonomy_id))


def offered_specs() -> Iterator[AttributeSpec]:
    """Of every category that a listing may be in, one after the other."""
    editions: dict[int, Edition] = {}
    for category in leaf_categories().select_related("taxonomy").iterator(chunk_size=500):
        if category.taxonomy_id not in editions:
            editions[category.taxonomy_id] = edition_of(category.taxonomy_id)
        yield from _read_specs(category, editions[category.taxonomy_id]).values()


@lru_cache(maxsize=CATEGORIES_KEPT)
def _specs(category_id: int, edition: Edition) -> dict[int, AttributeSpec]:
    category = Category.objects.select_related("taxonomy").get(pk=category_id)
    return _read_specs(category, edition)


def _read_specs(category: Category, edition: Edition) -> dict[int, AttributeSpec]:
    from ml.taclr.taxonomy import AttributeSpec

    links = attributes_of(category, with_values=False)
    return {
        link.attribute_id: AttributeSpec(
            category=category.name,
            attribute=link.attribute.name,
            values=_values(link.attribute_id, edition),
            kind=cast("Kind", link.attribute.kind),
            units=(link.attribute.unit,) if link.attribute.unit else (),
        )
        for link in links
    }


@lru_cache(maxsize=ATTRIBUTES_KEPT)
def _values(attribute_id: int, edition: Edition) -> tuple[ValueSpec, ...]:
    from ml.taclr.taxonomy import ValueSpec

    rows = active_values().filter(attribute=attribute_id).values_list("value", "synonyms")
    return tuple(ValueSpec(value, tuple(synonyms)) for value, synonyms in rows)
