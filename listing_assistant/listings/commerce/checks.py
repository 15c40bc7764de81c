"""What every purchase, offer or watch has in common."""

from __future__ import annotations

from typing import Any

from listing_assistant.accounts.models import User
from listing_assistant.listings.errors import ListingError
from listing_assistant.listings.models import Listing, State
from listing_assistant.listings.signals import behaviour

UNAVAILABLE = {
    State.RESERVED: "This listing is reserved for another buyer.",
    State.SOLD: "This listing has been sold.",
    State.ENDED: "The seller has ended this listing.",
}


def check_not_own(listing: Listing, user: User, action: str) -> None:
    if listing.seller_id == user.pk:
        raise ListingError("own_listing", f"This is your own listing: you cannot {action} it.")


def check_live(listing: Listing) -> None:
    if listing.state != State.LIVE:
        raise unavailable(listing)


def unavailable(listing: Listing) -> ListingError:
    message = UNAVAILABLE.get(State(listing.state), "This listing is not for sale at the moment.")
    return ListingError("not_available", message)


def report(
    kind: str,
    *,
    listing: Listing,
    user: User | None,
    session_key: str = "",
    agent: str = "",
    **data: Any,
) -> None:
    behaviour.send(
        Listing,
        kind=kind,
        listing=listing,
        user=user,
        session_key=session_key,
        agent=agent,
        data=data,
    )
