"""Where the variants of photos lie: the default storage, named by the content's hash.

A name never changes its content, so every file may be cached for ever.
"""

from __future__ import annotations

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from . import policy
from .models import StoredImage
from .photos import PreparedPhoto


def photo_url(image: StoredImage, variant: str) -> str:
    """Address of a variant of policy.VARIANTS: full, large or small."""
    return default_storage.url(image.file_name(variant))


def read_variant(image: StoredImage, variant: str) -> bytes:
    """The WebP file. Raises OSError where the storage has lost it."""
    with default_storage.open(image.file_name(variant)) as file:
        return bytes(file.read())


def store(prepared: PreparedPhoto) -> StoredImage:
    """Keep an image and its variants. Storing it again is harmless and renews its time.

    The row comes first: from then on `delete_unused` leaves the image alone for a day, so a photo
    may point to it as soon as this returns.
    """
    image = StoredImage(
        sha256=prepared.sha256,
        width=prepared.width,
        height=prepared.height,
        byte_size=prepared.byte_size,
        perceptual_hash=prepared.perceptual_hash,
    )
    StoredImage.objects.bulk_create(
        [image], update_conflicts=True, unique_fields=["sha256"], update_fields=["created_at"]
    )
    for variant, data in prepared.variants.items():
        _write(image.file_name(variant), data)
    return image


def delete_files(image: StoredImage) -> None:
    for variant in policy.VARIANTS:
        default_storage.delete(image.file_name(variant))


def _write(name: str, data: bytes) -> None:
    if default_storage.exists(name):
        # A process killed while writing leaves a shorter file under the final name.
        if default_storage.size(name) == len(data):
            return
        default_storage.delete(name)
    saved = default_storage.save(name, ContentFile(data))
    if saved != name:
        # Another process stored the same picture in the same instant.
        default_storage.delete(saved)
