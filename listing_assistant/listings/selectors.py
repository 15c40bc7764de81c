"""Reading listings: the seller's side, and the one query that every list of cards starts from."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Prefetch, QuerySet

from listing_assistant.accounts.models import User

from . import policy
from .errors import NotYoursError
from .models import Listing, ListingAttribute, Photo, State


def with_main_photo(listings: QuerySet[Listing]) -> QuerySet[Listing]:
    """Seller and category joined, and one query for all main photos (see `main_photo_of`)."""
    main = Photo.objects.filter(position=0).select_related("image")
    return listings.select_related("category", "seller").prefetch_related(
        Prefetch("photos", queryset=main, to_attr="main_photos")
    )


def main_photo_of(listing: Listing) -> Photo | None:
    """From `with_main_photo` or prefetched photos where there are; else by a query."""
    photos: list[Photo] | None = getattr(listing, "main_photos", None)
    if photos is None:
        photos = list(listing.photos.select_related("image").all()[:1])
    return photos[0] if photos else None


def live_listings() -> QuerySet[Listing]:
    """What buyers may find, newest first."""
    return with_main_photo(Listing.objects.filter(state=State.LIVE)).order_by("-published_at")


def listings_of(seller: User, state: State | None = None) -> QuerySet[Listing]:
    """A seller's own listings, last edited first."""
    listings = Listing.objects.filter(seller=seller).order_by("-updated_at")
    return with_main_photo(listings.filter(state=state) if state else listings)


def drafts_of(seller: User) -> QuerySet[Listing]:
    return listings_of(seller, State.DRAFT)


def listing_for_editing(user: User, public_id: UUID | str) -> Listing:
    """Raises Listing.DoesNotExist, or NotYoursError for somebody else's."""
    listing = with_main_photo(Listing.objects.all()).get(public_id=public_id)
    if listing.seller_id != user.pk:
        raise NotYoursError
    return listing


def may_view(user: User | None, listing: Listing) -> bool:
    """Drafts, held and removed listings are for their seller and the moderators."""
    if listing.state not in policy.HIDDEN_STATES:
        return True
    return user is not None and (user.pk == listing.seller_id or user.is_moderator)


def photos_of(listing: Listing) -> QuerySet[Photo]:
    return listing.photos.select_related("image").order_by("position")


def attributes_stated(listing: Listing) -> dict[int, list[ListingAttribute]]:
    """What the listing says, by attribute id, in the order it was said."""
    stated: dict[int, list[ListingAttribute]] = {}
    rows = listing.attribute_rows.select_related("attribute", "value").order_by("id")
    for row in rows:
        stated.setdefault(row.attribute_id, []).append(row)
    return stated
