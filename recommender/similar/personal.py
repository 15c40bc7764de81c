"""Strips of a person's own: "Picked for you", and "Because you watched …".

  1  what they start from: last opened in this visit, then what was done most with before
  2  what is like each of those (finding.py), in turn; popular things where there is nothing to
     start from, which the strip then says
  3  the rest as for any strip (strip.py), without what they bought, sell or are not interested in

Picks are ranked by the person alone, for they stand beside no listing.
"""

from __future__ import annotations

import json
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import chain, zip_longest

from django.db import connection

from listing_assistant.listings.models import Listing, Order, Watch
from listing_assistant.listings.policy import HIDDEN_STATES
from recommender import policy
from recommender.items.columns import key_of
from recommender.items.table import ItemTable, current_table
from recommender.products import product_keys_of
from recommender.similar.context import Asker, opened_in
from recommender.similar.finding import Found, Sources, find_similar
from recommender.similar.hidden import hidden_from
from recommender.similar.popular import departments_of, popular_in
from recommender.similar.reasons import reason_because_of, reason_of_popular
from recommender.similar.strip import Features, SimilarStrip, strip_of

PICKED, BECAUSE = "picked", "because"
SEED_ACTS = ("click", "watch", "cart", "offer", "bid")
# Of purchases so many of the last are looked at for what a person has by now.
BOUGHT_LOOKED_AT = 50

_MOST_DONE_WITH = """
SELECT listing_id FROM recommender_behaviourevent
WHERE user_id = %s AND kind = ANY(%s) AND flags = '' AND listing_id IS NOT NULL
    AND happened_at > now() - make_interval(days => %s)
GROUP BY listing_id
ORDER BY sum((%s::jsonb ->> kind)::float
    * 0.5 ^ (extract(epoch FROM now() - happened_at) / 86400 / %s)) DESC, listing_id DESC
LIMIT %s
"""


class Basis(StrEnum):
    """What picks rest on."""

    DONE = "done"  # what this person did
    DEPARTMENTS = "departments"  # what is popular where this visit looked
    EVERYBODY = "everybody"  # what is popular at all


@dataclass(frozen=True)
class Picked:
    strip: SimilarStrip = field(default_factory=SimilarStrip)
    basis: Basis = Basis.EVERYBODY


@dataclass(frozen=True)
class Because:
    """`was_watched`, or else only looked at."""

    listing: Listing
    was_watched: bool
    strip: SimilarStrip


# --- Picked for you -----------------------------------------------------------------------------


def picked_strip(asker: Asker, *, limit: int = policy.STRIP_SIZE, explain: bool = False) -> Picked:
    """What this person may want next; what is popular where nothing is known of them."""
    started = time.perf_counter()
    left_out = _left_out(asker)
    opened = opened_in(asker.session_key)
    before = [*_watched(asker.viewer_id), *_most_done_with(asker)]
    seeds = _seeds([*opened[: policy.PICKED_SEEDS], *before], left_out.hidden)
    if not seeds:
        return _popular(asker, opened, left_out.all, limit=limit, explain=explain)
    around = _Around.of(list(seeds.values()))
    strip = strip_of(
        PICKED,
        around.found,
        asker=asker,
        hidden=left_out.all | seeds.keys(),
        limit=limit,
        explain=explain,
        reason=around.reason,
        started=started,
    )
    if len(strip.slots) >= min(limit, policy.LEAST_SHOWN):
        return Picked(strip, Basis.DONE)
    return _popular(asker, opened, left_out.all, limit=limit, explain=explain)


def _popular(
    asker: Asker, opened: Sequence[int], left_out: Collection[int], *, limit: int, explain: bool
) -> Picked:
    table = current_table()
    if table is None:
        return Picked()
    for basis, departments in (
        (Basis.DEPARTMENTS, departments_of(opened, table)),
        (Basis.EVERYBODY, []),
    ):
        if basis == Basis.DEPARTMENTS and not departments:
            continue
        strip = strip_of(
            PICKED,
            Found(popular_in(departments, table)),
            asker=asker,
            hidden={*left_out, *opened},
            limit=limit,
            explain=explain,
            reason=reason_of_popular,
        )
        if len(strip.slots) >= min(limit, policy.LEAST_SHOWN):
            return Picked(strip, basis)
    return Picked(strip, basis) if strip.slots else Picked()


@dataclass(frozen=True)
class _Around:
    """Candidates around several seeds, each with the seed that it is nearest to."""

    found: Found
    nearest: Mapping[int, Listing]

    @classmethod
    def of(cls, seeds: Sequence[Listing]) -> _Around:
        each = [find_similar(seed) for seed in seeds]
        sources: dict[int, Sources] = {}
        nearest: dict[int, Listing] = {}
        for row in zip_longest(*(found.sources.items() for found in each)):
            for seed, candidate in zip(seeds, row, strict=True):
                if candidate is None or candidate[0] in sources:
                    continue
                if len(sources) < policy.RANKED_CANDIDATES:
                    sources[candidate[0]], nearest[candidate[0]] = candidate[1], seed
        runs = [run for found in each for run in found.runs]
        caches = " ".join(dict.fromkeys(found.cache for found in each))
        return cls(Found(sources, runs, caches), nearest)

    def reason(self, sources: Sources, features: Features) -> str:
        said = next(iter(sources.values()))
        return reason_because_of(self.nearest[said.listing_id].title, sources)


# --- Because you watched … ----------------------------------------------------------------------


def because_strips(
    asker: Asker, *, limit: int = policy.STRIP_SIZE, explain: bool = False
) -> list[Because]:
    """At most policy.BECAUSE_STRIPS, of what was watched or opened last; nothing twice."""
    left_out = _left_out(asker)
    watched = _watched(asker.viewer_id)
    opened = opened_in(asker.session_key)
    seeds = _seeds([*watched, *opened, *_most_done_with(asker)], left_out.hidden)
    shown = left_out.all | set(list(seeds)[: policy.BECAUSE_STRIPS])
    strips: list[Because] = []
    for seed in seeds.values():
        if len(strips) == policy.BECAUSE_STRIPS:
            break
        started = time.perf_counter()
        strip = strip_of(
            BECAUSE,
            find_similar(seed),
            asker=asker,
            seed_id=seed.pk,
            hidden=shown,
            limit=limit,
            explain=explain,
            started=started,
        )
        if len(strip.slots) >= min(limit, policy.LEAST_SHOWN):
            strips.append(Because(seed, seed.pk in watched, strip))
            shown |= {slot.listing_id for slot in strip.slots}
    return strips


def _watched(user_id: int | None) -> list[int]:
    """Listing ids, watched last first."""
    if user_id is None:
        return []
    rows = Watch.objects.filter(user_id=user_id).order_by("-created_at", "-pk")
    return list(rows.values_list("listing_id", flat=True)[: 2 * policy.BECAUSE_STRIPS])


# --- What they start from, and what is left out -------------------------------------------------


def _most_done_with(asker: Asker) -> list[int]:
    """Listing ids by acts of the last policy.PERSONAL_DAYS, older ones for less; of who is signed
    in. What was bought is wanted no more: purchases start nothing."""
    if asker.viewer_id is None:
        return []
    worths = {kind: policy.ACT_WORTH[kind] for kind in SEED_ACTS}
    with connection.cursor() as cursor:
        cursor.execute(
            _MOST_DONE_WITH,
            [
                *(asker.viewer_id, list(SEED_ACTS), policy.PERSONAL_DAYS, json.dumps(worths)),
                *(policy.HISTORY_HALF_LIFE, policy.PICKED_SEEDS),
            ],
        )
        return [listing_id for (listing_id,) in cursor.fetchall()]


def _seeds(listing_ids: Sequence[int], hidden: Collection[int]) -> dict[int, Listing]:
    """By id, in the order given, each once: sold ones too, but nothing that nobody may see."""
    ids = [pk for pk in dict.fromkeys(listing_ids) if pk not in hidden]
    visible = Listing.objects.exclude(state__in=HIDDEN_STATES).defer("search", "description")
    found = visible.in_bulk(ids)
    return {pk: found[pk] for pk in ids if pk in found}


@dataclass(frozen=True)
class _LeftOut:
    hidden: set[int]
    bought: set[int]

    @property
    def all(self) -> set[int]:
        return self.hidden | self.bought


def _left_out(asker: Asker) -> _LeftOut:
    """Listing ids that this person is not interested in, and those of products that they bought."""
    hidden = hidden_from(asker.viewer_id, asker.session_key)
    if asker.viewer_id is None:
        return _LeftOut(hidden, set())
    orders = Order.objects.filter(buyer_id=asker.viewer_id).order_by("-pk")
    bought = list(orders.values_list("listing_id", flat=True)[:BOUGHT_LOOKED_AT])
    return _LeftOut(hidden, {*bought, *_of_the_same_products(bought, current_table())})


def _of_the_same_products(listing_ids: Sequence[int], table: ItemTable | None) -> set[int]:
    if table is None or not listing_ids:
        return set()
    products = {key_of(each) for each in product_keys_of(listing_ids).values()}
    rows = chain.from_iterable(table.of_product(each).tolist() for each in products)
    return set(table.items.ids[list(rows)].tolist())
