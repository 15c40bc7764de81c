"""What is known of listings when they are ranked, as columns: row i of every array is one listing.

A column is as it was at a moment, that of the table it comes from (table.py). Behaviour in it is
that of whole days before, so that a day's table can be made again from the log, to the bit.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from listing_assistant.listings.models import Condition, Format
from recommender.models import EventKind

Ids = NDArray[np.int64]
Numbers = NDArray[np.float32]

# What is counted of each listing, in the order of the columns of `Items.history`; "shown" are
# places in strips and results that were seen. Counts of a day halve every
# policy.HISTORY_HALF_LIFE days.
HISTORY = (
    "shown", EventKind.CLICK, EventKind.WATCH, EventKind.CART, EventKind.OFFER, EventKind.BUY_NOW,
    EventKind.PURCHASE, EventKind.REFUND,
)  # fmt: skip
MOST_DETAILS = 12
# The worst first; 0 where the seller said nothing.
CONDITIONS = (
    "",
    Condition.PARTS,
    Condition.FAIR,
    Condition.GOOD,
    Condition.LIKE_NEW,
    Condition.NEW,
)
FORMATS = (Format.BUY_NOW, Format.AUCTION, Format.BEST_OFFER)


@dataclass(frozen=True, eq=False)
class Items:
    """n listings. Keys are `key_of` a text, 0 for none; vectors are unit rows, all 0 where there is
    none. `history` and `prior` are (n, len(HISTORY)): a listing's own decayed counts, and those of
    its category, from which a new listing's rates are taken."""

    ids: Ids  # (n,)
    categories: Ids  # (n,) 0 for none
    departments: Ids  # (n,) the root of the category
    sellers: Ids  # (n,)
    products: Ids  # (n,) key of recommender.products.product_key
    brands: Ids  # (n,)
    details: Ids  # (n, MOST_DETAILS) keys of "attribute id|spelling", ascending, 0 where fewer
    conditions: NDArray[np.int8]  # (n,) place in CONDITIONS
    formats: NDArray[np.int8]  # (n,) place in FORMATS
    currencies: Ids  # (n,)
    log_prices: Numbers  # (n,) natural logarithm, NaN without a price
    ad_rates: Numbers  # (n,) per cent
    quantities: Numbers  # (n,)
    published: NDArray[np.float64]  # (n,) seconds since 1970, UTC; NaN for a draft
    history: Numbers  # (n, len(HISTORY))
    prior: Numbers  # (n, len(HISTORY))
    joint: NDArray[np.float16]  # (n, dim) photos and title in the space of items
    image: NDArray[np.float16]  # (n, dim) the main photo
    text: NDArray[np.float16]  # (n, dim) the title

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, rows: Ids) -> Self:
        """The listings of these rows, in their order."""
        # Of a mapped file `take` reads the rows in half the time of an index.
        return type(self)(**{name: getattr(self, name).take(rows, axis=0) for name in COLUMNS})

    @property
    def dims(self) -> Dims:
        return self.joint.shape[1], self.image.shape[1], self.text.shape[1]


COLUMNS = tuple(each.name for each in fields(Items))
Dims = tuple[int, int, int]  # of joint, image and text


def shapes_of(n: int, dims: Dims) -> dict[str, tuple[tuple[int, ...], Any]]:
    """Shape and type of every column of n listings."""
    whole, small, real = np.int64, np.int8, np.float32
    wide = (n, len(HISTORY))
    joint, image, text = dims
    return {
        **dict.fromkeys(("ids", "categories", "departments", "sellers"), ((n,), whole)),
        **dict.fromkeys(("products", "brands", "currencies"), ((n,), whole)),
        "details": ((n, MOST_DETAILS), whole),
        **dict.fromkeys(("conditions", "formats"), ((n,), small)),
        **dict.fromkeys(("log_prices", "ad_rates", "quantities"), ((n,), real)),
        "published": ((n,), np.float64),
        **dict.fromkeys(("history", "prior"), (wide, real)),
        "joint": ((n, joint), np.float16),
        "image": ((n, image), np.float16),
        "text": ((n, text), np.float16),
    }


def joined(parts: Sequence[Items]) -> Items:
    """One after another; at least one, all of the same dims."""
    return Items(
        **{name: np.concatenate([getattr(part, name) for part in parts]) for name in COLUMNS}
    )


def rows_among(ids: Ids, asked: Ids) -> Ids:
    """Where each of `asked` stands in ascending `ids`, -1 for what does not."""
    if not len(ids):
        return np.full(len(asked), -1, np.int64)
    places = np.minimum(np.searchsorted(ids, asked), len(ids) - 1)
    return np.where(ids[places] == asked, places, -1)


def key_of(text: str) -> int:
    """A number that stands for a text: equal texts have equal keys on every machine; 0 for none."""
    if not text:
        return 0
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big") >> 1
