"""{% load listing_photos %}: addresses of photos for templates."""

from __future__ import annotations

from django import template

from listing_assistant.listings import photo_files, policy
from listing_assistant.listings.models import Listing, Photo, StoredImage
from listing_assistant.listings.selectors import main_photo_of

register = template.Library()


@register.simple_tag
def photo_url(photo: Photo, variant: str) -> str:
    """{% photo_url photo "large" %}"""
    return photo_files.photo_url(photo.image, variant)


@register.simple_tag
def image_url(image: StoredImage, variant: str) -> str:
    """{% image_url pair.other_image "large" %}, where there is an image and no photo."""
    return photo_files.photo_url(image, variant)


@register.simple_tag
def photo_srcset(photo: Photo) -> str:
    """{% photo_srcset photo %}: every variant with its width, for <img srcset>."""
    longest = max(photo.image.width, photo.image.height)
    parts = []
    for variant, side in policy.VARIANTS.items():
        width = round(photo.image.width * min(1.0, side / longest))
        parts.append(f"{photo_files.photo_url(photo.image, variant)} {width}w")
    return ", ".join(dict.fromkeys(reversed(parts)))


@register.simple_tag
def main_photo_url(listing: Listing, variant: str) -> str:
    """{% main_photo_url listing "small" %}; empty for a listing without photos."""
    photo = main_photo_of(listing)
    return photo_files.photo_url(photo.image, variant) if photo else ""
