"""Why a card stands in a strip, in a few words for buyers: only what is true of this very item.

The first that holds is said. Where none does, nothing is said.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping

from django.utils.text import Truncator

from recommender import policy

# By features.COLUMNS' names; NaN where it is not known.
Features = Mapping[str, float]
Holds = Callable[[Collection[str], Features], bool]

SPONSORED = "Sponsored"
WHY_SPONSORED = (
    "The seller pays a share of the price if you buy this. That may have moved it up, but never"
    " far past things that suit better."
)


def _is(column: str) -> Holds:
    return lambda sets, features: features.get(column) == 1


def _at_least(column: str, least: float) -> Holds:
    return lambda sets, features: features.get(column, math.nan) >= least


def _at_most(column: str, most: float) -> Holds:
    return lambda sets, features: features.get(column, math.nan) <= most


def _all(*conditions: Holds) -> Holds:
    return lambda sets, features: all(holds(sets, features) for holds in conditions)


def _found_by(recall_set: str) -> Holds:
    return lambda sets, features: recall_set in sets


BESIDE_A_LISTING: tuple[tuple[str, Holds], ...] = (
    ("Same product", _all(_is("same_product"), _is("detail_overlap"))),
    ("Often viewed with this", _found_by("co_viewed")),
    ("Also from this seller", _is("same_seller")),
    ("Looks alike", _at_least("image_similarity", policy.LOOKS_ALIKE)),
    ("Similar title", _at_least("text_similarity", policy.READS_ALIKE)),
    # What the recommender calls one product (products.py) may have another colour or size.
    ("Same make and type", _is("same_product")),
    ("Just listed", _at_most("age", math.log1p(policy.JUST_LISTED_DAYS))),
    ("Same brand", _is("same_brand")),
    ("Same category", _is("same_category")),
)


def reason_of(recall_sets: Collection[str], features: Features) -> str:
    """Beside a listing: `recall_sets` are the names of those that proposed the item."""
    holding = (words for words, holds in BESIDE_A_LISTING if holds(recall_sets, features))
    return next(holding, "")


OF_A_PERSON = {
    "same_product": "Same make and type as “{}”",
    "co_viewed": "Often viewed with “{}”",
    "sellers_style": "From the seller of “{}”",
    "joint": "Like “{}”",
    "text": "Like “{}”",
}
LONGEST_TITLE = 32


def reason_because_of(title: str, recall_sets: Collection[str]) -> str:
    """In a strip of a person's own: `title` is of what they looked at and this was found by."""
    words = next((OF_A_PERSON[each] for each in recall_sets if each in OF_A_PERSON), "")
    return (words or "Because of “{}”").format(Truncator(title).chars(LONGEST_TITLE))


def reason_of_popular(recall_sets: Collection[str], features: Features) -> str:
    """True of all that is popular: it is there by nothing else."""
    return "Popular right now"
