"""Doors for the worker: one listing's photos, and the sweep for those whose message got lost."""

from __future__ import annotations

from celery import shared_task

from . import duplicates, photo_selectors, policy


@shared_task
def check_photos(listing_id: int) -> None:
    duplicates.check_photos(listing_id=listing_id)


@shared_task
def check_missed_photos() -> None:
    """Does the work itself: handed out again every minute, it would pile up."""
    waiting = photo_selectors.listings_to_compare().values_list("pk", flat=True)
    for listing_id in list(waiting[: policy.PHOTO_SWEEP]):
        duplicates.check_photos(listing_id=listing_id)
