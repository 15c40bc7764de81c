"""What comes into the models: frozen dataclasses, and readers of the data layouts."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

Split = Literal["train", "valid", "test"]


class RecordError(Exception):
    """A data file cannot be read; the message names the file, the line and the reason."""


@dataclass(frozen=True, slots=True)
class ItemRecord:
    """One item as training and evaluation see it. `photos` are paths of image files."""

    id: str
    title: str
    source: str = ""
    title_is_label: bool = False
    category: tuple[str, ...] = ()
    attributes: dict[str, str] = field(default_factory=dict)
    description: str = ""
    photos: tuple[Path, ...] = ()


def split_of(item_id: str) -> Split:
    """80% train, 10% valid, 10% test by a hash of the item's id, so that no run can mix them."""
    bucket = int(hashlib.sha256(item_id.encode()).hexdigest()[:8], 16) % 10
    return "test" if bucket == 0 else "valid" if bucket == 1 else "train"


def read_catalogue(folder: Path) -> Iterator[ItemRecord]:
    """The items of `catalogue.jsonl.gz` in `folder`, photo paths made absolute.

    Raises RecordError naming the line that is not a product.
    """
    path = folder / "catalogue.jsonl.gz"
    if not path.exists():
        raise RecordError(f"{path} does not exist")
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                row = json.loads(line)
                yield ItemRecord(
                    id=row["id"],
                    title=row["title"],
                    source=row.get("source", ""),
                    title_is_label=bool(row.get("title_is_label")),
                    category=tuple(row.get("category") or ()),
                    attributes=dict(row.get("attributes") or {}),
                    description=row.get("description") or "",
                    photos=tuple(folder / photo for photo in row.get("photos") or ()),
                )
            except (ValueError, KeyError, TypeError) as error:
                raise RecordError(f"{path.name} line {number}: {error!r}") from error
