"""What the database says of listings, as columns: three queries, however many are asked for.

The item table is made from this, a batch at a time, and so is what was published after it: a
listing's columns are the same bits either way.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import Any

import numpy as np
import structlog
from django.db import connection
from numpy.typing import NDArray

from listing_assistant.catalogue.selectors import spelling_key
from recommender import policy
from recommender.items.columns import (
    CONDITIONS,
    FORMATS,
    MOST_DETAILS,
    Dims,
    Items,
    key_of,
    shapes_of,
)
from recommender.products import product_key
from recommender.vectors import LENGTH_TOLERANCE, STORED

log = structlog.get_logger()

# Written by hand: the database takes an array of ids many times faster than as many parameters.
_RELEASE = """coalesce(%(of)s, (
    SELECT release FROM recommender_embeddingrelease WHERE status = 'serving'
))"""
_LISTINGS = f"""
SELECT listing.id, listing.category_id, seller_id, product_id, condition, format, currency, price,
    ad_rate, quantity, extract(epoch FROM published_at)::float8,
    item.vector, seen.vector, item.title_vector
FROM listings_listing listing
LEFT JOIN recommender_itemembedding item ON item.listing_id = listing.id
    AND item.release = {_RELEASE}
LEFT JOIN listings_photo photo ON photo.listing_id = listing.id AND photo.position = 0
LEFT JOIN recommender_photoembedding seen ON seen.image_id = photo.image_id
    AND seen.release = {_RELEASE}
WHERE listing.id = ANY(%(ids)s)
ORDER BY listing.id
"""
_STATED = """
SELECT stated.listing_id, stated.attribute_id, attribute.name, stated.text
FROM listings_listingattribute stated
JOIN catalogue_attribute attribute ON attribute.id = stated.attribute_id
WHERE stated.listing_id = ANY(%s)
ORDER BY stated.listing_id, stated.attribute_id, stated.text
"""
_DEPARTMENTS = """
WITH RECURSIVE above AS (
    SELECT id, id AS at FROM catalogue_category WHERE %(all)s OR id = ANY(%(ids)s)
    UNION ALL
    SELECT above.id, category.parent_id
    FROM above JOIN catalogue_category category ON category.id = above.at
    WHERE category.parent_id IS NOT NULL
)
SELECT above.id, above.at
FROM above JOIN catalogue_category category ON category.id = above.at
WHERE category.parent_id IS NULL
"""
# What most of many have: one that is broken must not say how long all are.
_DIM = """(
    SELECT coalesce(mode() WITHIN GROUP (ORDER BY octet_length({column})), 0) FROM (
        SELECT {column} FROM {table} WHERE release = %(of)s AND {column} IS NOT NULL LIMIT 1000
    ) AS sample
)"""
_DIMS = "SELECT " + ", ".join(
    _DIM.format(table=f"recommender_{table}", column=column)
    for table, column in (
        ("itemembedding", "vector"),
        ("photoembedding", "vector"),
        ("itemembedding", "title_vector"),
    )
)

Stated = tuple[int, str, str]  # attribute's id, its name, the text
CONDITION_PLACES = {str(condition): place for place, condition in enumerate(CONDITIONS)}
FORMAT_PLACES = {str(kind): place for place, kind in enumerate(FORMATS)}


def read_items(
    listing_ids: Collection[int],
    *,
    release: str | None = None,
    dims: Dims | None = None,
    departments: dict[int, int] | None = None,
) -> Items:
    """Those that exist, in whatever state, by ascending id; `history` and `prior` are 0.

    Vectors are of `release`, that in service for None. Without `dims` they are as long as the first
    that is found, 0 where none is; with `departments` of all categories there is a query less.
    """
    rows = _asked(_LISTINGS, {"ids": list(listing_ids), "of": release})
    stated = _stated([row[0] for row in rows])
    if departments is None:
        departments = departments_of({row[1] for row in rows if row[1] is not None})
    items = empty_items(len(rows), dims or _dims_in(rows))
    _fill_plain(items, rows, departments)
    _fill_details(items, rows, stated)
    _fill_vectors(items, rows)
    return items


def empty_items(n: int, dims: Dims) -> Items:
    return Items(**{name: np.zeros(*each) for name, each in shapes_of(n, dims).items()})


def departments_of(category_ids: Collection[int] | None) -> dict[int, int]:
    """The root above each category; of all of them for None."""
    asked = {"all": category_ids is None, "ids": list(category_ids or ())}
    return dict(_asked(_DEPARTMENTS, asked))


def dims_of(release: str) -> Dims:
    """How long vectors of the release are, 0 for those that nothing has yet."""
    joint, image, text = (size // STORED.itemsize for size in _asked(_DIMS, {"of": release})[0])
    return joint, image, text


def _asked(query: str, parameters: Any) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        rows: list[Any] = cursor.fetchall()
        return rows


def _stated(listing_ids: Sequence[int]) -> dict[int, list[Stated]]:
    rows = _asked(_STATED, [listing_ids])
    return {pk: [row[1:] for row in own] for pk, own in groupby(rows, key=itemgetter(0))}


def _dims_in(rows: Iterable[Any]) -> Dims:
    sizes = [0, 0, 0]
    for row in rows:
        for place, vector in enumerate(row[-3:]):
            sizes[place] = sizes[place] or len(vector or b"") // STORED.itemsize
    joint, image, text = sizes
    return joint, image, text


def _fill_plain(items: Items, rows: Sequence[Any], departments: dict[int, int]) -> None:
    if not rows:
        return
    pks, categories, sellers, _, conditions, formats, currencies, prices, *rest = zip(
        *rows, strict=True
    )
    ad_rates, quantities, published = rest[:3]
    items.ids[:] = pks
    items.categories[:] = [pk or 0 for pk in categories]
    items.departments[:] = [departments.get(pk, 0) for pk in categories]
    items.sellers[:] = sellers
    items.conditions[:] = [CONDITION_PLACES.get(each, 0) for each in conditions]
    items.formats[:] = [FORMAT_PLACES.get(each, 0) for each in formats]
    items.currencies[:] = [_key(each) for each in currencies]
    # One by one: numpy's logarithm of many need not be that of one to the last bit.
    items.log_prices[:] = [math.log(each) if each else math.nan for each in prices]
    items.ad_rates[:] = [float(each) for each in ad_rates]
    items.quantities[:] = quantities
    items.published[:] = [math.nan if each is None else each for each in published]


def _fill_details(items: Items, rows: Sequence[Any], stated: dict[int, list[Stated]]) -> None:
    for place, (pk, category_id, _, product_id, *_) in enumerate(rows):
        own = stated.get(pk, [])
        key = product_key(
            product_id=product_id,
            category_id=category_id,
            attributes=[(name, text) for _, name, text in own],
        )
        items.products[place] = key_of(key)
        items.brands[place] = next((_brand_key(*each[1:]) for each in own if _is_brand(each[1])), 0)
        # Of more than are kept, the lowest: the same details are kept of two alike things.
        keys = sorted({_detail_key(attribute, text) for attribute, _, text in own})[:MOST_DETAILS]
        items.details[place, : len(keys)] = keys


@lru_cache(maxsize=10_000)
def _is_brand(name: str) -> bool:
    return name.lower() in policy.BRAND_NAMES


@lru_cache(maxsize=1000)
def _key(text: str) -> int:
    return key_of(text)


@lru_cache(maxsize=100_000)
def _brand_key(name: str, text: str) -> int:
    return key_of(spelling_key(text))


@lru_cache(maxsize=500_000)
def _detail_key(attribute_id: int, text: str) -> int:
    return key_of(f"{attribute_id}|{spelling_key(text)}")


def _fill_vectors(items: Items, rows: Sequence[Any]) -> None:
    pks = items.ids
    for place, column in ((-3, items.joint), (-2, items.image), (-1, items.text)):
        size = column.shape[1] * STORED.itemsize
        for row, told in enumerate(rows):
            stored = told[place]
            if stored is not None and size and len(stored) == size:
                column[row] = np.frombuffer(stored, STORED)
        _blank_the_broken(column, pks)


def _blank_the_broken(column: NDArray[np.float16], listing_ids: NDArray[np.int64]) -> None:
    """A row that is no unit vector tells nothing; a NaN in it would make every likeness one."""
    wide = column.astype(np.float32)
    lengths = np.sqrt(np.einsum("nd,nd->n", wide, wide))
    broken = (lengths != 0) & ~(np.abs(lengths - 1) <= LENGTH_TOLERANCE)
    if broken.any():
        log.warning("vectors_skipped", listings=listing_ids[broken][:20].tolist())
        column[broken] = 0
