"""What a strip's card shows, as the database has it at this moment: one query a strip."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db import connection

from listing_assistant.listings.models import Condition, Format, State, StoredImage
from listing_assistant.listings.photo_files import photo_url

CARDS = """
SELECT listing.id, public_id, seller_id, category_id, title, condition, price, currency, format,
    quantity, version, ad_rate > 0, photo.image_id
FROM listings_listing listing
LEFT JOIN listings_photo photo ON photo.listing_id = listing.id AND photo.position = 0
WHERE listing.id = ANY(%s) AND listing.state = %s
"""


@dataclass(frozen=True, slots=True)
class Card:
    """A listing that could be bought when this was read."""

    pk: int
    public_id: UUID
    seller_id: int
    category_id: int | None
    title: str
    condition: str
    price: Decimal | None
    currency: str
    format: str
    quantity: int
    version: int
    is_promoted: bool
    image: str | None

    @property
    def photo(self) -> str:
        """The main photo's address, empty without one."""
        return photo_url(StoredImage(sha256=self.image), "small") if self.image else ""

    @property
    def condition_label(self) -> str:
        return str(Condition(self.condition).label) if self.condition else ""

    @property
    def fits_in_a_cart(self) -> bool:
        """An auction is won, not put in a cart."""
        return self.format != Format.AUCTION and self.price is not None


def live_cards(listing_ids: Collection[int]) -> dict[int, Card]:
    """By id, those that can be bought now."""
    if not listing_ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(CARDS, [list(listing_ids), State.LIVE.value])
        return {row[0]: Card(*row) for row in cursor.fetchall()}
