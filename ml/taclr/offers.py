"""Annotated offers in the WDC-PAVE layout: one JSON object a line."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ml.records import RecordError
from ml.taclr.taxonomy import NULL_VALUE


@dataclass(frozen=True)
class Offer:
    """A listing with its gold values by attribute; an empty tuple says: this one has no value."""

    id: str
    category: str
    title: str
    description: str
    gold: Mapping[str, tuple[str, ...]]


def read_offers(path: Path) -> list[Offer]:
    """All offers of a file. Raises RecordError naming the line that is not one."""
    if not path.exists():
        raise RecordError(f"{path} does not exist")
    offers = []
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                offers.append(_offer(json.loads(line), number))
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise RecordError(f"{path.name} line {number}: {error!r}") from error
    if not offers:
        raise RecordError(f"{path.name} holds no offers")
    return offers


def _offer(row: Mapping[str, Any], number: int) -> Offer:
    gold = {
        str(attribute): tuple(value for value in values if value != NULL_VALUE)
        for attribute, values in row["target_scores"].items()
    }
    return Offer(
        id=str(row.get("id", number)),
        category=str(row["category"]),
        title=str(row.get("input_title") or row.get("input") or ""),
        description=str(row.get("input_description") or ""),
        gold=gold,
    )
