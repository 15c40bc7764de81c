"""The same photo in two sellers' listings: found, put before a moderator, or known to be stock."""

from __future__ import annotations

from django.db import transaction

from listing_assistant.accounts.models import User
from listing_assistant.listings.models import Listing, StoredImage

from . import inference, photo_selectors, policy, services
from .errors import ModerationError
from .models import (
    Case,
    Decision,
    DuplicatePair,
    KnownImage,
    PhotoMatch,
    PhotoPrint,
    PhotoReview,
)
from .photo_selectors import OPEN_TO_BUYERS, Elsewhere

STOCK_REASON = "Known stock photo: any seller may use it."


def check_photos(*, listing_id: int) -> None:
    """Compare a listing's photos with all others; open cases if it is on sale.

    Safe to run twice, at once too, and to be killed anywhere: every step stores what is then a
    fact and finds it the next time.

    1  print the photos that have no prints yet: from here others find them
    2  look candidates up, by prints and among similar listings
    3  compare pixels, outside any transaction, and keep what is the same photo
    4  in one transaction: a case for every pair that needs one, and the note that this was done
    """
    listing = Listing.objects.filter(pk=listing_id).first()
    if listing is None:
        return
    images = {photo.image_id: photo.image for photo in listing.photos.select_related("image")}
    near = {key: _near(image) for key, image in images.items()}
    likely: dict[str, list[str]] = {key: [] for key in images}
    for mine, theirs in inference.likely_in(listing):
        if mine in likely and theirs not in likely[mine]:
            likely[mine].append(theirs)
    for key, image in images.items():
        _compare(image, near[key], likely[key], seller=listing.seller_id)
    if listing.state in OPEN_TO_BUYERS:
        _review(listing)


def mark_stock(*, case: Case, moderator: User) -> Decision:
    """Close the case; its photos open no further ones until the decision is undone."""
    if case.kind != Case.Kind.DUPLICATE:
        raise ModerationError("kind", "Only a case about a photo can say that it is stock.")
    with transaction.atomic():
        decision = services.decide_case(
            case=case, moderator=moderator, action=Decision.Action.APPROVE, reason=STOCK_REASON
        )
        pairs = case.pairs.values_list("image_id", "other_image_id")
        KnownImage.objects.bulk_create(
            [KnownImage(image_id=key, decision=decision) for key in {*sum(pairs, ())}],
            ignore_conflicts=True,
        )
    return decision


def _near(image: StoredImage) -> list[str]:
    return photo_selectors.images_near(inference.lookups_for(_printed(image)))


def _printed(image: StoredImage) -> list[int]:
    """The image's prints by view, made now if need be."""
    rows = list(image.prints.order_by("view"))
    if not rows:
        hashes = inference.prints_of(image)
        rows = [_print_of(image, view, value) for view, value in enumerate(hashes)]
        PhotoPrint.objects.bulk_create(rows, ignore_conflicts=True)
    return [int(row.band_0 + row.band_1 + row.band_2 + row.band_3, 16) for row in rows]


def _print_of(image: StoredImage, view: int, value: int) -> PhotoPrint:
    digits = f"{value:016x}"
    bands = {f"band_{band}": digits[4 * band : 4 * band + 4] for band in range(4)}
    return PhotoPrint(image=image, view=view, **bands)


def _compare(image: StoredImage, near: list[str], likely: list[str], *, seller: int) -> None:
    """Keep which of the candidates on sale show the same photo, in both directions."""
    known = set(PhotoMatch.objects.filter(image=image).values_list("other_id", flat=True))
    on_offer = photo_selectors.photos_on_offer([*near, *likely], except_of=seller)
    others = {photo.image_id: photo.image for photo in on_offer}
    new = [key for key in near if key in others and key not in known | {image.pk}]
    chosen = new[: policy.MOST_CLOSE]
    also = [key for key in likely if key in others and key not in {*known, image.pk, *chosen}]
    chosen += also[: policy.MOST_LIKELY]
    found = inference.compare(image, [others[key] for key in chosen]) if chosen else {}
    rows = [
        PhotoMatch(image_id=one, other_id=two, agreement=share)
        for key, share in found.items()
        for one, two in ((image.pk, key), (key, image.pk))
    ]
    PhotoMatch.objects.bulk_create(rows, ignore_conflicts=True)


@transaction.atomic
def _review(listing: Listing) -> None:
    # One at a time for a listing: the second finds the first one's pairs. `no_key`, since two that
    # are each other's case would wait for each other's keys for ever.
    Listing.objects.select_for_update(no_key=True).get(pk=listing.pk)
    for found in photo_selectors.photos_elsewhere(listing):
        _open_case(found)
    PhotoReview.objects.update_or_create(listing=listing)


def _open_case(found: Elsewhere) -> None:
    """A case about the listing that had the photo later, unless one has been open or approved."""
    first, later = sorted(
        (found.photo, found.other), key=lambda photo: (photo.created_at, photo.pk)
    )
    pair = DuplicatePair.objects.filter(
        listing=later.listing,
        other=first.listing,
        image_id=later.image_id,
        other_image_id=first.image_id,
    ).first()
    if pair is not None and _is_settled(pair.case):
        return
    case = services.open_case(
        listing=later.listing,
        kind=Case.Kind.DUPLICATE,
        risk=policy.DUPLICATE_RISK * found.agreement,
        # The seller may read this: it does not say whose the other listing is.
        reason=f"Photo {later.position + 1} is also in another seller's listing.",
    )
    DuplicatePair.objects.update_or_create(
        listing=later.listing,
        other=first.listing,
        image_id=later.image_id,
        other_image_id=first.image_id,
        defaults={
            "case": case,
            "agreement": found.agreement,
            "added_at": later.created_at,
            "other_added_at": first.created_at,
        },
    )


def _is_settled(case: Case) -> bool:
    """Waiting for a moderator, or one has let it pass; a listing that came back is neither."""
    if case.state == Case.State.OPEN:
        return True
    return case.decisions.filter(action=Decision.Action.APPROVE, undone_by=None).exists()
