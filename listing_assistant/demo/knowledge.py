"""The truth about demo listings, for reports: which of them go together, and whether they fit."""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache

from listing_assistant.demo.goes_with import fits_known, relevance
from listing_assistant.listings.models import Listing
from recommender.reports.truth import Known

REMEMBERED = 200_000
PREFIX = "demo:"


def what_is_known(seed_id: int, listing_ids: Collection[int]) -> dict[int, Known]:
    """Of those that are demo listings beside a seed that is one. One query."""
    wanted = {seed_id, *listing_ids}
    rows = Listing.objects.filter(pk__in=wanted, import_key__startswith=PREFIX).order_by()
    keys = {pk: key or "" for pk, key in rows.values_list("pk", "import_key")}
    if seed_id not in keys:
        return {}
    return {pk: _between(keys[seed_id], keys[pk]) for pk in listing_ids if pk in keys}


@lru_cache(maxsize=REMEMBERED)
def _between(seed_key: str, key: str) -> Known:
    # Plans draw on the whole demo, which the web process has no need of.
    from listing_assistant.demo.catalogue import planned

    seed, other = planned(seed_key), planned(key)
    return Known(relevance(seed, other), fits_known(seed, other))
