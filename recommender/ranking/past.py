"""What listings were when they were seen, where what came of it changed them.

What is bought has less in stock afterwards, and what is sold gets no vectors from a later release.
Left so, both would tell a ranker in training what nobody knew in serving: what was to be bought.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

import numpy as np
from django.db.models import Exists, OuterRef
from numpy.typing import NDArray

from listing_assistant.listings.models import Listing, Order, State
from recommender import inference, selectors, services
from recommender.items.columns import Ids

EMBEDDED_AT_ONCE = 100


class Sold:
    """How much of each listing was sold since a moment."""

    def __init__(self, listing_ids: Ids, *, since: datetime) -> None:
        wanted = set(listing_ids.tolist())
        self._sales: dict[int, list[tuple[float, int]]] = defaultdict(list)
        rows = Order.objects.filter(created_at__gte=since)
        for listing_id, at, quantity in rows.values_list("listing_id", "created_at", "quantity"):
            if listing_id in wanted:
                self._sales[listing_id].append((at.timestamp(), quantity))

    def after(self, listing_ids: Ids, moment: datetime) -> NDArray[np.float32]:
        """(n,) pieces sold at the moment or later."""
        when = moment.timestamp()
        return np.array(
            [
                sum(quantity for at, quantity in self._sales.get(each, ()) if at >= when)
                for each in listing_ids.tolist()
            ],
            dtype=np.float32,
        )


def embed_gone(listing_ids: Sequence[int]) -> int:
    """Give what is for sale no more the vectors of the release in service that it lacks; how many
    listings got some.

    Raises ArtefactError.
    """
    release = selectors.serving_release()
    if release is None:
        return 0
    embedded = selectors.rows_of(release).filter(listing=OuterRef("pk"), title_vector__isnull=False)
    gone = (
        Listing.objects.filter(~Exists(embedded), pk__in=listing_ids, published_at__isnull=False)
        .exclude(state=State.LIVE)
        .order_by("pk")
    )
    waiting = list(gone)
    for start in range(0, len(waiting), EMBEDDED_AT_ONCE):
        some = waiting[start : start + EMBEDDED_AT_ONCE]
        rows = inference.encode_listings(some)
        encoded = {listing.pk: row for listing, row in zip(some, rows, strict=True)}
        services.store_embedding(encoded=encoded)
    return len(waiting)
