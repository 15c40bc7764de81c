"""The marketplace's vocabulary: which attributes a category has and which values they take."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

Kind = Literal["choice", "multi", "number", "text", "identifier"]
KINDS: tuple[Kind, ...] = ("choice", "multi", "number", "text", "identifier")

NULL_VALUE = "n/a"
NEW_VALUES = 0.1
CLOSED_LIST_LIMIT = 40  # a longer list of codes or figures is open: new values keep appearing


class TaxonomyError(Exception):
    """A taxonomy cannot be used; the message names the field and the fix."""


@dataclass(frozen=True, slots=True)
class ValueSpec:
    """One allowed value and the other ways of writing it."""

    value: str
    synonyms: tuple[str, ...] = ()


@dataclass(frozen=True)
class AttributeSpec:
    """One attribute of a category.

    `choice` takes one of `values`, `multi` some of them, `number` a figure in one of `units`,
    `text` and `identifier` whatever the seller states; `values` are then known examples.
    """

    category: str
    attribute: str
    values: tuple[ValueSpec, ...] = ()
    kind: Kind = "choice"
    units: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.attribute.strip():
            raise TaxonomyError(f"attribute of {self.category!r} has no name; give it one")
        if self.kind not in KINDS:
            raise TaxonomyError(
                f"kind of {self.attribute!r} is {self.kind!r}; use one of {', '.join(KINDS)}"
            )

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        """Kept, since lists of thousands are looked up for every item.

        Not of `hash()`, which differs between processes: a pickled spec takes it along.
        """
        content = (self.category, self.attribute, self.values, self.kind, self.units)
        digest = hashlib.blake2b(repr(content).encode(), digest_size=8).digest()
        return int.from_bytes(digest, "big")

    @property
    def is_open(self) -> bool:
        """Whether values outside the list may be answered when the seller states them."""
        return self.kind in ("number", "text", "identifier")


def key_text(category: str, attribute: str, value: str) -> str:
    """The sentence that stands for a value (papers.md §1.2)."""
    return f"A {category} with {attribute} being {value}"


def read_taxonomy(path: Path) -> dict[str, dict[str, AttributeSpec]]:
    """`{category: {attribute: [value, ...]}}` as specs by category and attribute.

    Raises TaxonomyError naming the place that has another shape.
    """
    try:
        tree = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise TaxonomyError(f"{path} does not exist") from error
    except ValueError as error:
        raise TaxonomyError(f"{path.name} is not JSON: {error}") from error
    if not isinstance(tree, dict):
        raise TaxonomyError(f"{path.name}: expected an object of categories")
    specs: dict[str, dict[str, AttributeSpec]] = {}
    for category, attributes in tree.items():
        if not isinstance(attributes, dict):
            raise TaxonomyError(f"{path.name}: {category!r} should hold an object of attributes")
        for attribute, values in attributes.items():
            if not isinstance(values, list):
                raise TaxonomyError(f"{path.name}: {category!r}, {attribute!r} should be a list")
            listed = specs.setdefault(category, {})
            listed[attribute] = spec_of(category, attribute, [str(value) for value in values])
    return specs


def spec_of(
    category: str, attribute: str, values: Sequence[str], *, is_open: bool = False
) -> AttributeSpec:
    """A spec whose kind is read off its values, for taxonomies that do not say.

    `is_open` says that listings have been seen to state values beyond a list.
    """
    known = tuple(ValueSpec(value) for value in dict.fromkeys(values) if value != NULL_VALUE)
    kind = kind_of([spec.value for spec in known])
    return AttributeSpec(
        category, attribute, known, "text" if is_open and kind == "choice" else kind
    )


def kind_of(values: Sequence[str]) -> Kind:
    """Number when nearly all are figures, identifier when nearly all are codes, else choice."""
    if not values:
        return "text"
    numbers = sum(re.fullmatch(r"\d+([.,]\d+)?", value) is not None for value in values)
    if numbers > 0.8 * len(values):
        return "number"
    codes = sum(
        re.fullmatch(r"[A-Z0-9][A-Z0-9./-]{3,}", value) is not None
        and any(character.isdigit() for character in value)
        for value in values
    )
    return "identifier" if codes > 0.8 * len(values) else "choice"


def taxonomy_of(
    annotations: Sequence[tuple[str, Mapping[str, Sequence[str]]]],
) -> dict[str, dict[str, AttributeSpec]]:
    """The taxonomy that annotated items span: (category, {attribute: gold values}) of each item.

    A list is open when more than NEW_VALUES of the next items are to be expected with a value that
    it lacks, by the share of values seen once (Good and Turing).
    """
    counts: dict[str, dict[str, Counter[str]]] = {}
    for category, attributes in annotations:
        for attribute, gold in attributes.items():
            counts.setdefault(category, {}).setdefault(attribute, Counter()).update(gold)
    return {
        category: {
            name: spec_of(category, name, list(held), is_open=_share_seen_once(held) > NEW_VALUES)
            for name, held in listed.items()
        }
        for category, listed in counts.items()
    }


def _share_seen_once(counts: Counter[str]) -> float:
    return sum(n == 1 for n in counts.values()) / max(1, counts.total())
