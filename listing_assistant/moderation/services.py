"""Cases are opened by findings, reports and appeals, and closed by a person's decision."""

from __future__ import annotations

from collections.abc import Callable

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from listing_assistant.accounts.models import User
from listing_assistant.assistant.models import Analysis, Suggestion
from listing_assistant.listings import services as listings
from listing_assistant.listings.errors import ListingError
from listing_assistant.listings.models import Listing, State

from . import policy, selectors
from .errors import ModerationError
from .models import Appeal, Case, Decision, KnownImage

OPEN_TO_BUYERS = (State.LIVE, State.RESERVED)


def review_listing(*, listing: Listing) -> Case | None:
    """Open a case where the assistant doubts that a published listing's photos show its title.

    Called when a listing goes live and when an analysis of a live one ends; does nothing when the
    newest finding is harmless or a person has already let it pass. Above `policy.HOLD_SCORE` the
    listing is held until a decision.
    """
    found = (
        Suggestion.objects.filter(
            analysis__listing=listing,
            analysis__status=Analysis.Status.DONE,
            kind=Suggestion.Kind.MISMATCH,
        )
        .select_related("analysis")
        .order_by("-analysis__finished_at")
        .first()
    )
    if listing.state not in OPEN_TO_BUYERS or found is None:
        return None
    risk = float(found.value["score"])
    if found.state == Suggestion.State.REJECTED:
        risk *= policy.SELLER_INSISTED_FACTOR
    if risk < policy.REVIEW_SCORE or selectors.already_approved(found):
        return None
    with transaction.atomic():
        case = open_case(
            listing=listing,
            kind=Case.Kind.MISMATCH,
            risk=risk,
            reason=found.label,
            suggestion=found,
        )
        if risk >= policy.HOLD_SCORE and listing.state == State.LIVE:
            listings.hold_listing(listing=listing, reason=found.label)
    return case


def open_case(
    *,
    listing: Listing,
    kind: str,
    risk: float,
    reason: str,
    suggestion: Suggestion | None = None,
) -> Case:
    """One open case of a kind for a listing: a second finding updates the first."""
    case, created = Case.objects.get_or_create(
        listing=listing,
        kind=kind,
        state=Case.State.OPEN,
        defaults={"risk": risk, "reason": reason[:500], "suggestion": suggestion},
    )
    if not created:
        case.risk, case.reason = max(risk, case.risk), reason[:500]
        case.suggestion = suggestion or case.suggestion
        case.save(update_fields=["risk", "reason", "suggestion"])
    return case


def report_listing(*, listing: Listing, reporter: User, reason: str, note: str = "") -> Case:
    """A buyer's report. Each further report raises the risk of the same case."""
    if reason not in policy.REPORT_REASONS:
        raise ModerationError("reason", "Choose what is wrong with the listing.")
    if listing.seller_id == reporter.pk:
        raise ModerationError("own", "This is your own listing: edit or end it instead.")
    text = policy.REPORT_REASONS[reason] + (f": {note.strip()[:300]}" if note.strip() else "")
    with transaction.atomic():
        earlier = (
            Case.objects.select_for_update()
            .filter(listing=listing, kind=Case.Kind.REPORT, state=Case.State.OPEN)
            .first()
        )
        if earlier is None:
            return open_case(
                listing=listing, kind=Case.Kind.REPORT, risk=policy.REPORT_RISK, reason=text
            )
        earlier.risk += (1 - earlier.risk) * policy.REPORT_STEP
        earlier.reason = f"{text} · {earlier.reason}"[:500]
        earlier.save(update_fields=["risk", "reason"])
        return earlier


def lease_case(*, case: Case, moderator: User) -> bool:
    """Whether the case is now this moderator's to decide; two can never hold it."""
    now = timezone.now()
    free = Q(leased_to=None) | Q(leased_to=moderator) | Q(leased_until__lt=now)
    taken = Case.objects.filter(free, pk=case.pk, state=Case.State.OPEN).update(
        leased_to=moderator, leased_until=now + policy.LEASE
    )
    case.refresh_from_db(fields=["leased_to", "leased_until"])
    return bool(taken) or case.state != Case.State.OPEN


def decide_case(*, case: Case, moderator: User, action: str, reason: str = "") -> Decision:
    """Close the case and move its listing.

    1  refuse what cannot be decided: an unknown action, a missing reason, one's own listing
    2  claim the case; whoever comes second is told so
    3  move the listing, unless it has been sold meanwhile
    4  write the decision down
    """
    if action not in _MOVES:
        raise ModerationError("action", "Choose approve, return or remove.")
    if action != Decision.Action.APPROVE and not reason.strip():
        raise ModerationError("reason", "Give a reason: the seller has to understand the decision.")
    if case.listing.seller_id == moderator.pk:
        raise ModerationError("own", "This is your own listing: another moderator has to decide.")
    with transaction.atomic():
        claimed = Case.objects.filter(pk=case.pk, state=Case.State.OPEN).update(
            state=Case.State.DECIDED, leased_to=moderator
        )
        if not claimed:
            raise ModerationError("decided", "Somebody has just decided this case.")
        case.refresh_from_db()
        listing = Listing.objects.get(pk=case.listing_id)
        before = listing.state
        try:
            _MOVES[Decision.Action(action)](case, listing, reason)
        except ListingError as error:
            raise ModerationError("state", error.message) from error
        listing.refresh_from_db()
        return Decision.objects.create(
            case=case,
            moderator=moderator,
            action=action,
            reason=reason.strip()[:1000],
            state_before=before,
            state_after=listing.state,
        )


def undo_decision(*, decision: Decision, moderator: User) -> Decision:
    """Put listing and case back as they were, within `policy.UNDO`, once."""
    if decision.moderator_id != moderator.pk:
        raise ModerationError("not_yours", "Only who decided can undo it; reopen it by an appeal.")
    if decision.made_at < timezone.now() - policy.UNDO or decision.action == Decision.Action.UNDO:
        raise ModerationError("late", "This decision can no longer be undone.")
    with transaction.atomic():
        locked = Decision.objects.select_for_update().get(pk=decision.pk)
        if hasattr(locked, "undone_by"):
            raise ModerationError("undone", "This decision is undone already.")
        listing = Listing.objects.select_for_update().get(pk=decision.case.listing_id)
        if listing.state != decision.state_after:
            raise ModerationError("moved", "The listing has moved on since; it stays as it is.")
        newer = Case.objects.filter(
            listing=listing, kind=decision.case.kind, state=Case.State.OPEN
        ).exists()
        if newer:
            raise ModerationError("moved", "A newer case about this listing is open; decide that.")
        if decision.state_before != decision.state_after:
            listings.restore_listing(listing=listing, state=State(decision.state_before))
        Case.objects.filter(pk=decision.case_id).update(state=Case.State.OPEN)
        KnownImage.objects.filter(decision=locked).delete()
        return Decision.objects.create(
            case_id=decision.case_id,
            moderator=moderator,
            action=Decision.Action.UNDO,
            state_before=decision.state_after,
            state_after=decision.state_before,
            undoes=locked,
        )


def appeal_decision(*, decision: Decision, seller: User, text: str) -> Appeal:
    """The seller asks for another look; a new case of the highest kind of risk is opened."""
    if decision.case.listing.seller_id != seller.pk:
        raise ModerationError("not_yours", "This decision is about another seller's listing.")
    if not text.strip():
        raise ModerationError("text", "Say why the decision is wrong.")
    with transaction.atomic():
        locked = Decision.objects.select_for_update().get(pk=decision.pk)
        if not selectors.can_appeal(locked):
            raise ModerationError("closed", "This decision cannot be appealed (any more).")
        case = open_case(
            listing=decision.case.listing,
            kind=Case.Kind.APPEAL,
            risk=policy.APPEAL_RISK,
            reason=f"{decision.get_action_display()}: {decision.reason}",
            suggestion=decision.case.suggestion,
        )
        return Appeal.objects.create(
            decision=locked, seller=seller, text=text.strip()[:2000], case=case
        )


def _approve(case: Case, listing: Listing, reason: str) -> None:
    if listing.state == State.HELD:
        listings.release_listing(listing=listing)
    elif case.kind == Case.Kind.APPEAL and listing.state == State.REMOVED:
        # An upheld appeal puts the listing where the overturned decision found it.
        overturned = case.appeal.decision
        back = State.LIVE if overturned.state_before == State.HELD else overturned.state_before
        listings.restore_listing(listing=listing, state=State(back))


def _return(case: Case, listing: Listing, reason: str) -> None:
    if listing.state != State.DRAFT:
        listings.return_to_seller(listing=listing, reason=reason)


def _remove(case: Case, listing: Listing, reason: str) -> None:
    if listing.state != State.REMOVED:
        listings.remove_listing(listing=listing, reason=reason)


_MOVES: dict[Decision.Action, Callable[[Case, Listing, str], None]] = {
    Decision.Action.APPROVE: _approve,
    Decision.Action.RETURN: _return,
    Decision.Action.REMOVE: _remove,
}
