"""The states of a listing. policy.TRANSITIONS says which moves exist; only `_move` makes them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils import timezone

from listing_assistant.accounts.models import User
from listing_assistant.listings import policy, signals
from listing_assistant.listings.errors import ListingError, invalid
from listing_assistant.listings.models import Listing, Order, State
from listing_assistant.listings.readiness import problems_before_publishing

from .access import check_owner


@transaction.atomic
def publish_listing(*, listing: Listing, user: User) -> Listing:
    """draft → live, by the seller. Raises ListingError("invalid") naming all that is missing."""
    check_owner(listing, user)
    return _show(listing, {State.DRAFT})


@transaction.atomic
def relist(*, listing: Listing, user: User, quantity: int = 1) -> Listing:
    """ended or sold → live. What was sold must have been refunded: ListingError("still_sold")."""
    check_owner(listing, user)
    if listing.orders.filter(state=Order.State.PAID).exists() and listing.state == State.SOLD:
        raise ListingError(
            "still_sold", "It is sold. Refund the order first, or make a new listing."
        )
    if listing.quantity < 1:
        Listing.objects.filter(pk=listing.pk, quantity=0).update(quantity=quantity)
        listing.quantity = quantity
    return _show(listing, {State.ENDED, State.SOLD})


def end_listing(*, listing: Listing, user: User) -> Listing:
    """live or held → ended, by the seller."""
    check_owner(listing, user)
    return _move(listing, {State.LIVE, State.HELD}, State.ENDED, ended_at=timezone.now())


def reserve_listing(*, listing: Listing) -> Listing:
    """live → reserved. Of several who try at once one succeeds."""
    return _move(listing, {State.LIVE}, State.RESERVED)


def cancel_reservation(*, listing: Listing) -> Listing:
    """reserved → live."""
    return _move(listing, {State.RESERVED}, State.LIVE)


def mark_sold(*, listing: Listing) -> Listing:
    """live or reserved → sold. Of several who try at once one succeeds."""
    return _move(listing, {State.LIVE, State.RESERVED}, State.SOLD, ended_at=timezone.now())


def hold_listing(*, listing: Listing, reason: str) -> Listing:
    """Take a listing out of sight until moderation decides. The seller reads the reason."""
    return _move(listing, _sources(State.HELD), State.HELD, state_reason=reason)


def release_listing(*, listing: Listing) -> Listing:
    """held → live: moderation found nothing wrong. What cannot be shown yet becomes a draft."""
    ready = not any(problem.blocks for problem in problems_before_publishing(listing))
    if not ready:
        return _move(listing, {State.HELD}, State.DRAFT, state_reason="")
    published_at = listing.published_at or timezone.now()
    return _move(listing, {State.HELD}, State.LIVE, state_reason="", published_at=published_at)


def return_to_seller(*, listing: Listing, reason: str) -> Listing:
    """live or held → draft, for the seller to put right what the reason says."""
    return _move(listing, {State.LIVE, State.HELD}, State.DRAFT, state_reason=reason)


def remove_listing(*, listing: Listing, reason: str = "") -> Listing:
    """Take a listing down for good; only undoing the decision brings it back."""
    return _move(listing, _sources(State.REMOVED), State.REMOVED, state_reason=reason)


def restore_listing(*, listing: Listing, state: State, reason: str = "") -> Listing:
    """Undo a moderator's decision: back to the state before it."""
    return _move(listing, _sources(state), state, state_reason=reason)


def _show(listing: Listing, sources: Iterable[State]) -> Listing:
    problems = [each for each in problems_before_publishing(listing) if each.blocks]
    if State(listing.state) in sources and problems:
        raise invalid(problems)
    now = timezone.now()
    return _move(listing, sources, State.LIVE, published_at=now, ended_at=None, state_reason="")


def _sources(target: State) -> set[State]:
    return {source for source, targets in policy.TRANSITIONS.items() if target in targets}


@transaction.atomic
def _move(listing: Listing, sources: Iterable[State], target: State, **values: Any) -> Listing:
    """The conditional update behind every move; `listing` is brought up to date.

    Raises ListingError("wrong_state") when the listing is in none of `sources` or another process
    moved it first.
    """
    allowed = set(sources) & _sources(target)
    # Locking tells the previous state for certain; the update's condition makes the claim.
    current = Listing.objects.select_for_update(of=("self",)).get(pk=listing.pk)
    previous = State(current.state)
    rows = Listing.objects.filter(pk=listing.pk, state__in=allowed)
    if not rows.update(state=target, updated_at=timezone.now(), **values):
        raise ListingError(
            "wrong_state",
            f"This listing is {previous.label.lower()} and cannot become {target.label.lower()}.",
            field="state",
        )
    listing.refresh_from_db()
    signals.state_changed.send(sender=Listing, listing=listing, previous=previous)
    return listing
