"""The checklist: what a good listing has, in points that sum to a hundred."""

from __future__ import annotations

from dataclasses import dataclass

from listing_assistant.assistant import policy
from listing_assistant.catalogue.selectors import attributes_of
from listing_assistant.listings.models import Listing


@dataclass(frozen=True)
class Check:
    """One line of the checklist. `field` is where the seller goes to earn the points."""

    key: str
    label: str
    field: str
    of: int
    passed: bool

    @property
    def points(self) -> int:
        return self.of if self.passed else 0


def checks(listing: Listing) -> list[Check]:
    photos = listing.photos.count()
    stated = set(listing.attribute_rows.values_list("attribute_id", flat=True))
    known = attributes_of(listing.category) if listing.category else []
    required = {row.attribute_id for row in known if row.is_required}
    enough = min(policy.ATTRIBUTES_ENOUGH, len(known)) or policy.ATTRIBUTES_ENOUGH
    enough_photos = f"{policy.PHOTOS_ENOUGH} photos or more, from several sides"
    return [
        Check("photo", "A photo", "photos", policy.POINTS_PHOTO_ANY, photos > 0),
        Check(
            "photos",
            enough_photos,
            "photos",
            policy.POINTS_PHOTOS_ENOUGH,
            photos >= policy.PHOTOS_ENOUGH,
        ),
        Check(
            "title",
            f"A title of {policy.TITLE_WORDS_ENOUGH} words or more, not shouted",
            "title",
            policy.POINTS_TITLE,
            _title_is_good(listing.title),
        ),
        Check(
            "category",
            "A category",
            "category",
            policy.POINTS_CATEGORY,
            listing.category_id is not None,
        ),
        Check(
            "condition",
            "The condition",
            "condition",
            policy.POINTS_CONDITION,
            bool(listing.condition),
        ),
        Check(
            "required",
            "Every detail that buyers of this category need",
            "attributes",
            policy.POINTS_REQUIRED_ATTRIBUTES,
            bool(known) and required <= stated,
        ),
        Check(
            "attributes",
            f"{policy.ATTRIBUTES_ENOUGH} details or more",
            "attributes",
            policy.POINTS_ATTRIBUTES,
            len(stated) >= enough,
        ),
        Check(
            "description",
            f"A description of {policy.DESCRIPTION_WORDS_ENOUGH} words or more",
            "description",
            policy.POINTS_DESCRIPTION,
            len(listing.description.split()) >= policy.DESCRIPTION_WORDS_ENOUGH,
        ),
        Check("price", "A price", "price", policy.POINTS_PRICE, bool(listing.price)),
    ]


def _title_is_good(title: str) -> bool:
    return len(title.split()) >= policy.TITLE_WORDS_ENOUGH and not title.isupper()
