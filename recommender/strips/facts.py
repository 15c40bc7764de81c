"""What is known of proposed listings, all of it in one query."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.db import connection

from listing_assistant.listings.models import State
from recommender import policy
from recommender.fitment import Fitment
from recommender.products import product_key

# Of a listing's attributes those that name its product or say what it fits. Written by hand: the
# database takes an array of a hundred ids many times faster than a hundred parameters.
FACTS = """
SELECT listing.id, seller_id, category_id, product_id, version, title,
    said.attribute_id, said.name, said.text
FROM listings_listing listing LEFT JOIN LATERAL (
    SELECT stated.attribute_id, attribute.name, stated.text
    FROM listings_listingattribute stated
    JOIN catalogue_attribute attribute ON attribute.id = stated.attribute_id
    WHERE stated.listing_id = listing.id
        AND (attribute.id = ANY(%(fitting)s) OR lower(attribute.name) = ANY(%(identifying)s))
) AS said ON TRUE
WHERE listing.id = ANY(%(ids)s) AND listing.state = %(live)s
    AND NOT listing.condition = ANY(%(left_out)s)
ORDER BY listing.id
"""


@dataclass(frozen=True)
class Facts:
    """Of a listing that can be bought. `stated` are pairs of an attribute's id and a text."""

    seller_id: int
    category_id: int | None
    version: int
    title: str
    product: str
    stated: list[tuple[int, str]]


def facts_of(listing_ids: Collection[int], fitment: Fitment) -> dict[int, Facts]:
    """By id, of those for sale that are not in need of repair."""
    if not listing_ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            FACTS,
            {
                "ids": list(listing_ids),
                "fitting": list(fitment.attributes),
                "identifying": list(policy.IDENTIFYING),
                "live": State.LIVE.value,
                "left_out": list(policy.CONDITIONS_LEFT_OUT),
            },
        )
        rows = cursor.fetchall()
    return {pk: _facts(list(own)) for pk, own in groupby(rows, key=lambda row: row[0])}


def _facts(rows: list[tuple[Any, ...]]) -> Facts:
    """Of one listing's rows, one for each attribute that tells something, or one without any."""
    _, seller_id, category_id, product_id, version, title, *_ = rows[0]
    said = [(attribute_id, name, text) for *_, attribute_id, name, text in rows if attribute_id]
    product = product_key(
        product_id=product_id,
        category_id=category_id,
        attributes=[(name, text) for _, name, text in said],
    )
    stated = [(attribute_id, text) for attribute_id, _, text in said]
    return Facts(seller_id, category_id, version, title, product, stated)
