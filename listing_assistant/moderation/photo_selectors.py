"""Where else a photo is: by its prints, by pixels compared earlier, in other sellers' listings."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.db import connection
from django.db.models import Q, QuerySet

from listing_assistant.listings.models import Listing, Photo, State

from . import policy
from .models import Case, DuplicatePair, KnownImage, PhotoMatch

OPEN_TO_BUYERS = (State.LIVE, State.RESERVED)
MOST_NEAR = 200

# The bands are indexed: the planner joins their bitmaps and counts bits for what is left.
_NEAR = """
    SELECT image_id, min(bit_count(
        ('x' || band_0 || band_1 || band_2 || band_3)::bit(64) # ('x' || %(hash)s)::bit(64)
    )) AS distance
    FROM moderation_photoprint
    WHERE (band_0 = ANY(%(band_0)s) OR band_1 = ANY(%(band_1)s)
        OR band_2 = ANY(%(band_2)s) OR band_3 = ANY(%(band_3)s))
      AND (%(any_view)s OR view = 0)
      AND bit_count(
        ('x' || band_0 || band_1 || band_2 || band_3)::bit(64) # ('x' || %(hash)s)::bit(64)
      ) <= %(most)s
    GROUP BY image_id ORDER BY distance LIMIT %(limit)s
"""


@dataclass(frozen=True)
class Lookup:
    """A hash to look for: among the prints of all views, or of whole images alone."""

    digits: str  # 16 hexadecimal ones
    band_keys: tuple[tuple[str, ...], ...]  # what each band of a near hash may be
    most_bits: int
    any_view: bool


@dataclass(frozen=True)
class Elsewhere:
    """A photo of a listing and one of another seller's that shows the same."""

    photo: Photo
    other: Photo
    agreement: float


def images_near(lookups: Sequence[Lookup]) -> list[str]:
    """Keys of images whose prints are close, the closest first; an image is near itself."""
    distances: dict[str, int] = {}
    with connection.cursor() as cursor:
        for lookup in lookups:
            bands = {f"band_{band}": list(keys) for band, keys in enumerate(lookup.band_keys)}
            cursor.execute(
                _NEAR,
                {
                    **bands,
                    "hash": lookup.digits,
                    "any_view": lookup.any_view,
                    "most": lookup.most_bits,
                    "limit": MOST_NEAR,
                },
            )
            for key, distance in cursor.fetchall():
                distances[key] = min(distance, distances.get(key, distance))
    return sorted(distances, key=lambda key: distances[key])


def photos_on_offer(images: Collection[str], *, except_of: int) -> QuerySet[Photo]:
    """Photos with these images that buyers see in listings of other sellers."""
    return (
        Photo.objects.filter(image_id__in=images, listing__state__in=OPEN_TO_BUYERS)
        .exclude(listing__seller_id=except_of)
        .select_related("image", "listing__seller")
    )


def photos_elsewhere(listing: Listing) -> list[Elsewhere]:
    """The listing's photos that other sellers' listings on sale have too, stock photos left out."""
    own = {photo.image_id: photo for photo in listing.photos.select_related("image")}
    same = {(key, key): 1.0 for key in own}
    matches = PhotoMatch.objects.filter(image_id__in=own)
    same |= {(match.image_id, match.other_id): match.agreement for match in matches}
    stock = {key for key in own if is_stock(key)}
    others = photos_on_offer({other for _, other in same}, except_of=listing.seller_id)
    by_image: dict[str, list[Photo]] = {}
    for photo in others.order_by("created_at", "pk"):
        by_image.setdefault(photo.image_id, []).append(photo)
    return [
        Elsewhere(own[key], photo, agreement)
        for (key, other), agreement in same.items()
        if key not in stock
        for photo in by_image.get(other, ())
    ]


def is_stock(image: str) -> bool:
    """A moderator has said so, or too many sellers use the photo for it to be anybody's own."""
    alike = {image, *PhotoMatch.objects.filter(image_id=image).values_list("other_id", flat=True)}
    if KnownImage.objects.filter(image_id__in=alike).exists():
        return True
    photos = Photo.objects.filter(image_id__in=alike, listing__state__in=OPEN_TO_BUYERS)
    sellers = photos.values_list("listing__seller_id", flat=True).distinct()
    return sellers.count() >= policy.STOCK_SELLERS


def listings_to_compare() -> QuerySet[Listing]:
    """On sale, and their photos have never been compared: the oldest first."""
    waiting = Q(state__in=OPEN_TO_BUYERS, photo_review=None, photos__isnull=False)
    return Listing.objects.filter(waiting).distinct().order_by("published_at", "pk")


def own_photos_elsewhere(listing: Listing) -> list[Photo]:
    """Photos of a listing that other sellers' listings show too; whose those are is not told."""
    photos = {found.photo.pk: found.photo for found in photos_elsewhere(listing)}
    return sorted(photos.values(), key=lambda photo: photo.position)


def pairs_of(case: Case) -> QuerySet[DuplicatePair]:
    """What a case is about, side by side; the closest pair first."""
    return case.pairs.select_related(
        "listing__seller", "other__seller", "other__category", "image", "other_image"
    )
