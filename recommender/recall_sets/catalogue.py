"""What is for sale, as the recall sets read it: whole lists in one query, never one by one."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from django.db.models import QuerySet

from listing_assistant.listings.models import Listing, ListingAttribute, State

# More than a page of candidates, few enough for one look-up.
MOST_LOOKED_UP = 300


@dataclass(frozen=True)
class Listed:
    """A listing that can be bought."""

    category_id: int
    category: str
    seller_id: int
    price: Decimal | None
    currency: str
    published_at: datetime | None


class Catalogue(Protocol):
    """A report replays the past through another one, where things sold since are still there."""

    def listed(self, listing_ids: Iterable[int]) -> Mapping[int, Listed]:
        """Those of the first MOST_LOOKED_UP that are for sale."""
        ...

    def newest(self, category_ids: Collection[int], *, each: int) -> Mapping[int, Listed]:
        """So many of every category."""
        ...

    def saying(
        self, stated: Collection[tuple[int, str]], category_ids: Collection[int], *, each: int
    ) -> Mapping[int, Listed]:
        """The newest of these categories that state one of the pairs of attribute and text."""
        ...


class LiveCatalogue:
    """The database's truth at this moment."""

    def listed(self, listing_ids: Iterable[int]) -> dict[int, Listed]:
        wanted = list(dict.fromkeys(listing_ids))[:MOST_LOOKED_UP]
        return _read(_live().filter(pk__in=wanted)) if wanted else {}

    def newest(self, category_ids: Collection[int], *, each: int) -> dict[int, Listed]:
        return _read_all(
            _live().filter(category_id=category_id).order_by("-published_at")[:each]
            for category_id in sorted(category_ids)
        )

    def saying(
        self, stated: Collection[tuple[int, str]], category_ids: Collection[int], *, each: int
    ) -> dict[int, Listed]:
        rows = ListingAttribute.objects.filter(
            listing__state=State.LIVE, listing__category_id__in=category_ids
        )
        return _read_all(
            _live().filter(
                pk__in=rows.filter(attribute_id=attribute_id, text=text)
                .order_by("-listing_id")
                .values("listing_id")[:each]
            )
            for attribute_id, text in sorted(stated)
        )


def _live() -> QuerySet[Listing]:
    return Listing.objects.filter(state=State.LIVE, category__isnull=False).order_by()


FIELDS = ("pk", "category_id", "category__name", "seller_id", "price", "currency", "published_at")


def _read(rows: QuerySet[Listing]) -> dict[int, Listed]:
    return {pk: Listed(*fields) for pk, *fields in rows.values_list(*FIELDS)}


def _read_all(parts: Iterable[QuerySet[Listing]]) -> dict[int, Listed]:
    """One query: each part is read along an index, and its limit is its own."""
    rows = [part.values_list(*FIELDS) for part in parts]
    if not rows:
        return {}
    together = rows[0].union(*rows[1:], all=True) if rows[1:] else rows[0]
    return {pk: Listed(*fields) for pk, *fields in together}
