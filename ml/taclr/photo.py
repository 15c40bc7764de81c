"""Values that a photo shows although nobody wrote them: colour, pattern, type.

The photo's vector and the value sentences live in one image–text space. The answer is held back
unless one value is clearly ahead: a wrong colour costs the seller more than a missing one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml.taclr.surface import compact
from ml.taclr.taxonomy import CLOSED_LIST_LIMIT, AttributeSpec, key_text

EncodePhotoKeys = Callable[[Sequence[str]], NDArray[np.float32]]

# Of the cosine softmax. With the bundled towers on 250 held-out fashion photos, 0.05 and 0.6 answer
# 13% of colours with precision 0.76 (mean confidence 0.70) and 20% of types with 0.72 (0.80);
# at 0.02 the answers claim 0.84 and half of them are wrong.
TEMPERATURE = 0.05
LEAST_CONFIDENCE = 0.6
LEAST_LEAD = 2.0  # times the runner-up's probability
_VISIBLE = frozenset(
    compact(name)
    for name in (
        "Color", "Colors", "Color(s)", "Main Color", "Dial Color", "Strap Color", "Pattern",
        "Print",
        "Type", "Product Type", "Item Type", "Clothing Type", "Shoe Type", "Bag Type", "Shape",
        "Dial Shape", "Sleeve Length", "Sleeve Style", "Neckline", "Fruit", "Plant Type",
    )
)  # fmt: skip


@dataclass(frozen=True)
class Seen:
    value: str
    confidence: float
    runner_up: str | None


class PhotoReader:
    """Nearest value sentences of a photo; the sentences are encoded once per attribute."""

    def __init__(self, encode_keys: EncodePhotoKeys) -> None:
        self._encode = encode_keys
        self._keys: dict[AttributeSpec, NDArray[np.float32]] = {}

    def prepare(self, specs: Sequence[AttributeSpec]) -> None:
        for spec in specs:
            if is_visible(spec):
                self._key_matrix(spec, spec.category)

    def answer(self, spec: AttributeSpec, category: str, photo: NDArray[np.float32]) -> Seen | None:
        """The value that the photo shows, or None where no value is clearly ahead."""
        if not is_visible(spec):
            return None
        scores = self._key_matrix(spec, category) @ np.asarray(photo, np.float32).reshape(-1)
        weights = np.exp((scores - scores.max()) / TEMPERATURE)
        chances = weights / weights.sum()
        best, second = np.argsort(-chances)[:2].tolist()
        confidence = float(chances[best])
        if confidence < LEAST_CONFIDENCE or confidence < LEAST_LEAD * float(chances[second]):
            return None
        return Seen(spec.values[best].value, confidence, spec.values[second].value)

    def _key_matrix(self, spec: AttributeSpec, category: str) -> NDArray[np.float32]:
        if spec not in self._keys:
            leaf = (spec.category or category).split(" > ")[-1]
            rows = []
            for value in spec.values:
                rows += [
                    key_text(leaf, spec.attribute, value.value),
                    f"{value.value} {leaf}",
                    f"a photo of a {value.value.lower()} {leaf.lower()}",
                ]
            vectors = self._encode(rows).reshape(len(spec.values), 3, -1).mean(axis=1)
            norms = np.linalg.norm(vectors, axis=1, keepdims=True)
            self._keys[spec] = (vectors / np.maximum(norms, 1e-9)).astype(np.float32)
        return self._keys[spec]


def is_visible(spec: AttributeSpec) -> bool:
    """Whether a photo can show the attribute at all: a closed choice with a visible name."""
    return (
        spec.kind in ("choice", "multi")
        and 2 <= len(spec.values) <= CLOSED_LIST_LIMIT
        and compact(spec.attribute) in _VISIBLE
    )
