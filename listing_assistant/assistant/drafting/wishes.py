"""Length, tone and language of a listing's drafts; a new listing starts as the seller's last."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace

from django.db import transaction

from listing_assistant.accounts.models import User
from listing_assistant.assistant.draft_models import Length, Tone, Wishes
from listing_assistant.assistant.drafting import inference
from listing_assistant.assistant.errors import AssistantError
from listing_assistant.assistant.models import Drafting, SellerWishes
from listing_assistant.listings.models import Listing


@dataclass(frozen=True)
class Wanted:
    """How a draft is to read."""

    length: str = Length.MEDIUM
    tone: str = Tone.PLAIN
    language: str = "en"


def wishes_of(listing: Listing) -> Wanted:
    """The listing's, else what its seller chose last, else medium, plain and English."""
    row: Wishes | None = Drafting.objects.filter(listing=listing).first()
    row = row or SellerWishes.objects.filter(seller_id=listing.seller_id).first()
    return _wanted(row) if row else Wanted()


def _wanted(row: Wishes) -> Wanted:
    return Wanted(row.length, row.tone, row.language)


@transaction.atomic
def save_wishes(*, listing: Listing, user: User, changes: Mapping[str, str]) -> Wanted:
    """Keep what is named in `changes`, for the listing and for the seller's next one.

    Raises AssistantError("not_a_choice") with the field.
    """
    wanted = changed(wishes_of(listing), changes)
    if wanted != wishes_of(listing) or not hasattr(listing, "drafting"):
        Drafting.objects.update_or_create(listing=listing, defaults=asdict(wanted))
        SellerWishes.objects.update_or_create(seller=user, defaults=asdict(wanted))
    return wanted


def changed(wanted: Wanted, changes: Mapping[str, str]) -> Wanted:
    """Raises AssistantError("not_a_choice") with the field."""
    known = {
        "length": Length.values,
        "tone": Tone.values,
        "language": [code for code, _ in inference.languages()],
    }
    for name, value in changes.items():
        if value not in known.get(name, ()):
            choices = ", ".join(known.get(name, known))
            message = f"The {name} is {value!r}; choose one of {choices}."
            raise AssistantError("not_a_choice", message, field=name)
    return replace(wanted, **changes)


@transaction.atomic
def drafting_of(listing: Listing) -> Drafting:
    """The listing's row, locked; made where there is none yet. Call it within a transaction."""
    wanted = asdict(wishes_of(listing))
    Drafting.objects.get_or_create(listing=listing, defaults=wanted)
    return Drafting.objects.select_for_update().get(listing=listing)
