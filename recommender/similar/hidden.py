"""What a person, or a visit that is not signed in, is not interested in: never in their strips."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils import timezone

from listing_assistant.listings.models import Listing
from listing_assistant.listings.policy import HIDDEN_STATES
from listing_assistant.listings.selectors import with_main_photo
from recommender import policy
from recommender.models import HiddenItem


def hide_item(listing: Listing, *, user_id: int | None, session_key: str) -> None:
    """Doing it twice changes nothing. Raises ValueError where nobody is named."""
    if not user_id and not session_key:
        raise ValueError("name the person or the visit that is not interested")
    row = HiddenItem(
        user_id=user_id, session_key="" if user_id else session_key, listing_id=listing.pk
    )
    HiddenItem.objects.bulk_create([row], ignore_conflicts=True)


def show_item_again(listing: Listing, *, user_id: int | None, session_key: str) -> bool:
    """Whether it was hidden."""
    return bool(_of(user_id, session_key).filter(listing=listing).delete()[0])


def hidden_from(user_id: int | None, session_key: str) -> set[int]:
    """Listing ids, of the newest policy.MOST_HIDDEN."""
    if not user_id and not session_key:
        return set()
    return set(_newest(user_id, session_key))


def hidden_listings(*, user_id: int | None, session_key: str) -> list[Listing]:
    """What they may still see of it, hidden last first; `main_photos` is loaded."""
    ids = _newest(user_id, session_key)
    visible = Listing.objects.filter(pk__in=ids).exclude(state__in=HIDDEN_STATES)
    found = {listing.pk: listing for listing in with_main_photo(visible.defer("search"))}
    return [found[pk] for pk in ids if pk in found]


def forget_past_visits() -> int:
    """Rows of visits that ended long ago; how many went."""
    before = timezone.now() - policy.HIDDEN_KEPT
    return HiddenItem.objects.filter(user=None, hidden_at__lt=before).delete()[0]


def _of(user_id: int | None, session_key: str) -> QuerySet[HiddenItem]:
    if user_id:
        return HiddenItem.objects.filter(user_id=user_id)
    return HiddenItem.objects.filter(user=None, session_key=session_key)


def _newest(user_id: int | None, session_key: str) -> list[int]:
    rows = _of(user_id, session_key).order_by("-hidden_at", "-pk")
    return list(rows.values_list("listing_id", flat=True)[: policy.MOST_HIDDEN])
