"""What every recall set takes and gives (eBay, "Complementary Item Recommendations", Recall sets).

A recall set proposes; it decides nothing. Whether a thing is for sale, fits and may be shown is
checked once for all of them (strips/filtering.py, similar/strip.py), so that no set can forget it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import ClassVar, Protocol

Entry = tuple[str, float, int]  # id, score, support; best first


@dataclass(frozen=True)
class RelatedCategory:
    """`score` is the cosine (Ochiai) of the two categories' buyers; `support` how many bought in
    both. Staff's own choices have a score of 1."""

    category_id: int
    score: float
    support: int = 0


@dataclass(frozen=True)
class Seed:
    """The item that a strip is for, read once for all recall sets.

    `attributes` are pairs of an attribute's id and its text as `catalogue.selectors.spelling_key`
    spells it; an attribute may come several times. `said` are the same texts in the same order, as
    the listing shows them. `queries` are what this session searched for, newest first, spelt by
    `query_key`. `apart` are the categories that staff keep away from its own, itself perhaps among
    them.
    """

    listing_id: int
    seller_id: int
    category_id: int | None
    product_key: str
    title: str = ""
    attributes: tuple[tuple[int, str], ...] = ()
    related: tuple[RelatedCategory, ...] = ()
    queries: tuple[str, ...] = ()
    said: tuple[str, ...] = ()
    price: Decimal | None = None
    currency: str = ""
    apart: frozenset[int] = frozenset()

    @property
    def related_ids(self) -> frozenset[int]:
        return frozenset(each.category_id for each in self.related)


@dataclass(frozen=True)
class Candidate:
    """`score` compares candidates of one set alone. `support` is how many people or sessions it
    rests on, 0 where nobody's behaviour speaks. `reason` is one clause for staff."""

    listing_id: int
    score: float
    support: int = 0
    reason: str = ""


class Aggregates(Protocol):
    """The offline tables by key. Rows of a kind that has none are simply absent."""

    def rows(self, kind: str, keys: Collection[str]) -> Mapping[str, Sequence[Entry]]: ...


class RecallSet(Protocol):
    """`name` is logged with every impression and never changes its meaning.

    `candidates` gives listings of the seed's related categories (those of similar items: of its own
    category, and beside it), best first, at most `limit`, none twice, never the seed itself. It may
    give things that are sold by now. A set that has nothing to say gives nothing; one that cannot
    answer raises RecallError, and the strip goes on without.
    """

    name: ClassVar[str]

    def candidates(self, seed: Seed, *, limit: int) -> list[Candidate]: ...


class RecallError(Exception):
    """A recall set cannot answer; the message says why."""


@dataclass(frozen=True)
class Merged:
    """An item of the merged list: `score` by merging.py, and what each set said of it."""

    listing_id: int
    score: float
    sources: Mapping[str, Candidate] = field(default_factory=dict)

    @property
    def best_source(self) -> str:
        """The set whose candidate was placed first, by the order in which sets are trusted."""
        return next(iter(self.sources))
