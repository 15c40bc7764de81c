"""What moderators and sellers read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Count, Prefetch, Q, QuerySet
from django.utils import timezone

from listing_assistant.accounts.models import User
from listing_assistant.assistant.models import Evidence, Suggestion
from listing_assistant.listings.models import Listing, Photo, State

from . import policy
from .models import Case, Decision


def open_cases() -> QuerySet[Case]:
    """Highest risk first; among equals the one that has waited longest."""
    return (
        Case.objects.filter(state=Case.State.OPEN)
        .select_related("listing__seller", "listing__category", "leased_to", "suggestion")
        .prefetch_related(
            Prefetch("listing__photos", Photo.objects.select_related("image")),
            Prefetch("suggestion__evidence", Evidence.objects.select_related("photo__image")),
        )
        .order_by("-risk", "opened_at")
    )


def next_case(moderator: User, *, after: Case | None = None) -> Case | None:
    """The case to look at now: the riskiest that nobody else is looking at."""
    free = Q(leased_until__lt=timezone.now()) | Q(leased_to=None) | Q(leased_to=moderator)
    cases = open_cases().filter(free)
    return cases.exclude(pk=after.pk).first() if after else cases.first()


def evidence_of(case: Case) -> list[Evidence]:
    """Against photos and title; what a detail was read from is told beside the detail."""
    if case.suggestion is None or case.suggestion.kind != Suggestion.Kind.MISMATCH:
        return []
    rows = Evidence.objects.filter(suggestion=case.suggestion)
    return list(rows.select_related("photo__image", "neighbour"))


def decisions_about(listing: Listing) -> QuerySet[Decision]:
    """The audit trail of a listing, newest first."""
    return (
        Decision.objects.filter(case__listing=listing)
        .select_related("moderator", "case", "undoes")
        .order_by("-id")
    )


def standing_decision(listing: Listing) -> Decision | None:
    """The decision that put the listing where it is, if it still stands."""
    newest = (
        Decision.objects.filter(case__listing=listing, undone_by=None)
        .exclude(action=Decision.Action.UNDO)
        .select_related("case")
        .order_by("-id")
        .first()
    )
    if newest is None or newest.action == Decision.Action.APPROVE:
        return None
    return newest if listing.state == newest.state_after else None


def undoable_decision(moderator: User) -> Decision | None:
    """The moderator's last decision, while it can be undone."""
    return (
        Decision.objects.filter(
            moderator=moderator, undone_by=None, made_at__gte=timezone.now() - policy.UNDO
        )
        .exclude(action=Decision.Action.UNDO)
        .select_related("case__listing")
        .order_by("-id")
        .first()
    )


def can_appeal(decision: Decision) -> bool:
    young = decision.made_at >= timezone.now() - policy.APPEAL
    against = decision.action in (Decision.Action.RETURN, Decision.Action.REMOVE)
    return young and against and not hasattr(decision, "appeal")


def already_approved(suggestion: Suggestion) -> bool:
    """A person has seen the same photos and title and let them pass."""
    return Decision.objects.filter(
        case__suggestion__kind=suggestion.kind,
        case__suggestion__analysis__input_hash=suggestion.analysis.input_hash,
        case__listing=suggestion.analysis.listing_id,
        action=Decision.Action.APPROVE,
        undone_by=None,
    ).exists()


@dataclass(frozen=True)
class SellerHistory:
    live: int
    sold: int
    returned: int
    removed: int


def history_of(seller: User) -> SellerHistory:
    listings: dict[str, Any] = Listing.objects.filter(seller=seller).aggregate(
        live=Count("pk", filter=Q(state=State.LIVE)), sold=Count("pk", filter=Q(state=State.SOLD))
    )
    decisions: dict[str, Any] = Decision.objects.filter(
        case__listing__seller=seller, undone_by=None
    ).aggregate(
        returned=Count("pk", filter=Q(action=Decision.Action.RETURN)),
        removed=Count("pk", filter=Q(action=Decision.Action.REMOVE)),
    )
    return SellerHistory(**listings, **decisions)


@dataclass(frozen=True)
class QueueNumbers:
    open: int
    decided_today: int
    overturned: int
    oldest: timedelta | None


def queue_numbers() -> QueueNumbers:
    now = timezone.now()
    oldest = Case.objects.filter(state=Case.State.OPEN).order_by("opened_at").first()
    made = Decision.objects.exclude(action=Decision.Action.UNDO)
    return QueueNumbers(
        open=Case.objects.filter(state=Case.State.OPEN).count(),
        decided_today=made.filter(made_at__gte=now - timedelta(days=1)).count(),
        overturned=made.filter(
            case__kind=Case.Kind.APPEAL, action=Decision.Action.APPROVE, undone_by=None
        ).count(),
        oldest=now - oldest.opened_at if oldest else None,
    )
