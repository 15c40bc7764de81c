"""How often training items had each value, kept as hashes: no text of the data is saved."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ml.taclr.evidence import Prior
from ml.taclr.offers import Offer
from ml.taclr.taxonomy import AttributeSpec


@dataclass(frozen=True)
class Priors:
    """Counts by hash of (category, attribute, value) and of (category, attribute)."""

    values: Mapping[int, int] = field(default_factory=dict)
    items: Mapping[int, int] = field(default_factory=dict)
    empty: Mapping[int, int] = field(default_factory=dict)

    @classmethod
    def count(cls, offers: Iterable[Offer]) -> Priors:
        values: Counter[int] = Counter()
        items: Counter[int] = Counter()
        empty: Counter[int] = Counter()
        for offer in offers:
            for attribute, gold in offer.gold.items():
                pair = _hash(offer.category, attribute)
                items[pair] += 1
                empty[pair] += not gold
                values.update(_hash(offer.category, attribute, value) for value in set(gold))
        return cls(dict(values), dict(items), dict(empty))

    def knows(self, spec: AttributeSpec) -> bool:
        return _hash(spec.category, spec.attribute) in self.items

    def of(self, spec: AttributeSpec) -> Prior:
        pair = _hash(spec.category, spec.attribute)
        if pair not in self.items:
            return Prior()
        counts = {
            value.value: self.values.get(_hash(spec.category, spec.attribute, value.value), 0)
            for value in spec.values
        }
        return Prior(counts, self.empty[pair], self.items[pair])

    def tensors(self) -> dict[str, NDArray[np.int64]]:
        rows = [(pair, self.items[pair], self.empty[pair]) for pair in self.items]
        return {
            "prior_values": np.array(sorted(self.values.items()), np.int64).reshape(-1, 2),
            "prior_pairs": np.array(sorted(rows), np.int64).reshape(-1, 3),
        }

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, NDArray[np.int64]]) -> Priors:
        pairs = tensors["prior_pairs"].tolist()
        return cls(
            dict(tensors["prior_values"].tolist()),
            {key: items for key, items, _ in pairs},
            {key: empty for key, _, empty in pairs},
        )


def _hash(*parts: str) -> int:
    return zlib.crc32("|".join(parts).encode())
