"""The photos of a listing: at most policy.MAX_PHOTOS, in an order, the first is the main one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import BinaryIO

from django.db import transaction

from listing_assistant.accounts.models import User
from listing_assistant.listings import photo_files, policy
from listing_assistant.listings.errors import ListingError, PhotoError
from listing_assistant.listings.models import Listing, Photo, State, StoredImage
from listing_assistant.listings.photos import prepare, rotated, shown_name

from .access import announce_content, check_editable, locked_for_editing


def add_photo(*, listing: Listing, user: User, file: BinaryIO, name: str) -> Photo:
    """Put a photo behind those that are there. `name` is the file's name on the seller's device.

    1. Refuse early what the rows already forbid.
    2. Decode, strip and resize: slow, so outside the transaction.
    3. Store the files.
    4. Lock the listing, check again, add the row.

    Raises NotYoursError, ListingError("not_editable") or PhotoError with a code of
    photos.prepare, "too_many" or "duplicate".
    """
    check_editable(listing, user)
    _check_room(listing)
    prepared = prepare(file, name)
    _check_new(listing, prepared.sha256, name)
    image = photo_files.store(prepared)
    return _insert(listing, user, image, name, position=policy.MAX_PHOTOS)


def restore_photo(
    *, listing: Listing, user: User, sha256: str, file_name: str, position: int
) -> Photo:
    """Put back a photo that was removed, where it was. Images stay for a day after removal.

    Raises as add_photo does, and PhotoError("gone").
    """
    check_editable(listing, user)
    image = StoredImage.objects.filter(pk=sha256).first()
    if image is None:
        raise PhotoError("gone", f"{shown_name(file_name)} is no longer here. Send it again.")
    return _insert(listing, user, image, file_name, position=max(0, position))


@transaction.atomic
def remove_photo(*, listing: Listing, user: User, photo: Photo) -> None:
    """Take a photo out; the others close up. Raises PhotoError("last_photo") for a live listing."""
    current = locked_for_editing(listing, user)
    photos = _photos(current)
    if current.state == State.LIVE and len(photos) == 1:
        raise PhotoError("last_photo", "A live listing needs a photo. Add another one first.")
    remaining = [each for each in photos if each.pk != photo.pk]
    if len(remaining) == len(photos):
        raise _no_such_photo()
    current.photos.filter(pk=photo.pk).delete()
    _renumber(remaining)
    announce_content(current)


@transaction.atomic
def reorder_photos(*, listing: Listing, user: User, photo_ids: Sequence[int]) -> None:
    """Bring all photos into a new order; the first becomes the main photo."""
    current = locked_for_editing(listing, user)
    photos = {photo.pk: photo for photo in _photos(current)}
    if sorted(photo_ids) != sorted(photos):
        raise PhotoError(
            "not_all_photos", "The photos changed meanwhile. Reload and order them again."
        )
    if list(photo_ids) != list(photos):
        _renumber([photos[pk] for pk in photo_ids])
        announce_content(current)


def rotate_photo(*, listing: Listing, user: User, photo: Photo, degrees: int = 90) -> Photo:
    """Turn a photo clockwise by 90, 180 or 270 degrees. Raises PhotoError("bad_rotation")."""
    check_editable(listing, user)
    prepared = rotated(photo_files.read_variant(photo.image, "full"), degrees)
    image = photo_files.store(prepared)
    with transaction.atomic():
        current = locked_for_editing(listing, user)
        _check_new(current, image.sha256, photo.file_name)
        # Only while it still shows what was turned: two clicks at once turn it once.
        rows = current.photos.filter(pk=photo.pk, image_id=photo.image_id)
        if not rows.update(image=image):
            raise _no_such_photo()
        announce_content(current)
    photo.image = image
    return photo


@transaction.atomic
def _insert(listing: Listing, user: User, image: StoredImage, name: str, *, position: int) -> Photo:
    current = locked_for_editing(listing, user)
    _check_room(current)
    _check_new(current, image.sha256, name)
    photos = _photos(current)
    photo = Photo.objects.create(
        listing=current, image=image, position=len(photos), file_name=shown_name(name)
    )
    photos.insert(position, photo)
    _renumber(photos)
    announce_content(current)
    return photo


def _photos(listing: Listing) -> list[Photo]:
    return list(listing.photos.order_by("position"))


def _renumber(photos: Sequence[Photo]) -> None:
    moved = [photo for position, photo in enumerate(photos) if photo.position != position]
    for position, photo in enumerate(photos):
        photo.position = position
    if moved:
        Photo.objects.bulk_update(moved, ["position"])


def _check_room(listing: Listing) -> None:
    if listing.photos.count() >= policy.MAX_PHOTOS:
        raise PhotoError(
            "too_many",
            f"A listing has at most {policy.MAX_PHOTOS} photos. Remove one before adding another.",
        )


def _check_new(listing: Listing, sha256: str, name: str) -> None:
    if listing.photos.filter(image_id=sha256).exists():
        raise PhotoError("duplicate", f"{shown_name(name)} is already in this listing.")


def _no_such_photo() -> ListingError:
    return PhotoError("no_such_photo", "The photo is no longer in this listing. Reload the page.")
