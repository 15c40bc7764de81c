"""What states that it fits (seed: Compatibility): cases for a phone, phones for a case.

It needs no behaviour at all, so that a thing listed a minute ago is found. What many looked at
comes first, then the newest; an accessory that costs more than what it is for comes late.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import ClassVar

from listing_assistant.catalogue.selectors import spelling_key
from recommender import policy
from recommender.aggregates import StoredAggregates
from recommender.compatibility import claims_of_seed
from recommender.fitment import Claim, Fitment, Role, current_fitment
from recommender.models import AggregateKind
from recommender.recall_sets.base import Aggregates, Candidate, Seed
from recommender.recall_sets.catalogue import Catalogue, Listed, LiveCatalogue, Stated
from recommender.recall_sets.choosing import best, within

# A cover that fits forty models asks for no more than these: each is a part of the query.
MOST_STATEMENTS = 24


@dataclass(frozen=True)
class Statement:
    """What a candidate of a category has to state, and the reason that it gives."""

    category_id: int
    attribute_id: int
    text: str
    reason: str

    @property
    def stated(self) -> Stated:
        return self.attribute_id, self.text

    @property
    def key(self) -> str:
        """Its row among the popular ones."""
        return f"{self.category_id}|{self.attribute_id}|{spelling_key(self.text)}"


@dataclass(frozen=True)
class Compatibility:
    """One look-up of what is popular, one of what is new, one of what the popular ones are."""

    aggregates: Aggregates = field(default_factory=StoredAggregates)
    catalogue: Catalogue = field(default_factory=LiveCatalogue)

    name: ClassVar[str] = "compatibility"

    def candidates(self, seed: Seed, *, limit: int) -> list[Candidate]:
        if not seed.related:
            return []
        statements = list(islice(_statements(seed, current_fitment()), MOST_STATEMENTS))
        if not statements:
            return []
        found = [*self._popular(seed, statements), *self._new(seed, statements, limit)]
        return best(found, limit=limit)

    def _popular(self, seed: Seed, statements: Sequence[Statement]) -> Iterator[Candidate]:
        by_key = {each.key: each for each in statements}
        rows = self.aggregates.rows(AggregateKind.POPULAR, by_key)
        shares = sorted(
            (-score / (entries[0][1] or 1), int(thing), support, key)
            for key, entries in rows.items()
            for thing, score, support in entries
        )
        listed = within(seed, (pk for _, pk, _, _ in shares), self.catalogue)
        for share, pk, support, key in shares:
            if pk in listed:
                worth = (1 - share) * _price_sense(seed, listed[pk])
                yield Candidate(pk, worth, support, by_key[key].reason)

    def _new(self, seed: Seed, statements: Sequence[Statement], limit: int) -> Iterator[Candidate]:
        reasons: dict[Stated, str] = {}
        categories: dict[Stated, set[int]] = {}
        for each in statements:
            reasons[each.stated] = each.reason
            categories.setdefault(each.stated, set()).add(each.category_id)
        for stated, found in self.catalogue.saying(categories, each=limit).items():
            for place, (pk, listed) in enumerate(found.items()):
                if pk != seed.listing_id:
                    worth = _price_sense(seed, listed) / (place + 1)
                    yield Candidate(pk, worth, 0, reasons[stated])


def _statements(seed: Seed, fitment: Fitment) -> Iterator[Statement]:
    claims = claims_of_seed(seed, fitment)
    for category_id in sorted(seed.related_ids):
        roles = fitment.roles.get(category_id, {})
        for dimension_id in _deciding(claims, roles, fitment):
            claim, role = claims[dimension_id], roles[dimension_id]
            names = fitment.dimensions[dimension_id].names
            for name in sorted(names[value] for value in claim.values if value in names):
                reason = (
                    f"fits {name}" if claim.is_accessory != role.is_accessory else f"for {name}"
                )
                for attribute_id in sorted(role.attributes):
                    yield Statement(category_id, attribute_id, name, reason)


def _deciding(
    claims: Mapping[int, Claim], roles: Mapping[int, Role], fitment: Fitment
) -> list[int]:
    """The dimensions that say whether things of the two categories fit, as compatibility.judge."""
    shared = [
        dimension_id
        for dimension_id in claims.keys() & roles.keys()
        if claims[dimension_id].is_accessory or roles[dimension_id].is_accessory
    ]
    finer = [pk for pk in shared if not fitment.dimensions[pk].is_brand]
    return sorted(finer or shared)


def _price_sense(seed: Seed, listed: Listed) -> float:
    """Nobody adds to a phone a case that is dearer than the phone. Other currencies say nothing."""
    if seed.price is None or listed.price is None or seed.currency != listed.currency:
        return 1.0
    return 1.0 if listed.price <= seed.price else policy.DEARER_THAN_SEED_WORTH
