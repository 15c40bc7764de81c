"""What a strip's card shows, as the database has it at this moment: one query a strip."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db.models import FilteredRelation, Q

from listing_assistant.listings.models import Condition, Format, Listing, State, StoredImage
from listing_assistant.listings.photo_files import photo_url

FIELDS = (
    *("pk", "public_id", "seller_id", "category_id", "title", "condition", "price", "currency"),
    *("format", "quantity", "version", "main_photo__image_id"),
)


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
    main_photo = FilteredRelation("photos", condition=Q(photos__position=0))
    live = Listing.objects.filter(pk__in=listing_ids, state=State.LIVE).order_by()
    rows = live.alias(main_photo=main_photo).values_list(*FIELDS)
    return {row[0]: Card(*row) for row in rows}
