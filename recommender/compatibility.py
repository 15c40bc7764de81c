"""Whether two things fit each other (seed: Compatibility): a recall set and every set's filter.

In a dimension of fitting (fitment.py) a thing is a host, which has the property (a phone and its
model), or an accessory, which fits some values of it (a case), or neither. Two of them agree where
one value is the same, or where an accessory fits all:

    host            host            nothing to say: two phones
    host, known     accessory known FITS if one value is the same, else CLASHES
    accessory known accessory known FITS if one value is the same, else CLASHES: a case and a
                                    screen protector go into one basket for one phone
    universal       anything        FITS
    one unknown     anything else   UNKNOWN

Two things may meet in several dimensions. One clash is a clash. The finest dimensions decide the
rest: where a model is to be known, a brand can only forbid; a pair of categories that has nothing
but a brand in common is decided by it. Without any dimension in common they are UNRELATED: shoes
go with every phone.

A strip shows neither what clashes nor what nobody knows of.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import Enum

from django.db import connection

from recommender.fitment import Claim, Fitment, current_fitment
from recommender.recall_sets.base import Seed

Claims = Mapping[int, Claim]

# By the ORM these would be two queries, and composing them takes longer than running this one.
_STATED = """
SELECT listing.id, listing.category_id, listing.title, stated.attribute_id, stated.text
FROM listings_listing AS listing
LEFT JOIN listings_listingattribute AS stated
    ON stated.listing_id = listing.id AND stated.attribute_id = ANY(%s)
WHERE listing.id = ANY(%s)
"""


class Verdict(Enum):
    FITS = "fits"
    UNRELATED = "unrelated"
    UNKNOWN = "unknown"
    CLASHES = "clashes"

    @property
    def may_be_shown(self) -> bool:
        return self in (Verdict.FITS, Verdict.UNRELATED)


def verdicts(seed: Seed, listing_ids: Collection[int]) -> dict[int, Verdict]:
    """How each listing that exists goes with the seed: one query whatever their number, none for
    a seed that no pair of the vocabulary speaks of, and another where the vocabulary was not looked
    at just now."""
    fitment = current_fitment()
    seeds = claims_of_seed(seed, fitment)
    if not seeds:
        return dict.fromkeys(listing_ids, Verdict.UNRELATED)
    claims = claims_of(listing_ids, fitment)
    return {pk: judge(seeds, theirs, fitment) for pk, theirs in claims.items()}


def judge(one: Claims, other: Claims, fitment: Fitment) -> Verdict:
    """The same whichever comes first."""
    by_dimension = {
        dimension_id: _judge_dimension(one[dimension_id], other[dimension_id])
        for dimension_id in one.keys() & other.keys()
        if one[dimension_id].is_accessory or other[dimension_id].is_accessory
    }
    if not by_dimension:
        return Verdict.UNRELATED
    if Verdict.CLASHES in by_dimension.values():
        return Verdict.CLASHES
    finer = {pk for pk in by_dimension if not fitment.dimensions[pk].is_brand}
    deciding = [by_dimension[pk] for pk in finer or by_dimension]
    return Verdict.UNKNOWN if Verdict.UNKNOWN in deciding else Verdict.FITS


def _judge_dimension(one: Claim, other: Claim) -> Verdict:
    if one.is_universal or other.is_universal:
        return Verdict.FITS
    if not (one.is_known and other.is_known):
        return Verdict.UNKNOWN
    return Verdict.FITS if one.values & other.values else Verdict.CLASHES


def claims_of_seed(seed: Seed, fitment: Fitment) -> dict[int, Claim]:
    return fitment.claims(seed.category_id, seed.title, seed.attributes)


def claims_of(listing_ids: Collection[int], fitment: Fitment) -> dict[int, dict[int, Claim]]:
    """What each listing that exists has and fits: one query, whatever their number."""
    stated: dict[int, list[tuple[int, str]]] = {}
    things: dict[int, tuple[int | None, str]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_STATED, [list(fitment.attributes), list(listing_ids)])
        for pk, category_id, title, attribute_id, text in cursor:
            things[pk] = category_id, title
            if attribute_id is not None:
                stated.setdefault(pk, []).append((attribute_id, text))
    return {
        pk: fitment.claims(category_id, title, stated.get(pk, ()))
        for pk, (category_id, title) in things.items()
    }
