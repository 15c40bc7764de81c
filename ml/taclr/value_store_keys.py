"""What a key vector is known by: the category's own name, the attribute and the value."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from ml.taclr.taxonomy import NULL_VALUE, AttributeSpec

Digests = NDArray[np.uint64]
DIGEST_BYTES = 8
PATH_SEPARATOR = " > "


class Key(NamedTuple):
    """One value in its place. `value` is NULL_VALUE for the null key of (category, attribute)."""

    category: str  # the last name of the category's path
    attribute: str
    value: str


class KeyEncoder(Protocol):
    """Turns keys into unit rows; equal releases give equal rows."""

    release: str  # changes when any key vector would
    dim: int

    def encode_keys(self, keys: Sequence[Key]) -> NDArray[np.float32]:
        """(n, dim) unit rows."""
        ...


class Group(NamedTuple):
    """The keys of one spec, (values + 1,) with null last, and the digests they are stored under."""

    digest: int  # of (category, attribute)
    digests: Digests  # of each key
    spec: AttributeSpec

    def key(self, place: int) -> Key:
        values = self.spec.values
        value = values[place].value if place < len(values) else NULL_VALUE
        return Key(leaf_of(self.spec.category), self.spec.attribute, value)


def group_of(spec: AttributeSpec) -> Group:
    """The digests of a spec's keys.

    A digest covers the whole key and is looked up only within its group: among 10,000 values of one
    attribute two share one with a chance of 3e-12.
    """
    leaf = leaf_of(spec.category)
    # The lengths keep ("a", "bc") apart from ("ab", "c").
    prefix = f"{len(leaf)}:{len(spec.attribute)}:{leaf}{spec.attribute}"
    base = hashlib.blake2b(_bytes(prefix), digest_size=DIGEST_BYTES)
    digests = bytearray()
    for value in (*(each.value for each in spec.values), NULL_VALUE):
        own = base.copy()
        own.update(_bytes(value))
        digests += own.digest()
    return Group(
        int.from_bytes(base.digest(), "little"), np.frombuffer(bytes(digests), "<u8"), spec
    )


def leaf_of(category: str) -> str:
    return category.split(PATH_SEPARATOR)[-1]


def _bytes(text: str) -> bytes:
    # Half a surrogate pair is no text, but an import may hold one.
    return text.encode("utf-8", "surrogatepass")
