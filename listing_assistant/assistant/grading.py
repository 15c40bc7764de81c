"""Listings as `quality.py` grades them."""

from __future__ import annotations

from collections.abc import Iterable

from django.core.cache import cache

from listing_assistant.assistant import policy, quality
from listing_assistant.assistant.demand import demand_in
from listing_assistant.catalogue.models import Category
from listing_assistant.catalogue.selectors import attributes_of
from listing_assistant.listings.models import Condition, Listing


def checks(listing: Listing) -> list[quality.Part]:
    """The parts of the listing's score, which is their sum."""
    wanted = details_wanted(listing.category) if listing.category else []
    return quality.grade(contents_of(listing, wanted))


def details_wanted(
    category: Category, *, by_demand: bool = True
) -> list[tuple[int, quality.Detail]]:
    """The category's attributes by id, none stated; their weights are what buyers filter by.

    Counting that takes some queries, of which a rough grade can do without.
    """
    filtered = _filtered(category) if by_demand else {}
    return [
        (
            row.attribute_id,
            quality.Detail(
                row.attribute.name,
                weight=1.0 + filtered.get(row.attribute_id, 0.0) * policy.DETAILS_COUNTED,
                is_required=row.is_required,
            ),
        )
        for row in attributes_of(category, with_values=False)
    ]


def contents_of(listing: Listing, wanted: Iterable[tuple[int, quality.Detail]]) -> quality.Contents:
    """`photos` and `attribute_rows` may be prefetched; `wanted` is of the listing's category."""
    said: dict[int, list[str]] = {}
    for row in listing.attribute_rows.all():
        said.setdefault(row.attribute_id, []).append(row.text)
    return quality.Contents(
        title=listing.title,
        photos=len(listing.photos.all()),
        has_category=listing.category_id is not None,
        condition=listing.condition,
        is_new=listing.condition == Condition.NEW,
        condition_note=listing.condition_note,
        details=tuple(
            quality.Detail(one.name, ", ".join(said.get(pk, [])), one.weight, one.is_required)
            for pk, one in wanted
        ),
        description=listing.description,
        has_price=bool(listing.price),
    )


def _filtered(category: Category) -> dict[int, float]:
    """The share of searches that filter by each attribute; kept, for the editor asks often."""
    key = f"assistant:filtered:{category.pk}"
    kept: dict[int, float] | None = cache.get(key)
    if kept is None:
        kept = {pk: one.filtered for pk, one in demand_in(category).items() if one.filtered}
        cache.set(key, kept, policy.DEMAND_KEPT_SECONDS)
    return kept
