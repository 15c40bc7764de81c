"""What the seller makes of a suggestion. Every choice is stored; nothing changes without one.

Each function is one transaction: the choice, the suggestion's state and the change to the listing
are true together or not at all. Doing the same thing twice is the same as doing it once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction

from listing_assistant.accounts.models import User
from listing_assistant.assistant import inference, policy
from listing_assistant.assistant.drafting import versions
from listing_assistant.assistant.errors import AssistantError
from listing_assistant.assistant.findings import content_hash, content_hash_in, input_hash
from listing_assistant.assistant.models import Analysis, Choice, Suggestion
from listing_assistant.catalogue.models import Attribute, Category
from listing_assistant.listings import services as listings
from listing_assistant.listings.models import Listing, ListingAttribute

Kind = Suggestion.Kind
State = Suggestion.State
Action = Choice.Action
DETAILS = (Kind.ATTRIBUTE, Kind.QUESTION)  # what is about one attribute of the listing
TEXT_FIELDS = {Kind.DESCRIPTION: "description", Kind.TITLE: "title"}  # what is a text of its own


@transaction.atomic
def accept_suggestion(*, suggestion: Suggestion, user: User) -> Suggestion:
    """Do what the suggestion says.

    Raises AssistantError("not_applicable") for a quality check or a question, and what
    listings.services raise.
    """
    return _accept(suggestion, user)


def _accept(suggestion: Suggestion, user: User, batch: UUID | None = None) -> Suggestion:
    suggestion = _lock(suggestion, user)
    if suggestion.state == State.ACCEPTED:
        return suggestion
    if suggestion.kind == Kind.QUALITY:
        raise AssistantError("not_applicable", "A check is passed by putting the listing right.")
    if suggestion.kind == Kind.QUESTION:
        raise AssistantError("not_applicable", "A question is answered: send the value.")
    before = _listing_says(suggestion)
    _apply(suggestion, user, _wanted(suggestion))
    return _record(suggestion, user, Action.ACCEPT, before=before, batch=batch)


@transaction.atomic
def edit_suggestion(*, suggestion: Suggestion, user: User, value: Any) -> Suggestion:
    """Put another value in the suggestion's place, or answer a question: an id, or a text.

    Raises AssistantError("not_applicable"), and what listings.services raise on a bad value.
    """
    suggestion = _lock(suggestion, user)
    if suggestion.kind not in (Kind.CATEGORY, *DETAILS, *TEXT_FIELDS):
        raise AssistantError("not_applicable", "This has no value that could be edited.")
    before = _listing_says(suggestion)
    wanted: Any = int(value) if suggestion.kind == Kind.CATEGORY else _texts(suggestion, value)
    if suggestion.kind == Kind.QUESTION and not any(map(str.strip, wanted)):
        raise AssistantError("not_applicable", "Choose or type a value, or skip the question.")
    _apply(suggestion, user, wanted)
    return _record(suggestion, user, Action.EDIT, value=wanted, before=before)


@transaction.atomic
def reject_suggestion(*, suggestion: Suggestion, user: User) -> Suggestion:
    """The seller does not want it.

    For a mismatch: photos and title are right as they are. For a question: not now.
    """
    suggestion = _lock(suggestion, user)
    if suggestion.state == State.REJECTED:
        return suggestion
    if suggestion.state in (State.ACCEPTED, State.EDITED):
        raise AssistantError("already_decided", "You have taken this over already; undo it first.")
    return _record(suggestion, user, Action.REJECT)


@transaction.atomic
def undo_choice(*, suggestion: Suggestion, user: User) -> Suggestion:
    """Take the last choice back, and with it what it changed in the listing.

    Raises AssistantError("nothing_to_undo"), or ("changed_since") when the listing says by now
    something else than what the choice wrote.
    """
    suggestion = _lock(suggestion, user)
    if suggestion.state == State.OPEN:
        raise AssistantError("nothing_to_undo", "There is nothing to undo here.")
    last = suggestion.choices.exclude(action=Action.UNDO).last() or _inherited(suggestion)
    if last and last.action in (Action.ACCEPT, Action.EDIT) and suggestion.kind != Kind.MISMATCH:
        wrote = _wanted(suggestion) if last.action == Action.ACCEPT else last.value
        if not _same(_listing_says(suggestion), wrote):
            raise AssistantError(
                "changed_since", "You have changed this by hand since; change it there."
            )
        _apply(suggestion, user, last.before)
    return _record(suggestion, user, Action.UNDO)


@transaction.atomic
def accept_all(*, analysis: Analysis, user: User) -> list[Suggestion]:
    """Accept what the models are sure of and the seller has left empty; his own words stay.

    The category comes first: the details belong to it. `undo_all` takes all of it back.
    """
    batch = uuid4()
    return [_accept(suggestion, user, batch) for suggestion in acceptable(analysis)]


@transaction.atomic
def undo_all(*, analysis: Analysis, user: User) -> list[Suggestion]:
    """Take back what the last `accept_all` accepted; what the seller has changed since stays.

    Raises AssistantError("nothing_to_undo").
    """
    undone = []
    for suggestion in reversed(accepted_at_once(analysis)):
        try:
            undone.append(undo_choice(suggestion=suggestion, user=user))
        except AssistantError as error:
            if error.code != "changed_since":
                raise
    if not undone:
        raise AssistantError("nothing_to_undo", "There is nothing left to take back.")
    return undone


def accepted_at_once(analysis: Analysis) -> list[Suggestion]:
    """What `undo_all` would take back, in the order it was accepted.

    Empty as soon as the seller has decided anything else: it is the last step that is undone.
    """
    made = Choice.objects.filter(suggestion__analysis=analysis)
    last = made.last()
    if last is None or last.batch is None:
        return []
    batch = made.filter(batch=last.batch).select_related("suggestion")
    return [one.suggestion for one in batch if one.suggestion.state == State.ACCEPTED]


def acceptable(analysis: Analysis) -> list[Suggestion]:
    """What "accept all" would accept, in its order."""
    listing = analysis.listing
    stated = set(listing.attribute_rows.values_list("attribute_id", flat=True))
    empty: dict[Kind, Callable[[Suggestion], bool]] = {
        Kind.CATEGORY: lambda row: row.rank == 0 and listing.category_id is None,
        Kind.ATTRIBUTE: lambda row: row.value["attribute"] not in stated,
        Kind.DESCRIPTION: lambda row: not listing.description.strip(),
    }
    open_ones = analysis.suggestions.filter(
        state=State.OPEN, confidence__gte=policy.ACCEPT_ALL_CONFIDENCE
    )
    by_kind = {kind: [row for row in open_ones if row.kind == kind] for kind in empty}
    # Of several drafts the one that is looked at counts, and of several categories the first.
    shown = versions.history_of(listing).shown
    by_kind[Kind.DESCRIPTION] = [row for row in by_kind[Kind.DESCRIPTION] if row == shown]
    return [row for kind, rows in by_kind.items() for row in rows if empty[kind](row)]


@transaction.atomic
def state_detail(
    *, listing: Listing, user: User, attribute: Attribute, text: str | Sequence[str] | None
) -> list[ListingAttribute]:
    """Set a detail by hand. What the assistant said about it is decided by that: a label too.

    What was suggested is accepted by saying the same, edited by saying something else, rejected by
    emptying it after it had been taken over. Raises what listings.set_attribute raises.
    """
    suggestion = _newest_about(listing, attribute) if listing.seller_id == user.pk else None
    if suggestion:
        # Before the listing is locked, in the order of every other choice.
        suggestion = _lock(suggestion, user)
    before = _texts_said(listing, attribute.pk)
    rows = listings.set_attribute(listing=listing, user=user, attribute=attribute, text=text)
    if suggestion:
        _decide_by_hand(suggestion, user, said=[row.text for row in rows], before=before)
    return rows


def _newest_about(listing: Listing, attribute: Attribute) -> Suggestion | None:
    about = Suggestion.objects.filter(
        analysis__listing=listing, kind__in=DETAILS, key=str(attribute.pk)
    )
    return about.order_by("analysis_id", "pk").last()


def _decide_by_hand(
    suggestion: Suggestion, user: User, *, said: list[str], before: list[str]
) -> None:
    taken = suggestion.state in (State.ACCEPTED, State.EDITED)
    if not said:
        if taken:
            is_question = suggestion.kind == Kind.QUESTION
            _record(suggestion, user, Action.UNDO if is_question else Action.REJECT)
    elif suggestion.kind == Kind.ATTRIBUTE and _same(said, suggestion.value["texts"]):
        if suggestion.state != State.ACCEPTED:
            _record(suggestion, user, Action.ACCEPT, before=before)
    elif suggestion.state != State.EDITED:
        _record(suggestion, user, Action.EDIT, value=said, before=before)
    else:
        last = suggestion.choices.exclude(action=Action.UNDO).last() or _inherited(suggestion)
        if last is None or not _same(said, last.value or []):
            # Typing is saved at every pause: undo goes back to what was there before all of it.
            first = last.before if last else before
            _record(suggestion, user, Action.EDIT, value=said, before=first)


def _lock(suggestion: Suggestion, user: User) -> Suggestion:
    # The analysis first, as a worker does that stores a step: neither waits for the other in turn.
    Analysis.objects.select_for_update().get(pk=suggestion.analysis_id)
    locked = Suggestion.objects.select_for_update(of=("self",)).select_related("analysis__listing")
    suggestion = locked.get(pk=suggestion.pk)
    if suggestion.analysis.listing.seller_id != user.pk:
        raise AssistantError("not_yours", "This listing belongs to another seller.")
    return suggestion


def _record(
    suggestion: Suggestion,
    user: User,
    action: Action,
    *,
    value: Any = None,
    before: Any = None,
    batch: UUID | None = None,
) -> Suggestion:
    Choice.objects.create(
        suggestion=suggestion, user=user, action=action, value=value, before=before, batch=batch
    )
    suggestion.state = {
        Action.ACCEPT: State.ACCEPTED,
        Action.EDIT: State.EDITED,
        Action.REJECT: State.REJECTED,
        Action.UNDO: State.OPEN,
    }[action]
    suggestion.save(update_fields=["state"])
    if suggestion.kind == Kind.DESCRIPTION:
        versions.show(suggestion)
    return suggestion


def _inherited(suggestion: Suggestion) -> Choice | None:
    """The choice about the same suggestion in an earlier analysis, whose state this one took."""
    earlier = Choice.objects.filter(
        suggestion__analysis__listing=suggestion.analysis.listing,
        suggestion__kind=suggestion.kind,
        suggestion__key=suggestion.key,
        suggestion__value=suggestion.value,
    )
    return earlier.exclude(action=Action.UNDO).last()


# --- What a suggestion means for the listing: one value for each kind ---------------------------
# category: an id or None · attribute, question: a list of texts · description, title: a text
# mismatch: None


def _wanted(suggestion: Suggestion) -> Any:
    if suggestion.kind == Kind.CATEGORY:
        return suggestion.value["category"]
    if suggestion.kind == Kind.ATTRIBUTE:
        return suggestion.value["texts"]
    return suggestion.value.get("text") if suggestion.kind in TEXT_FIELDS else None


def _listing_says(suggestion: Suggestion) -> Any:
    listing = Listing.objects.get(pk=suggestion.analysis.listing_id)
    if suggestion.kind == Kind.CATEGORY:
        return listing.category_id
    if suggestion.kind in DETAILS:
        return _texts_said(listing, suggestion.value["attribute"])
    field = TEXT_FIELDS.get(Kind(suggestion.kind))
    return getattr(listing, field) if field else None


def _texts_said(listing: Listing, attribute_id: int) -> list[str]:
    rows = listing.attribute_rows.filter(attribute_id=attribute_id)
    return list(rows.order_by("id").values_list("text", flat=True))


def _texts(suggestion: Suggestion, value: Any) -> Any:
    """An edited value as typed in one field: a text, or one or more texts for an attribute."""
    if suggestion.kind in TEXT_FIELDS:
        return str(value)
    return [str(text) for text in (value if isinstance(value, list) else [value])]


def _same(said: Any, wrote: Any) -> bool:
    if isinstance(said, list):
        return sorted(map(str.casefold, said)) == sorted(map(str.casefold, wrote))
    return bool(said == wrote)


def _apply(suggestion: Suggestion, user: User, wanted: Any) -> None:
    listing = Listing.objects.get(pk=suggestion.analysis.listing_id)
    if suggestion.kind == Kind.CATEGORY:
        _rekey(suggestion.analysis, wanted)
        category = Category.objects.get(pk=wanted) if wanted else None
        listings.edit_listing(
            listing=listing, user=user, changes={"category": category}, version=None
        )
    elif suggestion.kind in DETAILS:
        attribute = Attribute.objects.get(pk=suggestion.value["attribute"])
        listings.set_attribute(listing=listing, user=user, attribute=attribute, text=wanted)
    elif suggestion.kind in TEXT_FIELDS:
        changes = {TEXT_FIELDS[Kind(suggestion.kind)]: wanted}
        listings.edit_listing(listing=listing, user=user, changes=changes, version=None)


def _rekey(analysis: Analysis, category_id: int | None) -> None:
    """Taking or leaving the best candidate changes no answer: the details were read for it."""
    best = analysis.suggestions.filter(kind=Kind.CATEGORY).order_by("rank").first()
    same_answers = {None, best.value["category"]} if best else set()
    listing = Listing.objects.get(pk=analysis.listing_id)
    if not {category_id, listing.category_id} <= same_answers:
        return
    if content_hash(listing) != analysis.content_hash:
        return
    content = content_hash_in(listing, category_id)
    key = input_hash(content, inference.releases())
    if not Analysis.objects.filter(listing=listing, input_hash=key).exists():
        analysis.content_hash, analysis.input_hash = content, key
        analysis.save(update_fields=["content_hash", "input_hash"])
