"""The door to what compares photos; imports `ml` inside functions."""

from __future__ import annotations

import io
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

import structlog

from listing_assistant.listings.models import Listing, Photo, StoredImage
from listing_assistant.listings.photo_files import read_variant
from recommender import inference as recommender

from .photo_selectors import Lookup

if TYPE_CHECKING:
    from PIL.Image import Image

    from ml.duplicates.predict import PhotoComparer

log = structlog.get_logger(__name__)

VARIANT = "small"
NEIGHBOURS = 24


def prints_of(image: StoredImage) -> tuple[int, ...]:
    """64-bit hashes by view, the whole first; none where the file is lost."""
    from ml.duplicates.prints import prints_of as hashes

    picture = _read(image)
    return hashes(picture) if picture is not None else ()


def lookups_for(prints: Sequence[int]) -> list[Lookup]:
    """The whole picture and its mirror image among all views, the cuts among wholes.

    Either of two photos may be the cropped one.
    """
    from ml.duplicates.prints import MOST_BITS, WHOLE, as_hex, band_keys, mirrored

    return [
        Lookup(as_hex(one), band_keys(one), MOST_BITS, any_view=view == WHOLE)
        for view, value in enumerate(prints)
        for one in (value, mirrored(value))
    ]


def compare(image: StoredImage, others: Collection[StoredImage]) -> dict[str, float]:
    """By key, those of the others that show the same photo, with the share that agrees."""
    picture = _read(image)
    if picture is None:
        return {}
    comparer = _comparer()
    seen = comparer.thumbnail(picture)
    found: dict[str, float] = {}
    for other in others:
        theirs = _read(other)
        if theirs is not None and (share := comparer.same_photo(seen, comparer.thumbnail(theirs))):
            found[other.pk] = share
    return found


def likely_in(listing: Listing) -> list[tuple[str, str]]:
    """Pairs of image keys, the listing's and a similar listing's, the closest vectors first.

    What a hash cannot find, such as a photo with a banner over it, stands among the most similar
    items. Empty where the encoders cannot be used.
    """
    from ml.artefacts import ArtefactError

    try:
        own = recommender.encode_listing(listing)
        found = recommender.neighbours(
            own.item_vector, k=NEIGHBOURS, exclude=[listing.pk], exclude_seller=listing.seller_id
        )
        similar = Listing.objects.filter(pk__in=[pk for pk, _ in found])
        encoded = recommender.encode_listings(list(similar)) if found else []
    except ArtefactError as error:
        log.warning("photos_compared_by_hash_alone", reason=error.reason)
        return []
    pairs = [
        (float(cosine), mine, theirs)
        for other in encoded
        for mine, row in zip(own.photo_ids, own.photo_vectors, strict=True)
        for theirs, cosine in zip(other.photo_ids, other.photo_vectors @ row, strict=True)
    ]
    return _images_of([(mine, theirs) for _, mine, theirs in sorted(pairs, reverse=True)])


def _images_of(pairs: Sequence[tuple[int, int]]) -> list[tuple[str, str]]:
    ids = {pk for pair in pairs for pk in pair}
    image = dict(Photo.objects.filter(pk__in=ids).values_list("pk", "image_id"))
    return [(image[mine], image[theirs]) for mine, theirs in pairs]


def _comparer() -> PhotoComparer:
    from ml.artefacts import bundled
    from ml.duplicates.predict import load_comparer

    return load_comparer(bundled("duplicates"))


def _read(image: StoredImage) -> Image | None:
    import PIL.Image

    try:
        return PIL.Image.open(io.BytesIO(read_variant(image, VARIANT))).convert("RGB")
    except OSError as error:
        log.warning("photo_unreadable", image=str(image), reason=str(error))
        return None
