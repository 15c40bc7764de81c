"""What people and programs do to a listing. Every change to one goes through here.

editing      its fields and attributes
photos       its photos
states       draft → live → reserved → sold or ended; moderation
"""

from .editing import create_draft, delete_draft, edit_listing, set_attribute
from .photos import add_photo, remove_photo, reorder_photos, restore_photo, rotate_photo
from .states import (
    cancel_reservation,
    end_listing,
    hold_listing,
    mark_sold,
    publish_listing,
    release_listing,
    relist,
    remove_listing,
    reserve_listing,
    restore_listing,
    return_to_seller,
)

__all__ = [
    "add_photo",
    "cancel_reservation",
    "create_draft",
    "delete_draft",
    "edit_listing",
    "end_listing",
    "hold_listing",
    "mark_sold",
    "publish_listing",
    "release_listing",
    "relist",
    "remove_listing",
    "remove_photo",
    "reorder_photos",
    "reserve_listing",
    "restore_listing",
    "restore_photo",
    "return_to_seller",
    "rotate_photo",
    "set_attribute",
]
