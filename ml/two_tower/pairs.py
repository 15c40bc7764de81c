"""Which items are alike, which are not, and which go together, as far as the data says."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ml.records import ItemRecord, Split, split_of
from ml.shop_links import LINKED_SOURCE, read_shop_links

UNKNOWN = -1


@dataclass(frozen=True)
class Likeness:
    """Row i belongs to item i. A type is known within its source alone."""

    source: NDArray[np.int64]
    type: NDArray[np.int64]  # numbers of (source, type)
    look: NDArray[np.int64]  # numbers of (source, type, colour), or UNKNOWN

    def alike(self, rows: NDArray[np.int64], others: NDArray[np.int64]) -> NDArray[np.bool_]:
        """(rows, others): same type and same colour in one source."""
        looks = self.look[rows][:, None]
        return np.asarray((looks == self.look[others][None, :]) & (looks != UNKNOWN))

    def unlike(self, rows: NDArray[np.int64], others: NDArray[np.int64]) -> NDArray[np.bool_]:
        """(rows, others): another type, or another colour where both are known; in one source."""
        same_source = self.source[rows][:, None] == self.source[others][None, :]
        other_type = self.type[rows][:, None] != self.type[others][None, :]
        first, second = self.look[rows][:, None], self.look[others][None, :]
        other_look = (first != second) & (first != UNKNOWN) & (second != UNKNOWN)
        return np.asarray(same_source & (other_type | other_look))


def likeness_of(records: Sequence[ItemRecord]) -> Likeness:
    """Types and colours as the records state them."""
    numbers: dict[tuple[str, ...], int] = {}

    def number(*key: str) -> int:
        return numbers.setdefault(key, len(numbers))

    looks = [look_of(record) for record in records]
    return Likeness(
        source=np.array([number("source", record.source) for record in records]),
        type=np.array([number("type", record.source, type_of(record)) for record in records]),
        look=np.array([UNKNOWN if look is None else number("look", *look) for look in looks]),
    )


def type_of(record: ItemRecord) -> str:
    """The product type in lower case: as stated, else the narrowest category."""
    return (record.attributes.get("Type") or "/".join(record.category[-1:])).strip().lower()


def look_of(record: ItemRecord) -> tuple[str, str, str] | None:
    """Source, type and colour; None where either is not stated."""
    colour = record.attributes.get("Color") or record.attributes.get("Colour") or ""
    kind = type_of(record)
    return (record.source, kind, colour.strip().lower()) if kind and colour.strip() else None


def read_links(data: Path, records: Sequence[ItemRecord], split: Split) -> list[tuple[str, str]]:
    """Ids of items that go together, head and tail, of the heads whose product is in `split`.

    A product's variants share its links, so the split is by the product's number and not by the
    variant's id; to train, both ends must be train items besides. Empty without the files.
    """
    variants: dict[str, list[str]] = defaultdict(list)
    for record in records:
        if record.source == LINKED_SOURCE and (split != "train" or split_of(record.id) == "train"):
            for stem in _stems(record.id):
                variants[stem].append(record.id)
    return sorted(
        {
            (head, tail)
            for sku, linked in read_shop_links(data)
            if split_of(f"{LINKED_SOURCE}:{sku}") == split
            for head in variants.get(sku, ())
            for tail in variants.get(linked, ())
            if head != tail
        }
    )


def _stems(record_id: str) -> Iterator[str]:
    """The numbers a variant is linked by: its own, and its product's without the colour."""
    own = record_id.partition(":")[2]
    yield own
    if own.rpartition("-")[0]:
        yield own.rpartition("-")[0]
