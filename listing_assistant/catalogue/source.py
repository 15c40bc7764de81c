"""What an import works on, whatever the files looked like: a whole taxonomy as plain records.

`starter.py` and `shopify.py` read files into a `TaxonomySource`; `services.py` writes it to tables.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from listing_assistant.catalogue.models import AttributeKind

# Part of every checksum: raise it when the same files have to give other rows.
FORMAT_VERSION = 1


class TaxonomyError(Exception):
    """A taxonomy cannot be imported. `code` is for branching, `field` names file and entry."""

    def __init__(self, code: str, message: str, field: str = "") -> None:
        super().__init__(f"{field}: {message}" if field else message)
        self.code = code
        self.message = message
        self.field = field


@dataclass(frozen=True)
class ValueRecord:
    source_id: str
    name: str
    synonyms: tuple[str, ...] = ()


@dataclass(frozen=True)
class AttributeRecord:
    source_id: str
    name: str
    kind: AttributeKind = AttributeKind.CHOICE
    unit: str = ""
    description: str = ""
    values: tuple[ValueRecord, ...] = ()


@dataclass(frozen=True)
class CategoryRecord:
    """`attributes` are source ids of its own attributes, in order; `required` is among them."""

    source_id: str
    name: str
    slug: str
    parent: str | None = None
    synonyms: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ()
    required: frozenset[str] = frozenset()


@dataclass(frozen=True)
class TaxonomySource:
    """Categories stand parents first. `pairs` are (fits, property) source ids of attributes."""

    name: str
    version: str
    checksum: str
    categories: tuple[CategoryRecord, ...]
    attributes: tuple[AttributeRecord, ...]
    pairs: tuple[tuple[str, str], ...] = ()
    inherits_attributes: bool = True

    def check(self) -> None:
        """Raise TaxonomyError where an id repeats or points at nothing."""
        categories = _unique("category", (record.source_id for record in self.categories))
        attributes = _unique("attribute", (record.source_id for record in self.attributes))
        _unique("slug", (record.slug for record in self.categories))
        for attribute in self.attributes:
            _unique(f"value of {attribute.source_id}", (v.source_id for v in attribute.values))
        for category in self.categories:
            if category.parent is not None and category.parent not in categories:
                raise _dangling(f"category {category.source_id}", "parent", category.parent)
            _unique(f"attribute of {category.source_id}", category.attributes)
            for attribute_id in category.attributes:
                if attribute_id not in attributes:
                    raise _dangling(f"category {category.source_id}", "attribute", attribute_id)
        for pair in self.pairs:
            for attribute_id in pair:
                if attribute_id not in attributes:
                    raise _dangling(f"compatibility {pair}", "attribute", attribute_id)


def _unique(what: str, ids: Iterable[str]) -> set[str]:
    seen: set[str] = set()
    for source_id in ids:
        if source_id in seen:
            raise TaxonomyError("duplicate", f"{what} {source_id!r} is there twice", source_id)
        seen.add(source_id)
    return seen


def _dangling(where: str, kind: str, missing: str) -> TaxonomyError:
    return TaxonomyError("unknown_reference", f"{kind} {missing!r} is not defined", where)


def read_bytes(path: Path) -> bytes:
    """A file's content, decompressed where its name ends in .gz."""
    try:
        return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    except (OSError, EOFError) as error:
        raise TaxonomyError("unreadable", f"cannot be read: {error}", path.name) from error


def parse_yaml(content: bytes, file_name: str) -> Any:
    """YAML in which every scalar is text: a size 38, a value No and a version 1.10 stay as written.

    Raises TaxonomyError with the line of the mistake.
    """
    try:
        return yaml.load(content, yaml.CBaseLoader)
    except yaml.YAMLError as error:
        # The start of what is not closed says more than the end of the file, where it is noticed.
        mark = getattr(error, "context_mark", None) or getattr(error, "problem_mark", None)
        where = f"{file_name}, line {mark.line + 1}" if mark else file_name
        raise TaxonomyError("bad_yaml", str(getattr(error, "problem", error)), where) from error


def checksum_of(files: Iterable[tuple[str, bytes]]) -> str:
    digest = hashlib.sha256(str(FORMAT_VERSION).encode())
    for name, content in sorted(files):
        digest.update(f"\n{name}\n{len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()


@dataclass(frozen=True)
class Entry:
    """One mapping of a file, read field by field; a missing or mistyped field names its place."""

    fields: dict[str, Any]
    place: str

    def text(self, field: str, *, at_most: int, default: str | None = None) -> str:
        value = self.fields.get(field, default)
        if not isinstance(value, str) or (not value.strip() and default is None):
            raise self.error("bad_field", field, "a text is expected")
        if len(value) > at_most:
            raise self.error("too_long", field, f"{len(value)} characters, at most {at_most}")
        return value.strip()

    def texts(self, field: str) -> tuple[str, ...]:
        value = self.fields.get(field, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self.error("bad_field", field, "a list of texts is expected")
        return tuple(value)

    def error(self, code: str, field: str, message: str) -> TaxonomyError:
        return TaxonomyError(code, message, f"{self.place}, {field}")


def entries_of(items: Any, file_name: str) -> Iterator[Entry]:
    """The entries of a list, numbered from 1 for messages. Raises TaxonomyError for no list."""
    if not isinstance(items, list):
        raise TaxonomyError("bad_structure", "a list of entries is expected", file_name)
    for number, item in enumerate(items, start=1):
        place = f"{file_name}, entry {number}"
        if not isinstance(item, dict):
            raise TaxonomyError("bad_structure", "names with values are expected", place)
        yield Entry(item, f"{place} (id {item['id']})" if item.get("id") else place)
