"""Adding photos, one file a request with scripts and several without; changing them."""

from __future__ import annotations

from typing import BinaryIO, cast
from uuid import UUID

from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django_htmx.middleware import HtmxDetails

from listing_assistant.listings import services
from listing_assistant.listings.errors import ListingError, PhotoError
from listing_assistant.listings.models import Listing, Photo

from .answers import answer, refused, signed_in
from .answers import change as changes

RESTORE_SALT = "assistant.restore-photo"
QUARTER_TURN = 90


def add_files(request: HttpRequest, listing: Listing) -> list[str]:
    """Add the request's files; one sentence for each that was refused, naming the file."""
    problems = []
    for file in request.FILES.getlist("photos"):
        name = file.name or "photo"
        try:
            services.add_photo(
                listing=listing, user=signed_in(request), file=cast(BinaryIO, file), name=name
            )
        except ListingError as error:
            problems.append(error.message if name in error.message else f"{name}: {error.message}")
    return problems


@changes
def add(request: HttpRequest, listing: Listing) -> HttpResponse:
    problems = add_files(request, listing)
    if not problems:
        return answer(request, listing)
    response = refused(request, listing, " ".join(problems))
    if HtmxDetails(request):
        response.status_code = 422
    return response


@changes
def order(request: HttpRequest, listing: Listing) -> HttpResponse:
    wanted = [int(pk) for pk in request.POST.getlist("photo") if pk.isdecimal()]
    services.reorder_photos(listing=listing, user=signed_in(request), photo_ids=wanted)
    return answer(request, listing)


@changes
def change(request: HttpRequest, listing: Listing, pk: str, action: str) -> HttpResponse:
    user = signed_in(request)
    photo = listing.photos.select_related("image").filter(pk=pk).first()
    if photo is None:
        raise PhotoError("no_such_photo", "The photo is no longer in this listing.")
    if action == "remove":
        services.remove_photo(listing=listing, user=user, photo=photo)
        return answer(request, listing, extra=_removed(listing, photo))
    if action == "rotate":
        services.rotate_photo(listing=listing, user=user, photo=photo, degrees=QUARTER_TURN)
    else:
        _move(request, listing, photo, -1 if action == "earlier" else 1)
    return answer(request, listing)


@changes
def restore(request: HttpRequest, listing: Listing) -> HttpResponse:
    """Undo a removal: the token says which image was where, and that it was in this listing."""
    try:
        said = signing.loads(request.POST.get("token", ""), salt=RESTORE_SALT)
    except signing.BadSignature:
        return refused(request, listing, "This can no longer be undone. Add the photo again.")
    if UUID(said.pop("listing")) != listing.public_id:
        return refused(request, listing, "This photo was in another listing.")
    services.restore_photo(listing=listing, user=signed_in(request), **said)
    return answer(request, listing, extra=render_to_string("assistant/_notice.html"))


def _removed(listing: Listing, photo: Photo) -> str:
    said = {
        "listing": str(listing.public_id),
        "sha256": photo.image_id,
        "file_name": photo.file_name,
        "position": photo.position,
    }
    token = signing.dumps(said, salt=RESTORE_SALT)
    context = {"listing": listing, "photo": photo, "token": token}
    return render_to_string("assistant/_removed.html", context)


def _move(request: HttpRequest, listing: Listing, photo: Photo, by: int) -> None:
    ids = list(listing.photos.order_by("position").values_list("pk", flat=True))
    old = ids.index(photo.pk)
    new = min(max(old + by, 0), len(ids) - 1)
    ids.insert(new, ids.pop(old))
    services.reorder_photos(listing=listing, user=signed_in(request), photo_ids=ids)
