"""What a listing lacks before buyers may see it."""

from __future__ import annotations

from listing_assistant.catalogue.selectors import attributes_of

from . import policy
from .errors import Problem
from .models import Format, Listing


def problems_before_publishing(listing: Listing) -> list[Problem]:
    """Everything to put right, in the order of the form; those with `blocks` stop publishing."""
    problems = field_problems(listing)
    if not listing.photos.exists():
        problems.insert(0, Problem("photos", "missing", "Add at least one photo."))
    return problems + _missing_attributes(listing)


def field_problems(listing: Listing) -> list[Problem]:
    """What the listing's own fields lack."""
    problems = []
    if not listing.title:
        problems.append(Problem("title", "missing", "Write a title."))
    if listing.category is None:
        problems.append(Problem("category", "missing", "Choose a category."))
    elif not (listing.category.is_leaf and listing.category.is_active):
        problems.append(Problem("category", "not_a_leaf", "Choose a narrower category."))
    if not listing.condition:
        problems.append(Problem("condition", "missing", "Choose the condition."))
    problems += _price_problems(listing)
    if listing.quantity < 1:
        problems.append(Problem("quantity", "missing", "Set the quantity to 1 or more."))
    elif listing.format == Format.AUCTION and listing.quantity > 1:
        problems.append(
            Problem(
                "quantity", "auction_of_several", "An auction sells one: set the quantity to 1."
            )
        )
    return problems


def _price_problems(listing: Listing) -> list[Problem]:
    if listing.price is None or listing.price <= 0:
        return [Problem("price", "missing", "Set a price.")]
    if not policy.CURRENCIES.get(listing.currency, 2) and listing.price % 1:
        message = f"{listing.currency} has no smaller unit: set a whole price."
        return [Problem("price", "too_precise", message)]
    return []


def _missing_attributes(listing: Listing) -> list[Problem]:
    """Required attributes that are not stated: a warning, since not every thing has them."""
    if listing.category is None:
        return []
    stated = set(listing.attribute_rows.values_list("attribute_id", flat=True))
    return [
        Problem(
            f"attribute-{link.attribute_id}",
            "missing",
            f"Buyers look for {link.attribute.name}; state it if you can.",
            blocks=False,
        )
        for link in attributes_of(listing.category)
        if link.is_required and link.attribute_id not in stated
    ]
