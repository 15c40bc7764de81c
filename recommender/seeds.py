"""A listing as the recall sets take it: read once for all of them."""

from __future__ import annotations

from listing_assistant.catalogue.selectors import spelling_key
from listing_assistant.listings.models import Listing
from recommender.events.sessions import recent_queries
from recommender.products import product_key
from recommender.recall_sets.base import Seed
from recommender.related_categories import related_to


def seed_of(listing: Listing, *, session_key: str = "") -> Seed:
    """What the listing says, what its category goes with, what its reader searched for."""
    rows = listing.attribute_rows.order_by("attribute_id", "text")
    stated = list(rows.values_list("attribute_id", "attribute__name", "text"))
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
        related=related_to(listing.category_id) if listing.category_id else (),
        queries=tuple(recent_queries(session_key)),
        price=listing.price,
        currency=listing.currency,
    )
