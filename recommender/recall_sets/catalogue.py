"""What is for sale, as the recall sets read it: whole lists in one query, never one by one."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol

from django.db.models import Q, QuerySet, Value

from listing_assistant.listings.models import Listing, ListingAttribute, State

# More than a page of candidates, few enough for one look-up.
MOST_LOOKED_UP = 300

Stated = tuple[int, str]  # an attribute's id and a text, as listings show it


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
        self, stated: Mapping[Stated, Collection[int]], *, each: int
    ) -> Mapping[Stated, Mapping[int, Listed]]:
        """For each statement the newest of its categories that make it, newest first."""
        ...


class LiveCatalogue:
    """The database's truth at this moment."""

    def for_sale(self, prefix: str = "") -> Q:
        """What can be bought, as a condition on listings, or on rows that name one by `prefix`."""
        return Q(**{f"{prefix}state": State.LIVE})

    def listed(self, listing_ids: Iterable[int]) -> dict[int, Listed]:
        wanted = list(dict.fromkeys(listing_ids))[:MOST_LOOKED_UP]
        rows = self._listings().filter(pk__in=wanted).values_list("pk", *FIELDS) if wanted else ()
        return {pk: Listed(*fields) for pk, *fields in rows}

    def newest(self, category_ids: Collection[int], *, each: int) -> dict[int, Listed]:
        parts = [
            self._listings()
            .filter(category_id=category_id)
            .order_by("-published_at")
            .values_list("pk", *FIELDS)[:each]
            for category_id in sorted(category_ids)
        ]
        return {pk: Listed(*fields) for pk, *fields in _together(parts)}

    def saying(
        self, stated: Mapping[Stated, Collection[int]], *, each: int
    ) -> dict[Stated, dict[int, Listed]]:
        statements = sorted(stated)
        rows = ListingAttribute.objects.filter(self.for_sale("listing__"))
        parts = [
            rows.filter(attribute_id=attribute_id, text=text)
            .filter(listing__category_id__in=stated[attribute_id, text])
            .order_by("-listing_id")
            .annotate(number=Value(number))
            .values_list("number", "listing_id", *(f"listing__{name}" for name in FIELDS))[:each]
            for number, (attribute_id, text) in enumerate(statements)
        ]
        found: dict[Stated, dict[int, Listed]] = {}
        for number, pk, *fields in sorted(_together(parts), key=lambda row: -row[1]):
            found.setdefault(statements[number], {})[pk] = Listed(*fields)
        return found

    def _listings(self) -> QuerySet[Listing]:
        return Listing.objects.filter(self.for_sale(), category__isnull=False).order_by()


FIELDS = ("category_id", "category__name", "seller_id", "price", "currency", "published_at")


def _together(parts: Sequence[QuerySet[Any, tuple[Any, ...]]]) -> Iterable[tuple[Any, ...]]:
    """One query of them all: each part is read along an index, and its limit is its own."""
    if not parts:
        return []
    return parts[0].union(*parts[1:], all=True) if parts[1:] else parts[0]
