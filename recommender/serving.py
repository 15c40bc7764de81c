"""What a strip shows. There is always an answer, if need be a plainer one."""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from listing_assistant.listings.models import Listing
from recommender import inference, selectors
from recommender.vectors import VectorError

log = structlog.get_logger()


@dataclass(frozen=True)
class SimilarItem:
    """A card. `score` is the cosine to the seed, None where the category alone speaks for it."""

    listing: Listing
    score: float | None


def similar_items(listing: Listing, *, limit: int = 12) -> list[SimilarItem]:
    """Listings of other sellers that can be bought now and are most like this one, best first.

    Places that likeness cannot fill (a listing without a vector yet, a broken model, a small
    marketplace) go to the newest of the same category. `listing.main_photos` is loaded.
    """
    near = _near(listing, limit)
    cards = selectors.listings_for_cards([pk for pk, _ in near])
    items = [SimilarItem(cards[pk], score) for pk, score in near if pk in cards]
    if len(items) == limit:
        return items
    fresh = selectors.fresh_in_category(listing, limit=limit - len(items), exclude=cards)
    return items + [SimilarItem(beside, None) for beside in fresh]


def _near(listing: Listing, limit: int) -> list[tuple[int, float]]:
    try:
        return inference.neighbours_of(listing.pk, k=limit, exclude_seller=listing.seller_id)
    except VectorError as error:
        log.warning("embedding_skipped", listing=listing.pk, reason=str(error))
        return []
