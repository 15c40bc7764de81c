"""A listing as the recall sets take it: read once for all of them."""

from __future__ import annotations

from django.db import connection

from listing_assistant.catalogue.selectors import spelling_key
from listing_assistant.listings.models import Listing
from recommender.events.sessions import recent_queries
from recommender.products import product_key
from recommender.recall_sets.base import Seed
from recommender.related_categories import related_and_apart

# By the ORM composing this takes longer than running it.
_STATED = """
SELECT stated.attribute_id, attribute.name, stated.text
FROM listings_listingattribute stated
JOIN catalogue_attribute attribute ON attribute.id = stated.attribute_id
WHERE stated.listing_id = %s ORDER BY stated.attribute_id, stated.text
"""
_NONE = frozenset[int]()


def seed_of(listing: Listing, *, session_key: str = "") -> Seed:
    """What the listing says, what its category goes with, what its reader searched for."""
    related, apart = related_and_apart(listing.category_id) if listing.category_id else ((), _NONE)
    stated = _stated(listing.pk)
    return Seed(
        listing_id=listing.pk,
        seller_id=listing.seller_id,
        category_id=listing.category_id,
        product_key=product_key(
            product_id=listing.product_id,
            category_id=listing.category_id,
            attributes=[(name, text) for _, name, text in stated],
        ),
        title=listing.title,
        attributes=tuple((pk, spelling_key(text)) for pk, _, text in stated),
        said=tuple(text for _, _, text in stated),
        related=related,
        queries=tuple(recent_queries(session_key)),
        price=listing.price,
        currency=listing.currency,
        apart=apart,
    )


def _stated(listing_id: int) -> list[tuple[int, str, str]]:
    """Its attributes: id, name, text."""
    with connection.cursor() as cursor:
        cursor.execute(_STATED, [listing_id])
        rows: list[tuple[int, str, str]] = cursor.fetchall()
        return rows
