"""Items and pairs as files: what exports write and `fit` reads."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ml.deeprecs.model import Rows
from ml.deeprecs.pairs import Pairs
from ml.records import ItemRecord, RecordError


@dataclass(frozen=True)
class ItemsAndPairs:
    """Row i of `dense` (items, dense_dim) and of the pairs' counts belongs to `records[i]`."""

    records: Sequence[ItemRecord]
    pairs: Pairs
    dense: Rows


def joined(parts: Sequence[ItemsAndPairs]) -> ItemsAndPairs:
    """All of them as one; vectors must have one width, or none. Raises RecordError."""
    widths = {part.dense.shape[1] for part in parts}
    if len(widths) > 1:
        raise RecordError(f"items have vectors of {sorted(widths)} numbers: they cannot be joined")
    starts = np.cumsum([0, *(len(part.records) for part in parts[:-1])])
    shifted = list(zip(parts, starts, strict=True))
    pairs = Pairs(
        np.concatenate([part.pairs.seeds + start for part, start in shifted]),
        np.concatenate([part.pairs.recs + start for part, start in shifted]),
        np.concatenate([part.pairs.counts for part in parts]),
        np.concatenate([part.pairs.item_counts for part in parts]),
    )
    records = [record for part in parts for record in part.records]
    return ItemsAndPairs(records, pairs, np.concatenate([part.dense for part in parts]))


def read_items_and_pairs(items: Path, pairs: Path) -> ItemsAndPairs:
    """Raises RecordError naming the file and the line that is not as it should be."""
    records, counts, dense = [], [], []
    for place, row in _lines(items):
        try:
            records.append(
                ItemRecord(
                    id=str(row["id"]),
                    title=row["title"],
                    source=row.get("source", ""),
                    category=tuple(row.get("category") or ()),
                    attributes=dict(row.get("attributes") or {}),
                )
            )
            counts.append(int(row.get("count", 0)))
            dense.append(row.get("vector") or [])
        except (KeyError, TypeError, ValueError) as error:
            raise RecordError(f"{place}: {error!r}; an item needs id, title, category") from error
    rows = {record.id: row for row, record in enumerate(records)}
    ends: list[tuple[int, int, int]] = []
    for place, row in _lines(pairs):
        try:
            ends.append((rows[str(row["seed"])], rows[str(row["rec"])], int(row.get("count", 1))))
        except (KeyError, TypeError, ValueError) as error:
            raise RecordError(
                f"{place}: {error!r}; a pair needs seed and rec, ids of items of {items.name}"
            ) from error
    columns = np.array(ends, dtype=np.int64).reshape(-1, 3)
    found = Pairs(columns[:, 0], columns[:, 1], columns[:, 2], np.array(counts, dtype=np.int64))
    return ItemsAndPairs(records, found, _dense(items, dense))


def write_items_and_pairs(folder: Path, data: ItemsAndPairs) -> tuple[Path, Path]:
    """The two files, items first."""
    items, pairs = folder / "items.jsonl.gz", folder / "pairs.jsonl.gz"
    folder.mkdir(parents=True, exist_ok=True)
    with gzip.open(items, "wt", encoding="utf-8") as file:
        for row, record in enumerate(data.records):
            line: dict[str, Any] = {
                "id": record.id,
                "title": record.title,
                "source": record.source,
                "category": record.category,
                "attributes": record.attributes,
                "count": int(data.pairs.item_counts[row]),
            }
            if data.dense.shape[1]:
                line["vector"] = [round(float(one), 5) for one in data.dense[row]]
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
    with gzip.open(pairs, "wt", encoding="utf-8") as file:
        ends = zip(data.pairs.seeds, data.pairs.recs, data.pairs.counts, strict=True)
        for seed, rec, count in ends:
            told = (data.records[seed].id, data.records[rec].id, int(count))
            file.write(json.dumps(dict(zip(("seed", "rec", "count"), told, strict=True))) + "\n")
    return items, pairs


def _dense(path: Path, vectors: Sequence[Sequence[float]]) -> Rows:
    """Zero for an item without a vector; raises RecordError where two have another length."""
    width = max((len(vector) for vector in vectors), default=0)
    rows = np.zeros((len(vectors), width), np.float32)
    for row, vector in enumerate(vectors):
        if len(vector) not in (0, width):
            raise RecordError(
                f"{path.name} line {row + 1}: vector has {len(vector)} numbers, others {width}"
            )
        if len(vector):
            rows[row] = vector
    return rows


def _lines(path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    opener = gzip.open if path.suffix == ".gz" else open
    try:
        with opener(path, "rt", encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):
                place = f"{path.name} line {number}"
                try:
                    row = json.loads(line)
                except ValueError as error:
                    raise RecordError(f"{place}: not JSON") from error
                yield place, row
    except (OSError, EOFError) as error:
        raise RecordError(f"{path}: {error}") from error
