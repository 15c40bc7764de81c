"""Taxonomies are imported whole: in one transaction, versioned, again as often as one likes.

load_starter_taxonomy()             the project's own, which sellers choose from
import_shopify_taxonomy(folder)     10,595 categories; offered to sellers when staff say so
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from django.db import transaction

from listing_assistant.catalogue import shopify, starter
from listing_assistant.catalogue.models import (
    PATH_SEPARATOR,
    Attribute,
    AttributeValue,
    Category,
    CategoryAttribute,
    CompatibilityPair,
    Taxonomy,
)
from listing_assistant.catalogue.rows import (
    BATCH,
    RowCounts,
    merged_synonyms,
    retire_rows,
    write_rows,
)
from listing_assistant.catalogue.source import CategoryRecord, TaxonomySource, checksum_of

NO_ROWS = RowCounts()

# Called when a step starts: its name and how many records it has.
Progress = Callable[[str, int], None]


def silent(step: str, records: int) -> None:
    """Report no progress."""


@dataclass(frozen=True)
class ImportReport:
    """What an import did. `changed` is False where the source was imported before as it is."""

    taxonomy: Taxonomy
    changed: bool
    seconds: float
    categories: RowCounts = NO_ROWS
    attributes: RowCounts = NO_ROWS
    values: RowCounts = NO_ROWS
    links: int = 0
    pairs: int = 0


def load_starter_taxonomy(*, force: bool = False, progress: Progress = silent) -> ImportReport:
    """Bring the starter taxonomy into the database. Quick where it is there already."""
    files = starter.read_files()
    known = None if force else _imported(starter.NAME, checksum_of(files.items()))
    if known:
        return ImportReport(known, changed=False, seconds=0.0)
    return synchronise(starter.parse_files(files), offered=True, progress=progress)


def import_shopify_taxonomy(
    folder: Path, progress: Progress = silent, *, offered: bool = False, force: bool = False
) -> ImportReport:
    """Import Shopify's published files. `offered` lets sellers choose from its categories.

    An earlier decision of staff about that stays unless `offered` is true. Raises TaxonomyError.
    """
    files = shopify.read_files(folder)
    progress("files", len(files))
    known = None if force else _imported(shopify.NAME, checksum_of(files.items()))
    if known and (known.is_offered or not offered):
        return ImportReport(known, changed=False, seconds=0.0)
    return synchronise(shopify.parse_files(files), offered=offered, progress=progress)


def synchronise(
    source: TaxonomySource, *, offered: bool, progress: Progress = silent
) -> ImportReport:
    """Make the tables say what `source` says, in one transaction.

    1. Lock the taxonomy's row, so that two imports follow each other.
    2. Attributes, their values, categories: create, update, retire what vanished.
    3. Links of categories to attributes and compatibility pairs: these are replaced.
    4. Raise the version if the content changed.

    Raises TaxonomyError before anything is written.
    """
    started = time.monotonic()
    source.check()
    with transaction.atomic():
        taxonomy, is_new = _locked_taxonomy(source)
        progress("attributes", len(source.attributes))
        attributes, attribute_counts = _write_attributes(taxonomy, source)
        progress("values", sum(len(record.values) for record in source.attributes))
        value_counts = _write_values(taxonomy, source, attributes)
        progress("categories", len(source.categories))
        categories, category_counts = _write_categories(taxonomy, source)
        progress("links", sum(len(record.attributes) for record in source.categories))
        links = _write_links(taxonomy, source, categories, attributes)
        pairs = _write_pairs(taxonomy, source, attributes)
        changed = is_new or taxonomy.checksum != source.checksum
        _stamp(taxonomy, source, raise_version=changed and not is_new, offered=offered)
    return ImportReport(
        taxonomy=taxonomy,
        changed=changed,
        seconds=time.monotonic() - started,
        categories=category_counts,
        attributes=attribute_counts,
        values=value_counts,
        links=links,
        pairs=pairs,
    )


def _imported(name: str, checksum: str) -> Taxonomy | None:
    return Taxonomy.objects.filter(name=name, checksum=checksum).first()


def _locked_taxonomy(source: TaxonomySource) -> tuple[Taxonomy, bool]:
    return Taxonomy.objects.select_for_update().get_or_create(
        name=source.name,
        defaults={"source_version": source.version, "checksum": source.checksum},
    )


def _stamp(
    taxonomy: Taxonomy, source: TaxonomySource, *, raise_version: bool, offered: bool
) -> None:
    taxonomy.version += raise_version
    taxonomy.checksum = source.checksum
    taxonomy.source_version = source.version
    taxonomy.inherits_attributes = source.inherits_attributes
    taxonomy.is_offered = taxonomy.is_offered or offered
    taxonomy.save()


def _write_attributes(
    taxonomy: Taxonomy, source: TaxonomySource
) -> tuple[dict[str, Attribute], RowCounts]:
    existing = {row.source_id: row for row in taxonomy.attributes.all()}
    wanted = {
        record.source_id: Attribute(
            taxonomy=taxonomy,
            source_id=record.source_id,
            name=record.name,
            kind=record.kind.value,
            unit=record.unit,
            description=record.description,
        )
        for record in source.attributes
    }
    fields = ["name", "kind", "unit", "description", "is_active"]
    stored, counts = write_rows(Attribute, existing=existing, wanted=wanted, fields=fields)
    vanished = [row for key, row in existing.items() if key not in wanted]
    return stored, counts + retire_rows(Attribute, vanished)


def _write_values(
    taxonomy: Taxonomy, source: TaxonomySource, attributes: dict[str, Attribute]
) -> RowCounts:
    rows = AttributeValue.objects.filter(attribute__taxonomy=taxonomy)
    existing = {(row.attribute_id, row.source_id): row for row in rows}
    wanted = {}
    for record in source.attributes:
        attribute = attributes[record.source_id]
        for position, value in enumerate(record.values):
            key = (attribute.pk, value.source_id)
            old = existing.get(key)
            wanted[key] = AttributeValue(
                attribute=attribute,
                source_id=value.source_id,
                value=value.name,
                synonyms=merged_synonyms(value.synonyms, old.synonyms if old else []),
                position=position,
                # A merge by staff outlives the next import.
                is_active=old is None or old.merged_into_id is None,
            )
    fields = ["value", "synonyms", "position", "is_active"]
    _, counts = write_rows(AttributeValue, existing=existing, wanted=wanted, fields=fields)
    vanished = [
        row for key, row in existing.items() if key not in wanted and not row.added_by_staff
    ]
    return counts + retire_rows(AttributeValue, vanished)


def _write_categories(
    taxonomy: Taxonomy, source: TaxonomySource
) -> tuple[dict[str, Category], RowCounts]:
    """Level by level: a child needs its parent's key."""
    existing = {row.source_id: row for row in taxonomy.categories.all()}
    depths = _depths(source)
    parents = {record.parent for record in source.categories}
    positions = {record.source_id: index for index, record in enumerate(source.categories)}
    stored: dict[str, Category] = {}
    counts = RowCounts()
    by_depth = sorted(source.categories, key=lambda record: depths[record.source_id])
    for depth, level in groupby(by_depth, key=lambda record: depths[record.source_id]):
        wanted = {}
        for record in level:
            row = _category_row(record, stored, existing.get(record.source_id))
            row.taxonomy, row.depth = taxonomy, depth
            row.is_leaf = record.source_id not in parents
            row.position = positions[record.source_id]
            wanted[record.source_id] = row
        # The slug is in addresses that people saved: it stays as it was made.
        fields = [
            *("parent_id", "name", "path", "depth", "is_leaf"),
            *("synonyms", "position", "is_active"),
        ]
        rows, level_counts = write_rows(Category, existing=existing, wanted=wanted, fields=fields)
        stored |= rows
        counts += level_counts
    vanished = [row for key, row in existing.items() if key not in stored]
    return stored, counts + retire_rows(Category, vanished)


def _category_row(
    record: CategoryRecord, stored: dict[str, Category], old: Category | None
) -> Category:
    parent = stored[record.parent] if record.parent is not None else None
    return Category(
        source_id=record.source_id,
        parent=parent,
        name=record.name,
        slug=record.slug,
        path=f"{parent.path}{PATH_SEPARATOR}{record.name}" if parent else record.name,
        synonyms=merged_synonyms(record.synonyms, old.synonyms if old else []),
    )


def _depths(source: TaxonomySource) -> dict[str, int]:
    depths: dict[str, int] = {}
    for record in source.categories:
        depths[record.source_id] = 0 if record.parent is None else depths[record.parent] + 1
    return depths


def _write_links(
    taxonomy: Taxonomy,
    source: TaxonomySource,
    categories: dict[str, Category],
    attributes: dict[str, Attribute],
) -> int:
    """A link holds nothing of its own and nothing refers to it, so a vanished one is deleted."""
    existing = {
        (link.category_id, link.attribute_id, link.position, link.is_required): link.pk
        for link in CategoryAttribute.objects.filter(category__taxonomy=taxonomy)
    }
    wanted = {
        (
            categories[record.source_id].pk,
            attributes[attribute_id].pk,
            position,
            attribute_id in record.required,
        )
        for record in source.categories
        for position, attribute_id in enumerate(record.attributes)
    }
    vanished = [pk for key, pk in existing.items() if key not in wanted]
    CategoryAttribute.objects.filter(pk__in=vanished).delete()
    CategoryAttribute.objects.bulk_create(
        [
            CategoryAttribute(
                category_id=category, attribute_id=attribute, position=position, is_required=needed
            )
            for category, attribute, position, needed in sorted(wanted - existing.keys())
        ],
        batch_size=BATCH,
    )
    return len(wanted)


def _write_pairs(
    taxonomy: Taxonomy, source: TaxonomySource, attributes: dict[str, Attribute]
) -> int:
    CompatibilityPair.objects.filter(fits__taxonomy=taxonomy).delete()
    CompatibilityPair.objects.bulk_create(
        CompatibilityPair(fits=attributes[fits], property=attributes[property_])
        for fits, property_ in source.pairs
    )
    return len(source.pairs)
