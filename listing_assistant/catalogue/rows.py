"""Brings the rows of a table to a wanted state with few statements, however many rows there are."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from listing_assistant.catalogue.models import Attribute, AttributeValue, Category

Row = TypeVar("Row", Category, Attribute, AttributeValue)
Key = TypeVar("Key", bound=Hashable)

BATCH = 2_000


@dataclass(frozen=True)
class RowCounts:
    """What an import did to one table. Retired rows are inactive now; nothing is deleted."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    retired: int = 0

    @property
    def active(self) -> int:
        return self.created + self.updated + self.unchanged

    def __add__(self, other: RowCounts) -> RowCounts:
        return RowCounts(
            self.created + other.created,
            self.updated + other.updated,
            self.unchanged + other.unchanged,
            self.retired + other.retired,
        )


def write_rows(
    model: type[Row],
    *,
    existing: Mapping[Key, Row],
    wanted: Mapping[Key, Row],
    fields: Sequence[str],
) -> tuple[dict[Key, Row], RowCounts]:
    """Create and update rows so that `fields` are as in `wanted`; give the stored rows by key."""
    stored: dict[Key, Row] = {}
    created: list[Row] = []
    updated: list[Row] = []
    for key, row in wanted.items():
        old = existing.get(key)
        if old is None:
            created.append(row)
        elif _take_over(old, row, fields):
            updated.append(old)
        stored[key] = row if old is None else old
    model._default_manager.bulk_create(created, batch_size=BATCH)
    _update(model, updated, fields)
    unchanged = len(stored) - len(created) - len(updated)
    return stored, RowCounts(len(created), len(updated), unchanged)


def retire_rows(model: type[Row], rows: Sequence[Row]) -> RowCounts:
    """Make rows inactive that their source no longer has."""
    active = [row for row in rows if row.is_active]
    for row in active:
        row.is_active = False
    _update(model, active, ["is_active"])
    return RowCounts(retired=len(active))


def merged_synonyms(wanted: Sequence[str], old: Sequence[str]) -> list[str]:
    """The source's synonyms, then those that staff added: an import loses none."""
    return list(dict.fromkeys([*wanted, *old]))


def _take_over(old: Row, new: Row, fields: Sequence[str]) -> bool:
    changed = [name for name in fields if getattr(old, name) != getattr(new, name)]
    for name in changed:
        setattr(old, name, getattr(new, name))
    return bool(changed)


def _update(model: type[Row], rows: list[Row], fields: Sequence[str]) -> None:
    # An upsert on the primary key: bulk_update's CASE for each row takes minutes for 20,000.
    if rows:
        model._default_manager.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["id"],
            update_fields=fields,
            batch_size=BATCH,
        )
