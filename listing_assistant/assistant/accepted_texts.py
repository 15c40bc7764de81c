"""Published descriptions in which a seller took a draft over: what a language model may learn from.

One listing a line, in the layout of `ml.description.tuning.instructions`. What moderation holds or
took down is in none, nor is who sold it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import structlog
from django.db.models import Prefetch

from listing_assistant.assistant.examples import SEEN
from listing_assistant.assistant.models import DraftOutcome
from listing_assistant.listings.models import Listing, ListingAttribute, Photo
from listing_assistant.listings.photo_files import read_variant

log = structlog.get_logger(__name__)

BATCH = 200
VARIANT = "large"
Decision = DraftOutcome.Decision


def accepted_texts(language: str, folder: Path) -> Iterator[dict[str, Any]]:
    """Oldest first. Main photos are written to `folder`, named by their content."""
    listings = (
        Listing.objects.filter(
            state__in=SEEN,
            state_reason="",
            draft_outcome__language=language,
            draft_outcome__decision__in=(Decision.ACCEPTED, Decision.EDITED),
            draft_outcome__published_at__isnull=False,
        )
        .exclude(description="")
        .order_by("pk")
        .select_related("category")
        .prefetch_related(
            Prefetch("photos", queryset=Photo.objects.select_related("image").filter(position=0)),
            Prefetch(
                "attribute_rows",
                queryset=ListingAttribute.objects.select_related("attribute").order_by("pk"),
            ),
        )
    )
    for listing in listings.iterator(chunk_size=BATCH):
        photos = (_file_of(photo, folder) for photo in listing.photos.all())
        yield {
            "id": str(listing.public_id),
            "title": listing.title,
            "category": listing.category.path.split(" > ") if listing.category else [],
            "attributes": _attributes(listing),
            "description": listing.description,
            "photos": [name for name in photos if name],
        }


def _attributes(listing: Listing) -> dict[str, str]:
    values: dict[str, list[str]] = {}
    for row in listing.attribute_rows.all():
        values.setdefault(row.attribute.name, []).append(row.text)
    said = {name: ", ".join(texts) for name, texts in values.items()}
    return said | ({"Condition": listing.condition} if listing.condition else {})


def _file_of(photo: Photo, folder: Path) -> str:
    """Empty where the storage has lost it: the words are worth learning from without."""
    name = f"{photo.image_id}.webp"
    try:
        (folder / name).write_bytes(read_variant(photo.image, VARIANT))
    except OSError as error:
        log.warning("photo_file_missing", image=photo.image_id, reason=str(error))
        return ""
    return name
