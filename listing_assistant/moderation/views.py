"""The queue for moderators; reports by buyers; reasons and appeals for sellers."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from listing_assistant.accounts.models import User
from listing_assistant.assistant.models import Evidence
from listing_assistant.listings.models import Listing
from listing_assistant.listings.policy import HIDDEN_STATES

from . import claims, duplicates, photo_selectors, policy, selectors, services
from .errors import ModerationError
from .models import Case, Decision

View = Callable[..., HttpResponse]
# A button of cases about photos, beside the decisions that every case has.
STOCK = "stock"


def moderators_only(view: View) -> View:
    @wraps(view)
    @login_required
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not person(request).is_moderator:
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return guarded


def person(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


@moderators_only
def queue(request: HttpRequest) -> HttpResponse:
    cases = selectors.open_cases()
    kind = request.GET.get("kind", "")
    if kind in Case.Kind.values:
        cases = cases.filter(kind=kind)
    context = {
        "page": Paginator(cases, 30).get_page(request.GET.get("page")),
        "kinds": Case.Kind.choices,
        "kind": kind,
        "numbers": selectors.queue_numbers(),
        "undoable": selectors.undoable_decision(person(request)),
    }
    return render(request, "moderation/queue.html", context)


@moderators_only
def next_in_queue(request: HttpRequest) -> HttpResponse:
    number = request.GET.get("after", "")
    after = Case.objects.filter(pk=number).first() if number.isdecimal() else None
    found = selectors.next_case(person(request), after=after)
    return redirect("moderation_case", found.pk) if found else redirect("moderation_queue")


@moderators_only
def case(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(
        Case.objects.select_related("listing__seller", "listing__category", "suggestion"), pk=pk
    )
    leased = services.lease_case(case=found, moderator=person(request))
    evidence = selectors.evidence_of(found)
    context = {
        "case": found,
        "listing": found.listing,
        "photos": found.listing.photos.select_related("image"),
        "claims": claims.claims_of(found.listing),
        "conflicts": found.conflicts.select_related("attribute"),
        "photo_evidence": {
            row.photo_id: row for row in evidence if row.kind == Evidence.Kind.PHOTO
        },
        "words": [row for row in evidence if row.kind == Evidence.Kind.TEXT],
        "history": selectors.history_of(found.listing.seller),
        "trail": selectors.decisions_about(found.listing),
        "pairs": photo_selectors.pairs_of(found),
        "reasons": policy.REASONS,
        "leased": leased,
        "undoable": selectors.undoable_decision(person(request)),
    }
    return render(request, "moderation/case.html", context)


@moderators_only
@require_POST
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(Case, pk=pk)
    code, note = request.POST.get("code", ""), request.POST.get("note", "").strip()
    reason = " ".join(part for part in (policy.REASONS.get(code, ""), note) if part)
    action = request.POST.get("action", "")
    try:
        if action == STOCK:
            decision = duplicates.mark_stock(case=found, moderator=person(request))
        else:
            decision = services.decide_case(
                case=found, moderator=person(request), action=action, reason=reason
            )
    except ModerationError as error:
        messages.error(request, error.message)
        return redirect("moderation_case", found.pk)
    messages.success(request, f"{decision.get_action_display()}: {found.listing}")
    following = selectors.next_case(person(request), after=found)
    return redirect("moderation_case", following.pk) if following else redirect("moderation_queue")


@moderators_only
@require_POST
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    decision = get_object_or_404(Decision, pk=pk)
    try:
        services.undo_decision(decision=decision, moderator=person(request))
    except ModerationError as error:
        messages.error(request, error.message)
        return redirect("moderation_queue")
    messages.success(request, "Undone. The case is open again.")
    return redirect("moderation_case", decision.case_id)


@login_required
def appeal(request: HttpRequest, pk: int) -> HttpResponse:
    decision = get_object_or_404(
        Decision.objects.select_related("case__listing"),
        pk=pk,
        case__listing__seller=person(request),
    )
    context = {"decision": decision, "can_appeal": selectors.can_appeal(decision)}
    if request.method == "POST":
        text = request.POST.get("text", "")
        try:
            services.appeal_decision(decision=decision, seller=person(request), text=text)
        except ModerationError as error:
            return render(
                request,
                "moderation/appeal.html",
                context | {"error": error, "text": text},
                status=400,
            )
        messages.success(request, "Your appeal is with the moderators.")
        return redirect("my_listings")
    return render(request, "moderation/appeal.html", context)


@login_required
def report(request: HttpRequest, public_id: UUID) -> HttpResponse:
    listing = get_object_or_404(Listing, public_id=public_id)
    if listing.state in HIDDEN_STATES:
        raise Http404
    context: dict[str, Any] = {"listing": listing, "reasons": policy.REPORT_REASONS}
    if request.method == "POST" and "reason" in request.POST:
        try:
            services.report_listing(
                listing=listing,
                reporter=person(request),
                reason=request.POST["reason"],
                note=request.POST.get("note", ""),
            )
        except ModerationError as error:
            return render(request, "moderation/report.html", context | {"error": error}, status=400)
        messages.success(request, "Thank you. A moderator will look at it.")
        return redirect(listing)
    return render(request, "moderation/report.html", context)


@login_required
def notice(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Why the listing is held, returned or removed: part of the seller's own pages."""
    listing = get_object_or_404(Listing, public_id=public_id, seller=person(request))
    decision = selectors.standing_decision(listing)
    context = {
        "listing": listing,
        "decision": decision,
        "can_appeal": decision is not None and selectors.can_appeal(decision),
        "waiting": listing.cases.filter(state=Case.State.OPEN).exclude(kind=Case.Kind.REPORT),
    }
    return render(request, "moderation/_notice.html", context)


@login_required
def photo_notice(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Which photos of the seller's own listing others use too: part of the editor."""
    listing = get_object_or_404(Listing, public_id=public_id, seller=person(request))
    context = {"photos": photo_selectors.own_photos_elsewhere(listing)}
    return render(request, "moderation/_photo_notice.html", context)
