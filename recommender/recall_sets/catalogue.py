"""What is for sale, as the recall sets read it: whole lists in one query, never one by one.

In plain SQL: a strip has a few milliseconds, and composing these by the ORM took longer than
running them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal
from functools import cached_property
from typing import Any, NamedTuple, Protocol

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import Q

from listing_assistant.listings.models import Listing, State

# More than a page of candidates, few enough for one look-up.
MOST_LOOKED_UP = 150
# Of the things that state one and the same, so many of the newest are looked at: some of them are
# sold, or in another category.
MOST_LOOKED_THROUGH = 500

Stated = tuple[int, str]  # an attribute's id and a text, as listings show it


class Listed(NamedTuple):
    """A listing that can be bought."""

    category_id: int
    category: str
    seller_id: int
    price: Decimal | None
    currency: str


class Catalogue(Protocol):
    """A report replays the past through another one, where what is sold by now is still there."""

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


_FIELDS = "category_id, catalogue_category.name, seller_id, price, currency"
_CATEGORY = "JOIN catalogue_category ON catalogue_category.id = category_id"

_LISTED = f"""
SELECT listings_listing.id, {_FIELDS} FROM listings_listing {_CATEGORY}
WHERE listings_listing.id = ANY(%(ids)s) AND {{for_sale}}
"""

_NEWEST = f"""
SELECT newest.id, {_FIELDS} FROM unnest(%(categories)s::bigint[]) AS wanted (category)
CROSS JOIN LATERAL (
    SELECT id, category_id, seller_id, price, currency FROM listings_listing
    WHERE category_id = wanted.category AND {{for_sale}}
    ORDER BY published_at DESC LIMIT %(each)s
) AS newest {_CATEGORY}
"""

# The inner limit keeps to the index: without it the planner may read a whole category instead.
_SAYING = f"""
SELECT found.number, found.id, {_FIELDS}
FROM unnest(%(numbers)s::int[], %(attributes)s::bigint[], %(texts)s::text[])
    AS wanted (number, attribute, said)
CROSS JOIN LATERAL (
    SELECT number, listings_listing.id, category_id, seller_id, price, currency
    FROM (
        SELECT listing_id FROM listings_listingattribute
        WHERE attribute_id = wanted.attribute AND text = wanted.said
        ORDER BY listing_id DESC LIMIT %(through)s
    ) AS stating JOIN listings_listing ON listings_listing.id = stating.listing_id
    WHERE category_id = ANY(%(categories)s) AND {{for_sale}}
    ORDER BY listings_listing.id DESC LIMIT %(each)s
) AS found {_CATEGORY}
"""


class LiveCatalogue:
    """The database's truth at this moment."""

    def for_sale(self) -> Q:
        """What can be bought, as a condition on listings."""
        return Q(state=State.LIVE)

    def listed(self, listing_ids: Iterable[int]) -> dict[int, Listed]:
        return self.all_listed(list(dict.fromkeys(listing_ids))[:MOST_LOOKED_UP])

    def all_listed(self, listing_ids: Collection[int]) -> dict[int, Listed]:
        """As `listed`, however many they are."""
        rows = self._rows(_LISTED, ids=list(listing_ids)) if listing_ids else []
        return {pk: Listed(*fields) for pk, *fields in rows}

    def newest(self, category_ids: Collection[int], *, each: int) -> dict[int, Listed]:
        rows = self._rows(_NEWEST, categories=sorted(category_ids), each=each)
        return {pk: Listed(*fields) for pk, *fields in rows}

    def saying(
        self, stated: Mapping[Stated, Collection[int]], *, each: int
    ) -> dict[Stated, dict[int, Listed]]:
        statements = sorted(stated)
        rows = self._rows(
            _SAYING,
            numbers=list(range(len(statements))),
            attributes=[attribute_id for attribute_id, _ in statements],
            texts=[text for _, text in statements],
            categories=sorted({pk for category_ids in stated.values() for pk in category_ids}),
            through=MOST_LOOKED_THROUGH,
            each=each,
        )
        found: dict[Stated, dict[int, Listed]] = {}
        for number, pk, *fields in sorted(rows, key=lambda row: -row[1]):
            statement, listed = statements[number], Listed(*fields)
            if listed.category_id in stated[statement]:
                found.setdefault(statement, {})[pk] = listed
        return found

    def _rows(self, statement: str, **values: Any) -> list[tuple[Any, ...]]:
        condition, its_values = self._condition
        with connection.cursor() as cursor:
            cursor.execute(statement.format(for_sale=condition), values | its_values)
            rows: list[tuple[Any, ...]] = cursor.fetchall()
            return rows

    @cached_property
    def _condition(self) -> tuple[str, dict[str, Any]]:
        """`for_sale` as SQL and the values that it names."""
        query = Listing.objects.filter(self.for_sale()).query
        sql, values = query.get_compiler(DEFAULT_DB_ALIAS).compile(query.where)
        named = {f"for_sale_{number}": value for number, value in enumerate(values)}
        return sql % tuple(f"%({name})s" for name in named), named
