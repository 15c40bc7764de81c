from __future__ import annotations

from django.db import transaction

from listing_assistant.accounts.models import User
from listing_assistant.listings.errors import ListingError
from listing_assistant.listings.models import Listing, Watch
from listing_assistant.listings.policy import HIDDEN_STATES

from .checks import check_not_own, report


@transaction.atomic
def watch(*, user: User, listing: Listing, session_key: str = "") -> bool:
    """Whether the listing was not on the watchlist before."""
    check_not_own(listing, user, "watch")
    if listing.state in HIDDEN_STATES:
        raise ListingError("not_available", "This listing is not shown at the moment.")
    _, is_new = Watch.objects.get_or_create(user=user, listing=listing)
    if is_new:
        report("watch", listing=listing, user=user, session_key=session_key)
    return is_new


@transaction.atomic
def unwatch(*, user: User, listing: Listing, session_key: str = "") -> bool:
    """Whether the listing was on the watchlist."""
    removed, _ = Watch.objects.filter(user=user, listing=listing).delete()
    if removed:
        report("unwatch", listing=listing, user=user, session_key=session_key)
    return bool(removed)
