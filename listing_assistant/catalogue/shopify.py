"""Reads the files of Shopify's product taxonomy, as published, plain or gzipped.

`*attributes.yml`, `*values.yml`, one .yml for each vertical, and a `*categories.txt` whose first
line has the version.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.utils.text import slugify

from listing_assistant.catalogue.source import (
    AttributeRecord,
    CategoryRecord,
    Entry,
    TaxonomyError,
    TaxonomySource,
    ValueRecord,
    checksum_of,
    entries_of,
    parse_yaml,
    read_bytes,
)

NAME = "shopify"
Files = dict[str, bytes]


def read_files(folder: Path) -> Files:
    """The YAML files of `folder` and the list of categories, by name. Raises TaxonomyError."""
    if not folder.is_dir():
        raise TaxonomyError("no_folder", "this folder does not exist", str(folder))
    wanted = ("*.yml", "*.yml.gz", "*categories.txt", "*categories.txt.gz")
    paths = {path for pattern in wanted for path in folder.glob(pattern)}
    files = {path.name: read_bytes(path) for path in sorted(paths)}
    for part in ("attributes.yml", "values.yml"):
        if not any(_plain(name).endswith(part) for name in files):
            raise TaxonomyError("missing_file", f"no file *{part} or *{part}.gz", str(folder))
    return files


def parse_files(files: Files) -> TaxonomySource:
    """Raises TaxonomyError naming file and entry."""
    attributes: list[AttributeRecord] = []
    verticals: list[Entry] = []
    values = _values(files)
    for name, content in files.items():
        if _plain(name).endswith("attributes.yml"):
            attributes += _attributes(parse_yaml(content, name), name, values)
        elif _plain(name).endswith(".yml") and not _plain(name).endswith("values.yml"):
            verticals += entries_of(parse_yaml(content, name), name)
    return TaxonomySource(
        name=NAME,
        version=_version(files),
        checksum=checksum_of(files.items()),
        categories=tuple(_categories(verticals)),
        attributes=tuple(attributes),
        inherits_attributes=False,
    )


def _plain(name: str) -> str:
    return name.removesuffix(".gz")


def _version(files: Files) -> str:
    """From a first line such as "# Shopify Product Taxonomy - Categories: 2025-01"."""
    for name, content in files.items():
        first = content.split(b"\n", 1)[0].decode(errors="replace")
        if _plain(name).endswith("categories.txt") and first.startswith("#") and ":" in first:
            return first.rsplit(":", 1)[1].strip()[:60]
    return "unversioned"


def _values(files: Files) -> dict[str, ValueRecord]:
    values: dict[str, ValueRecord] = {}
    for name, content in files.items():
        if not _plain(name).endswith("values.yml"):
            continue
        for entry in entries_of(parse_yaml(content, name), name):
            source_id = entry.text("friendly_id", at_most=160)
            if source_id in values:
                raise entry.error("duplicate", "friendly_id", f"{source_id!r} is there twice")
            values[source_id] = ValueRecord(source_id, entry.text("name", at_most=160))
    return values


def _attributes(
    document: Any, file_name: str, values: dict[str, ValueRecord]
) -> Iterator[AttributeRecord]:
    """Base attributes list their values; an extended one has a copy of a base attribute's."""
    if not isinstance(document, dict) or "base_attributes" not in document:
        raise TaxonomyError("bad_structure", "base_attributes is missing", file_name)
    base: dict[str, AttributeRecord] = {}
    for entry in entries_of(document["base_attributes"], f"{file_name}, base_attributes"):
        missing = [value for value in entry.texts("values") if value not in values]
        if missing:
            raise entry.error("unknown_reference", "values", f"{missing[0]!r} is not defined")
        record = _attribute(entry, tuple(values[value] for value in entry.texts("values")))
        base[record.source_id] = record
        yield record
    extended = document.get("extended_attributes") or []
    for entry in entries_of(extended, f"{file_name}, extended_attributes"):
        origin = entry.text("values_from", at_most=120)
        if origin not in base:
            raise entry.error("unknown_reference", "values_from", f"{origin!r} is not defined")
        yield _attribute(entry, base[origin].values)


def _attribute(entry: Entry, values: tuple[ValueRecord, ...]) -> AttributeRecord:
    return AttributeRecord(
        source_id=entry.text("friendly_id", at_most=120),
        name=entry.text("name", at_most=120),
        description=entry.text("description", at_most=300, default=""),
        values=values,
    )


def _categories(entries: list[Entry]) -> Iterator[CategoryRecord]:
    """Parents first, siblings in the order in which their parent names them."""
    by_id: dict[str, Entry] = {}
    for entry in entries:
        source_id = entry.text("id", at_most=60)
        if source_id in by_id:
            raise entry.error("duplicate", "id", f"also in {by_id[source_id].place}")
        by_id[source_id] = entry
    children = {child for entry in entries for child in entry.texts("children")}
    queue: list[tuple[str, str | None]] = [(key, None) for key in by_id if key not in children]
    reached: set[str] = set()
    while queue:
        source_id, parent = queue.pop(0)
        entry = by_id[source_id]
        if source_id in reached:
            raise entry.error("two_parents", "id", "is a child of two categories")
        reached.add(source_id)
        yield _category(entry, parent)
        for child in entry.texts("children"):
            if child not in by_id:
                raise entry.error("unknown_reference", "children", f"{child!r} is not defined")
            queue.append((child, source_id))
    if lost := by_id.keys() - reached:
        first = by_id[min(lost)]
        raise first.error("cycle", "children", "the category is its own ancestor")


def _category(entry: Entry, parent: str | None) -> CategoryRecord:
    source_id, name = entry.text("id", at_most=60), entry.text("name", at_most=120)
    return CategoryRecord(
        source_id=source_id,
        name=name,
        slug=f"{slugify(name)[:70]}-{source_id}".lstrip("-"),
        parent=parent,
        attributes=tuple(dict.fromkeys(entry.texts("attributes"))),
    )
