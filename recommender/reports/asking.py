"""What every recall set and the merge answer, asked as a strip asks, on the day of the cut."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from listing_assistant.listings.models import Listing
from recommender import policy
from recommender.compatibility import verdicts
from recommender.merging import merge
from recommender.models import AggregateKind
from recommender.products import product_keys_of
from recommender.recall_sets.base import (
    Aggregates,
    Candidate,
    RecallError,
    RecallSet,
    RelatedCategory,
    Seed,
)
from recommender.seeds import seed_of
from recommender.strips import filtering
from recommender.strips.proposals import Proposal, Source, Step

MERGED = "all sets, merged"


@dataclass(frozen=True)
class Thing:
    """Of a listing: `product` is its key, or its own id where nothing names the product."""

    category_id: int | None
    seller_id: int
    product: str


@dataclass(frozen=True)
class Answer:
    """What the sets found for one seed. `suitable` are those of it that a strip may show."""

    seed: Seed
    found: Mapping[str, Sequence[Candidate]]
    seconds: Mapping[str, float]
    suitable: frozenset[int]
    things: Mapping[int, Thing]
    failed: Mapping[str, str] = field(default_factory=dict)

    def strip(self, sets: Collection[str], *, size: int = policy.STRIP_SIZE) -> list[int]:
        """The listings that a strip made of these sets alone would show."""
        chosen = {name: found for name, found in self.found.items() if name in sets}
        merged = merge(chosen, limit=policy.MERGED_CANDIDATES)
        return self._first([each.listing_id for each in merged], size)

    def shown_by(self, name: str, *, size: int = policy.STRIP_SIZE) -> list[int]:
        """The listings that one set would show, in its own order."""
        return self._first([each.listing_id for each in self.found.get(name, ())], size)

    def products(self, listing_ids: Iterable[int]) -> list[str]:
        return [self.things[pk].product for pk in listing_ids]

    def _first(self, listing_ids: Sequence[int], size: int) -> list[int]:
        proposals = (self._proposal(pk) for pk in listing_ids if pk in self.suitable)
        return [each.listing_id for each in filtering.pick(proposals, limit=size)]

    def _proposal(self, pk: int) -> Proposal:
        thing = self.things[pk]
        product = "" if thing.product == str(pk) else thing.product
        sources: tuple[Source, ...] = ()
        return Proposal(
            pk, self.seed.listing_id, Step.SETS, thing.seller_id, product, 0, False, sources
        )


class Asker:
    """Asks each set about seeds. `aggregates` say which categories were related by then."""

    def __init__(self, sets: Sequence[RecallSet], aggregates: Aggregates) -> None:
        self.sets = sets
        self._aggregates = aggregates
        self._seeds: dict[int, Seed | None] = {}

    @property
    def names(self) -> list[str]:
        return [each.name for each in self.sets]

    def ask(self, listing_id: int, queries: Sequence[str] = ()) -> Answer | None:
        """None for a listing that is gone."""
        known = self._seed(listing_id)
        if known is None:
            return None
        seed = replace(known, queries=tuple(queries))
        found: dict[str, Sequence[Candidate]] = {}
        seconds: dict[str, float] = {}
        failed: dict[str, str] = {}
        for each in self.sets:
            started = time.perf_counter()
            try:
                found[each.name] = each.candidates(seed, limit=policy.CANDIDATES_A_SET)
            except RecallError as error:
                failed[each.name] = str(error)
            seconds[each.name] = time.perf_counter() - started
        return _answer(seed, found, seconds, failed)

    def _seed(self, listing_id: int) -> Seed | None:
        if listing_id not in self._seeds:
            listing = Listing.objects.filter(pk=listing_id).first()
            self._seeds[listing_id] = self._as_it_was(listing) if listing else None
        return self._seeds[listing_id]

    def _as_it_was(self, listing: Listing) -> Seed:
        key = str(listing.category_id)
        rows = self._aggregates.rows(AggregateKind.RELATED_CATEGORY, [key])
        related = tuple(
            RelatedCategory(int(category), score, support)
            for category, score, support in rows.get(key, ())
        )
        return replace(seed_of(listing), related=related)


def by_set_alone(recall_set: RecallSet, answer: Answer) -> Answer:
    """The same seed's answer by one set, such as one with other thresholds."""
    found = {recall_set.name: recall_set.candidates(answer.seed, limit=policy.CANDIDATES_A_SET)}
    if all(each.listing_id in answer.things for each in found[recall_set.name]):
        return replace(answer, found=found)
    return _answer(answer.seed, found, {}, {})


def _answer(
    seed: Seed,
    found: Mapping[str, Sequence[Candidate]],
    seconds: Mapping[str, float],
    failed: Mapping[str, str],
) -> Answer:
    things = things_of({each.listing_id for candidates in found.values() for each in candidates})
    return Answer(seed, found, seconds, _suitable(seed, things), things, failed)


def things_of(listing_ids: Collection[int]) -> dict[int, Thing]:
    keys = product_keys_of(listing_ids)
    rows = Listing.objects.filter(pk__in=listing_ids).order_by()
    return {
        pk: Thing(category_id, seller_id, keys.get(pk, str(pk)))
        for pk, category_id, seller_id in rows.values_list("pk", "category_id", "seller_id")
    }


def _suitable(seed: Seed, things: Mapping[int, Thing]) -> frozenset[int]:
    """As serving filters, apart from what is for sale: the sets were asked about another day."""
    fitting = verdicts(seed, list(things))
    is_collected = seed.category_id in seed.related_ids
    return frozenset(
        pk
        for pk, verdict in fitting.items()
        if verdict.may_be_shown
        and (is_collected or things[pk].product != seed.product_key)
        and pk != seed.listing_id
    )
