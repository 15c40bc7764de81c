"""What counts as one product: the thing in the real world that several listings sell.

Most listings of people name no product of a catalogue. What tells two such things apart as
products are a few attributes (policy.IDENTIFYING): two green cases for one phone are one product,
whoever sells them. Behaviour is gathered under this key (eBay, Related Products).
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable

from django.db import connection

from recommender import policy


def product_key(
    *, product_id: int | None, category_id: int | None, attributes: Iterable[tuple[str, str]]
) -> str:
    """`attributes` are names and texts. Empty where nothing names the thing well enough."""
    if product_id is not None:
        return f"p{product_id}"
    telling = sorted(
        (name.lower(), " ".join(text.lower().split()))
        for name, text in attributes
        if name.lower() in policy.IDENTIFYING
    )
    if category_id is None or len({name for name, _ in telling}) < policy.LEAST_IDENTIFYING:
        return ""
    spelt = "\n".join(f"{name}={text}" for name, text in telling)
    return f"c{category_id}-{hashlib.sha256(spelt.encode()).hexdigest()[:16]}"


def query_key(text: str) -> str:
    """One spelling for searches that mean the same: lower case, single spaces, the order kept."""
    return " ".join(text.lower().split())[: policy.LONGEST_QUERY]


def product_keys_of(listing_ids: Collection[int]) -> dict[int, str]:
    """The key of each listing that has one, in one query whatever their number."""
    things: dict[int, tuple[int | None, int | None]] = {}
    stated: dict[int, list[tuple[str, str]]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_STATED, [list(listing_ids)])
        for pk, product_id, category_id, name, text in cursor:
            things[pk] = product_id, category_id
            if name is not None:
                stated.setdefault(pk, []).append((name, text))
    keys = {
        pk: product_key(
            product_id=product_id, category_id=category_id, attributes=stated.get(pk, ())
        )
        for pk, (product_id, category_id) in things.items()
    }
    return {pk: key for pk, key in keys.items() if key}


# By the ORM these would be two queries, and composing them takes longer than running this one.
_STATED = """
SELECT listing.id, listing.product_id, listing.category_id, attribute.name, stated.text
FROM listings_listing AS listing
LEFT JOIN listings_listingattribute AS stated ON stated.listing_id = listing.id
LEFT JOIN catalogue_attribute AS attribute ON attribute.id = stated.attribute_id
WHERE listing.id = ANY(%s)
"""
