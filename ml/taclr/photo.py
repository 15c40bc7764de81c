"""Values that a photo shows although nobody wrote them: colour, pattern, type.

Colours are named by a head that learnt them. For the rest the photo's vector and the value
sentences live in one image–text space. The answer is held back unless one value is clearly ahead: a
wrong colour costs the seller more than a missing one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ml.taclr.surface import compact
from ml.taclr.taxonomy import CLOSED_LIST_LIMIT, AttributeSpec, key_text


class PhotoSpace(Protocol):
    """A space that photos and sentences share, such as a MismatchPredictor's."""

    release: str

    def encode_titles(self, titles: Sequence[str]) -> NDArray[np.float32]:
        """Unit rows (n, dim)."""
        ...

    def name_values(self, photo: NDArray[np.float32]) -> Mapping[str, Mapping[str, float]]:
        """Kind, such as colour → value in lower case → probability, of one unit row (dim,)."""
        ...


# Of the cosine softmax, where no head names the values.
TEMPERATURE = 0.05
# On 853 photos held out for validation the head answers 61% of colours, with precision 0.84 and a
# mean confidence of 0.82.
LEAST_CONFIDENCE = 0.6
LEAST_LEAD = 2.0  # times the runner-up's probability
# Attributes that the head names, by its kind. Strap or dial are parts: it looks at the whole.
_NAMED = {
    compact(name): kind
    for kind, names in {
        "colour": ("Color", "Colour", "Colors", "Color(s)", "Main Color"),
        "gender": ("Gender", "Target gender"),
    }.items()
    for name in names
}
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
    """What the head names, else the nearest value sentences, encoded once per attribute."""

    def __init__(self, space: PhotoSpace) -> None:
        self._space = space
        self._keys: dict[AttributeSpec, NDArray[np.float32]] = {}

    def prepare(self, specs: Sequence[AttributeSpec]) -> None:
        for spec in specs:
            if is_visible(spec) and not _kind_of(spec):
                self._key_matrix(spec, spec.category)

    def answer(self, spec: AttributeSpec, category: str, photo: NDArray[np.float32]) -> Seen | None:
        """The value that the photo shows, or None where no value is clearly ahead."""
        if not is_visible(spec):
            return None
        row = np.asarray(photo, np.float32).reshape(-1)
        kind = _kind_of(spec)
        chances = self._named(spec, kind, row) if kind else self._nearest(spec, category, row)
        best, second = np.argsort(-chances)[:2].tolist()
        confidence = float(chances[best])
        if confidence < LEAST_CONFIDENCE or confidence < LEAST_LEAD * float(chances[second]):
            return None
        return Seen(spec.values[best].value, confidence, spec.values[second].value)

    def _named(
        self, spec: AttributeSpec, kind: str, photo: NDArray[np.float32]
    ) -> NDArray[np.float64]:
        """Probabilities of the values; what the photo may show beside them keeps its share."""
        known: dict[str, float] = {}
        for value, chance in self._space.name_values(photo).get(kind, {}).items():
            known[compact(value)] = known.get(compact(value), 0.0) + chance
        return np.array([known.get(compact(value.value), 0.0) for value in spec.values])

    def _nearest(
        self, spec: AttributeSpec, category: str, photo: NDArray[np.float32]
    ) -> NDArray[np.float64]:
        scores = (self._key_matrix(spec, category) @ photo).astype(np.float64)
        weights = np.exp((scores - scores.max()) / TEMPERATURE)
        chances: NDArray[np.float64] = weights / weights.sum()
        return chances

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
            vectors = self._space.encode_titles(rows).reshape(len(spec.values), 3, -1).mean(axis=1)
            norms = np.linalg.norm(vectors, axis=1, keepdims=True)
            self._keys[spec] = (vectors / np.maximum(norms, 1e-9)).astype(np.float32)
        return self._keys[spec]


def is_visible(spec: AttributeSpec) -> bool:
    """Whether a photo can show the attribute at all: a closed choice with a visible name."""
    return (
        spec.kind in ("choice", "multi")
        and 2 <= len(spec.values) <= CLOSED_LIST_LIMIT
        and (compact(spec.attribute) in _VISIBLE or _kind_of(spec) != "")
    )


def _kind_of(spec: AttributeSpec) -> str:
    """The kind of value by which a head names the attribute, or ""."""
    return _NAMED.get(compact(spec.attribute), "")
