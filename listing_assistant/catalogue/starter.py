"""Reads the starter taxonomy, which the project wrote itself: the files in `starter/`.

`lists.yaml` holds lists of values by name and attributes shared by all departments, every other
file one department. A value is written "Grey | gray | silver grey": its name, then its synonyms.
An attribute's `values` are such a list, or names of lists: "metals + gemstones". In a category's
`attributes` a "!" after an id makes it required; `types` gives it an attribute "Type" of its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.utils.text import slugify

from listing_assistant.catalogue.models import AttributeKind
from listing_assistant.catalogue.source import (
    AttributeRecord,
    CategoryRecord,
    Entry,
    TaxonomyError,
    TaxonomySource,
    ValueRecord,
    checksum_of,
    parse_yaml,
    read_bytes,
)

NAME = "starter"
VERSION = "1"
FOLDER = Path(__file__).parent / "starter"
SHARED_FILE = "lists.yaml"


def read_files(folder: Path = FOLDER) -> dict[str, bytes]:
    return {path.name: read_bytes(path) for path in sorted(folder.glob("*.yaml"))}


def parse_files(files: dict[str, bytes]) -> TaxonomySource:
    """Raises TaxonomyError naming file and entry."""
    reader = _Reader()
    # The shared lists come first: departments use them.
    for name in sorted(files, key=lambda name: (name != SHARED_FILE, name)):
        reader.read(parse_yaml(files[name], name), name)
    return TaxonomySource(
        name=NAME,
        version=VERSION,
        checksum=checksum_of(files.items()),
        categories=tuple(reader.categories),
        attributes=tuple(reader.attributes),
        pairs=tuple(reader.pairs),
    )


@dataclass
class _Reader:
    """Collects records over the files."""

    lists: dict[str, tuple[ValueRecord, ...]] = field(default_factory=dict)
    attributes: list[AttributeRecord] = field(default_factory=list)
    categories: list[CategoryRecord] = field(default_factory=list)
    pairs: list[tuple[str, str]] = field(default_factory=list)

    def read(self, document: Any, file_name: str) -> None:
        file = _mapping(document, file_name)
        for name, values in _mapping(file.fields.get("lists", {}), file_name).fields.items():
            place = f"{file_name}, lists, {name}"
            self.lists[name] = _values_of(Entry({name: values}, place).texts(name), place)
        attributes = _mapping(file.fields.get("attributes", {}), file_name)
        for source_id, fields in attributes.fields.items():
            entry = _mapping(fields, f"{file_name}, attributes, {source_id}")
            self.attributes.append(self._attribute(source_id, entry))
        self._read_categories(file, file_name, parent=None)
        pairs = _mapping(file.fields.get("compatibility", {}), file_name)
        self.pairs += [(fits, str(property_)) for fits, property_ in pairs.fields.items()]

    def _read_categories(self, holder: Entry, place: str, parent: str | None) -> None:
        key = "categories" if parent is None else "children"
        for source_id, fields in _mapping(holder.fields.get(key, {}), place).fields.items():
            entry = _mapping(fields, f"{place}, {source_id}")
            self.categories.append(self._category(source_id, entry, parent))
            self._read_categories(entry, entry.place, parent=source_id)

    def _category(self, source_id: str, entry: Entry, parent: str | None) -> CategoryRecord:
        written = entry.texts("attributes")
        attributes = [name.removesuffix("!") for name in written]
        if types := entry.texts("types"):
            type_id = f"{source_id}-type"
            values = _values_of(types, f"{entry.place}, types")
            self.attributes.append(AttributeRecord(type_id, "Type", values=values))
            attributes.insert(0, type_id)
        return CategoryRecord(
            source_id=source_id,
            name=entry.text("name", at_most=120),
            slug=source_id,
            parent=parent,
            synonyms=_lower(entry.texts("also")),
            attributes=tuple(attributes),
            required=frozenset(name.removesuffix("!") for name in written if name.endswith("!")),
        )

    def _attribute(self, source_id: str, entry: Entry) -> AttributeRecord:
        unit = entry.text("unit", at_most=12, default="")
        default = AttributeKind.NUMBER if unit else AttributeKind.CHOICE
        kind = entry.text("kind", at_most=12, default=default.value)
        if kind not in AttributeKind.values:
            raise entry.error("bad_field", "kind", f"{kind!r} is none of {AttributeKind.values}")
        return AttributeRecord(
            source_id=source_id,
            name=entry.text("name", at_most=120),
            kind=AttributeKind(kind),
            unit=unit,
            description=entry.text("help", at_most=300, default=""),
            values=self._values(entry),
        )

    def _values(self, entry: Entry) -> tuple[ValueRecord, ...]:
        values = entry.fields.get("values", [])
        if isinstance(values, list):
            return _values_of(entry.texts("values"), entry.place)
        names = [name.strip() for name in str(values).split("+")]
        if unknown := [name for name in names if name not in self.lists]:
            raise entry.error("unknown_reference", "values", f"no list {unknown[0]!r}")
        merged = {value.source_id: value for name in names for value in self.lists[name]}
        return tuple(merged.values())


def _mapping(fields: Any, place: str) -> Entry:
    if not isinstance(fields, dict):
        raise TaxonomyError("bad_structure", "names with values are expected", place)
    return Entry(fields, place)


def _values_of(written: tuple[str, ...], place: str) -> tuple[ValueRecord, ...]:
    return tuple(_value_of(text, place) for text in written)


def _value_of(text: str, place: str) -> ValueRecord:
    name, *synonyms = (part.strip() for part in text.split("|"))
    if not name or not all(synonyms):
        raise TaxonomyError("bad_value", f"{text!r} has an empty name or synonym", place)
    return ValueRecord(_id_of(name), name, _lower(synonyms))


def _id_of(name: str) -> str:
    """Slug-like; keeps apart what only a sign tells apart: S21 and S21+, 5.5 and 55."""
    return slugify(name.replace("+", " plus").replace(".", "-").replace("/", "-"))


def _lower(synonyms: Iterable[str]) -> tuple[str, ...]:
    return tuple(synonym.lower() for synonym in synonyms)
