"""An edit of a taxonomy by hand raises its version: every process that keeps it notices."""

from __future__ import annotations

from typing import Any

from django.db.models.signals import post_delete, post_save

from listing_assistant.catalogue.editing import raise_version
from listing_assistant.catalogue.models import (
    Attribute,
    AttributeValue,
    Category,
    CategoryAttribute,
    CompatibilityPair,
)

Edited = Attribute | AttributeValue | Category | CategoryAttribute | CompatibilityPair


def connect() -> None:
    for model in (Attribute, AttributeValue, Category, CategoryAttribute, CompatibilityPair):
        name = f"catalogue.version.{model.__name__}"
        post_save.connect(_note_edit, sender=model, dispatch_uid=name)
        post_delete.connect(_note_edit, sender=model, dispatch_uid=name)


def _note_edit(instance: Edited, raw: bool = False, **kwargs: Any) -> None:
    # Imports write with bulk_create, which is silent, and raise the version once, at their end.
    if not raw:
        raise_version(_taxonomy_of(instance))


def _taxonomy_of(row: Edited) -> int:
    if isinstance(row, Attribute | Category):
        return row.taxonomy_id
    if isinstance(row, CompatibilityPair):
        return row.fits.taxonomy_id
    return row.attribute.taxonomy_id
