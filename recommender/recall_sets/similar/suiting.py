"""What is looked for beside a seed first: things of its kind, at about its price."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from recommender import policy
from recommender.items.columns import Ids, Numbers, key_of
from recommender.recall_sets.catalogue import LiveCatalogue
from recommender.recall_sets.similar.surroundings import Scored, Surroundings

_live = LiveCatalogue()


def of_its_kind(around: Surroundings, found: Sequence[Scored]) -> list[Scored]:
    """Those of the seed's category, or of its department where that has few things; what the
    table does not know is asked for in one query."""
    rows = around.rows_of([pk for pk, _ in found])
    fits = np.zeros(len(found), dtype=bool)
    known = rows >= 0
    if around.table is not None:
        items = around.table.items
        fits[known] = items.categories.take(rows[known]) == around.seed.category_id
        if len(around.rows_of_category()) < policy.SMALL_CATEGORY:
            fits[known] |= items.departments.take(rows[known]) == around.department
    unknown = [pk for (pk, _), is_known in zip(found, known, strict=True) if not is_known]
    listed = _live.all_listed(unknown)
    own = {pk for pk, each in listed.items() if each.category_id == around.seed.category_id}
    return [each for each, is_of_it in zip(found, fits, strict=True) if is_of_it or each[0] in own]


def about_its_price(around: Surroundings, found: Sequence[Scored]) -> list[Scored]:
    """Those within the narrowest of policy.PRICE_BANDS that has policy.ENOUGH_IN_BAND of them, in
    their order; all of them where none has."""
    steps = _price_steps(around, around.rows_of([pk for pk, _ in found]))
    for band in policy.PRICE_BANDS:
        fits = steps <= np.log(band)
        if np.count_nonzero(fits) >= policy.ENOUGH_IN_BAND:
            return [each for each, is_in in zip(found, fits, strict=True) if is_in]
    return list(found)


def _price_steps(around: Surroundings, rows: Ids) -> Numbers:
    """How far from the seed's price, in logarithms, (n,). What does not compare is not far."""
    steps = np.zeros(len(rows), np.float32)
    price = around.seed.price
    if around.table is None or price is None or price <= 0:
        return steps
    items, known = around.table.items, rows >= 0
    own = np.abs(items.log_prices.take(rows[known]) - np.float32(np.log(float(price))))
    compares: NDArray[np.bool_] = items.currencies.take(rows[known]) == key_of(around.seed.currency)
    steps[known] = np.where(compares & ~np.isnan(own), own, 0)
    return steps
