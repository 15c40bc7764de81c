from __future__ import annotations

from typing import BinaryIO, cast
from uuid import UUID

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import File, Router, Schema, Status
from ninja.files import UploadedFile

from listing_assistant.api.auth import caller
from listing_assistant.api.problems import REFUSALS
from listing_assistant.api.schemas import PhotoOut
from listing_assistant.listings import services
from listing_assistant.listings.models import Photo
from listing_assistant.moderation.photo_selectors import own_photos_elsewhere

from .listings import own_listing

router = Router()


class PhotoOrder(Schema):
    photos: list[int]


class PhotoElsewhere(Schema):
    """`photo` is the id of the caller's own photo."""

    photo: int
    position: int


@router.post("/{listing_id}/photos", response={201: PhotoOut, **REFUSALS}, summary="Upload a photo")
def add_photo(request: HttpRequest, listing_id: UUID, file: File[UploadedFile]) -> Status[PhotoOut]:
    """JPEG, PNG, WebP, HEIC or AVIF; the first photo is the main one. EXIF data is removed."""
    photo = services.add_photo(
        listing=own_listing(request, listing_id),
        user=caller(request),
        file=cast(BinaryIO, file),
        name=file.name or "photo",
    )
    return Status(201, PhotoOut.of(photo))


@router.put("/{listing_id}/photos/order", response={200: list[PhotoOut], **REFUSALS})
def reorder_photos(request: HttpRequest, listing_id: UUID, order: PhotoOrder) -> list[PhotoOut]:
    """All photo ids of the listing, the main one first."""
    listing = own_listing(request, listing_id)
    services.reorder_photos(listing=listing, user=caller(request), photo_ids=order.photos)
    photos = Photo.objects.filter(listing=listing).select_related("image")
    return [PhotoOut.of(photo) for photo in photos]


@router.get("/{listing_id}/photos/elsewhere", response={200: list[PhotoElsewhere], **REFUSALS})
def photos_elsewhere(request: HttpRequest, listing_id: UUID) -> list[PhotoElsewhere]:
    """Photos of the listing that another seller's listing on sale shows too; whose is not told.

    Known seconds after the upload, when the assistant has looked at the photo.
    """
    found = own_photos_elsewhere(own_listing(request, listing_id))
    return [PhotoElsewhere(photo=photo.pk, position=photo.position) for photo in found]


@router.delete("/{listing_id}/photos/{photo_id}", response={204: None, **REFUSALS})
def remove_photo(request: HttpRequest, listing_id: UUID, photo_id: int) -> Status[None]:
    listing = own_listing(request, listing_id)
    photo = get_object_or_404(Photo, listing=listing, pk=photo_id)
    services.remove_photo(listing=listing, user=caller(request), photo=photo)
    return Status(204, None)
