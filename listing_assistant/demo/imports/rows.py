"""Lines of a catalogue: each becomes a checked row or a reason to pass it by."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

FILE_NAMES = ("catalogue.jsonl.gz", "catalogue.jsonl")
MAX_KEY = 190


class CatalogueError(Exception):
    """The folder as a whole cannot be imported; the message says what is expected."""


class BadRow(Exception):
    """A line that cannot be imported. `line` counts from 1."""

    def __init__(self, line: int, reason: str) -> None:
        # Both as they are: an exception travels between processes by its arguments.
        super().__init__(line, reason)
        self.line = line
        self.reason = reason

    def __str__(self) -> str:
        return f"line {self.line}: {self.reason}"


@dataclass(frozen=True)
class CatalogueRow:
    """A product as the catalogue has it. `photos` are existing files."""

    line: int
    id: str
    title: str
    photos: tuple[Path, ...]
    category: tuple[str, ...]
    attributes: dict[str, str]
    description: str
    price: Decimal | None
    currency: str


def catalogue_file(folder: Path) -> Path:
    """Raises CatalogueError where the folder has none."""
    for name in FILE_NAMES:
        if (folder / name).is_file():
            return folder / name
    raise CatalogueError(f"{folder} has no {FILE_NAMES[0]}")


def read_lines(file: Path) -> Iterator[tuple[int, str]]:
    """Numbered lines that are not empty. Raises CatalogueError for a file cut off or no gzip."""
    open_text = gzip.open if file.suffix == ".gz" else open
    with open_text(file, "rt", encoding="utf-8", errors="replace") as lines:
        number = 0
        try:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    yield number, line
        except (EOFError, gzip.BadGzipFile) as error:
            raise CatalogueError(f"{file.name} is damaged behind line {number}: {error}") from error


def parse_line(line: int, text: str, folder: Path) -> CatalogueRow:
    """Raises BadRow naming the field and what is wrong with it."""
    try:
        fields = json.loads(text)
    except json.JSONDecodeError as error:
        raise BadRow(line, f"this is no JSON: {error.msg} at character {error.pos}") from error
    if not isinstance(fields, dict):
        raise BadRow(line, "a JSON object is expected")
    key = _text(fields, "id", line, required=True)
    if len(key) > MAX_KEY:
        raise BadRow(line, f"id: {len(key)} characters, at most {MAX_KEY} are possible")
    return CatalogueRow(
        line=line,
        id=key,
        title=_text(fields, "title", line, required=True),
        photos=_photos(fields, line, folder),
        category=_category(fields, line),
        attributes=_attributes(fields, line),
        description=_text(fields, "description", line),
        price=_price(fields, line),
        currency=_text(fields, "currency", line).upper(),
    )


def _text(fields: dict[str, Any], name: str, line: int, *, required: bool = False) -> str:
    value = fields.get(name)
    if value is None:
        value = ""
    if not isinstance(value, str):
        raise BadRow(line, f"{name}: text is expected, not {type(value).__name__}")
    # PostgreSQL stores no NUL.
    value = value.replace("\x00", "").strip()
    if required and not value:
        raise BadRow(line, f"{name} is missing")
    return value


def _photos(fields: dict[str, Any], line: int, folder: Path) -> tuple[Path, ...]:
    names = fields.get("photos")
    if not isinstance(names, list) or not names:
        raise BadRow(line, "photos: a list with at least one path is expected")
    root = folder.resolve()
    files = []
    for name in names:
        file = (root / str(name)).resolve()
        if not file.is_relative_to(root):
            raise BadRow(line, f"photos: {name} is outside the catalogue's folder")
        if not file.is_file():
            raise BadRow(line, f"photos: {name} does not exist")
        files.append(file)
    return tuple(files)


def _category(fields: dict[str, Any], line: int) -> tuple[str, ...]:
    path = fields.get("category") or []
    if not isinstance(path, list) or not all(isinstance(part, str) for part in path):
        raise BadRow(line, "category: a list of names, broad to narrow, is expected")
    return tuple(part.strip() for part in path if part.strip())


def _attributes(fields: dict[str, Any], line: int) -> dict[str, str]:
    attributes = fields.get("attributes") or {}
    if not isinstance(attributes, dict):
        raise BadRow(line, "attributes: an object of names and values is expected")
    texts = {
        name.strip(): str(value).replace("\x00", "").strip() for name, value in attributes.items()
    }
    return {name: text for name, text in texts.items() if name and text}


def _price(fields: dict[str, Any], line: int) -> Decimal | None:
    value = fields.get("price")
    if value is None:
        return None
    try:
        price = Decimal(str(value)).quantize(Decimal("0.01"))
    except InvalidOperation as error:
        raise BadRow(line, f"price: {value!r} is no number") from error
    if not 0 < price < Decimal("1e10"):
        raise BadRow(line, f"price: {value} is not a price")
    return price
