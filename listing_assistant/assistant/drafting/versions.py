"""The drafts of a listing in the order they were written, and which of them is looked at."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction

from listing_assistant.accounts.models import User
from listing_assistant.assistant import policy
from listing_assistant.assistant.drafting.wishes import drafting_of
from listing_assistant.assistant.errors import AssistantError
from listing_assistant.assistant.models import Drafting, Suggestion
from listing_assistant.listings.models import Listing

Kind = Suggestion.Kind
State = Suggestion.State
TAKEN = (State.ACCEPTED, State.EDITED)


@dataclass(frozen=True)
class History:
    """`versions` oldest first; `at` is the place of the one that is looked at."""

    versions: tuple[Suggestion, ...] = ()
    at: int = -1

    @property
    def shown(self) -> Suggestion | None:
        return self.versions[self.at] if self.versions else None

    @property
    def newest(self) -> Suggestion | None:
        return self.versions[-1] if self.versions else None

    @property
    def number(self) -> int:
        """As people count: from 1."""
        return self.at + 1

    @property
    def before(self) -> Suggestion | None:
        return self.versions[self.at - 1] if self.at > 0 else None

    @property
    def after(self) -> Suggestion | None:
        return self.versions[self.at + 1] if self.at + 1 < len(self.versions) else None


def history_of(listing: Listing) -> History:
    """Versions of every analysis of the listing: none is lost by a new photo."""
    rows = Suggestion.objects.filter(analysis__listing=listing, kind=Kind.DESCRIPTION)
    found = list(rows.select_related("analysis").order_by("-pk")[: policy.VERSIONS_COMPARED])
    versions = _without_repeats(found[::-1])
    if not versions:
        return History()
    went_to = Drafting.objects.filter(listing=listing).values_list("shown", flat=True).first()
    texts = [row.value["text"] for row in found if row.pk == went_to]
    at = [place for place, row in enumerate(versions) if row.value["text"] in texts]
    return History(tuple(versions), at[-1] if at else len(versions) - 1)


def _without_repeats(rows: list[Suggestion]) -> list[Suggestion]:
    """Of versions that follow each other with one text, the one the seller decided, or the last."""
    kept: list[Suggestion] = []
    for row in rows:
        if not kept or kept[-1].value["text"] != row.value["text"]:
            kept.append(row)
        elif kept[-1].state == State.OPEN or row.state != State.OPEN:
            kept[-1] = row
    return kept


@transaction.atomic
def go_back(*, listing: Listing, user: User) -> History:
    """Look at the version before. Raises AssistantError("nothing_to_undo")."""
    return _go(listing, user, -1, "This is the first version.")


@transaction.atomic
def go_forward(*, listing: Listing, user: User) -> History:
    """Look at the version after. Raises AssistantError("nothing_to_undo")."""
    return _go(listing, user, 1, "This is the newest version.")


def _go(listing: Listing, user: User, by: int, refusal: str) -> History:
    if listing.seller_id != user.pk:
        raise AssistantError("not_yours", "This listing belongs to another seller.")
    drafting = drafting_of(listing)
    history = history_of(listing)
    wanted = history.before if by < 0 else history.after
    if wanted is None:
        raise AssistantError("nothing_to_undo", refusal)
    drafting.shown = wanted
    drafting.save(update_fields=["shown"])
    return History(history.versions, history.at + by)


def show(version: Suggestion) -> None:
    """Look at this one from now on. Within the transaction that made or decided it."""
    drafting = drafting_of(version.analysis.listing)
    drafting.shown = version
    drafting.save(update_fields=["shown"])


def show_newest(listing: Listing) -> None:
    """Unless the seller has taken over the one that is shown: then the newest waits behind it."""
    rows = Drafting.objects.filter(listing=listing)
    rows.exclude(shown__state__in=TAKEN).update(shown=None)
