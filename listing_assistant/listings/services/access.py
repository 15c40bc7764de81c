"""Who may change a listing, and when."""

from __future__ import annotations

from django.utils import timezone

from listing_assistant.accounts.models import User
from listing_assistant.listings import policy, signals
from listing_assistant.listings.errors import ListingError, NotYoursError
from listing_assistant.listings.models import Listing, State


def check_owner(listing: Listing, user: User) -> None:
    if listing.seller_id != user.pk:
        raise NotYoursError


def check_editable(listing: Listing, user: User) -> None:
    """Raises NotYoursError or ListingError("not_editable")."""
    check_owner(listing, user)
    if listing.state not in policy.EDITABLE_STATES:
        raise not_editable(listing)


def not_editable(listing: Listing) -> ListingError:
    reasons = {
        State.RESERVED: "It is reserved for a buyer and cannot be changed now.",
        State.HELD: "It is being reviewed and cannot be changed until that is decided.",
        State.SOLD: "It is sold. Make a new listing to sell another one.",
        State.REMOVED: "It was removed by moderation and cannot be changed.",
    }
    return ListingError("not_editable", reasons[State(listing.state)])


def locked_for_editing(listing: Listing, user: User) -> Listing:
    """The row as it is now, locked until the transaction ends, so that changes queue up."""
    current = Listing.objects.select_for_update(of=("self",)).get(pk=listing.pk)
    check_editable(current, user)
    return current


def announce_content(listing: Listing) -> None:
    """Tell the layers above, inside the transaction, that the content changed."""
    Listing.objects.filter(pk=listing.pk).update(updated_at=timezone.now())
    signals.content_changed.send(sender=Listing, listing=listing)
