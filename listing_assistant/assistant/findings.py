"""What a step of the pipeline found, before it is stored as suggestions and evidence."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from listing_assistant.assistant.models import Evidence, Region, Suggestion
from listing_assistant.listings.models import Listing


@dataclass(frozen=True)
class Clue:
    """One piece of evidence; which fields are filled depends on `kind`."""

    kind: Evidence.Kind
    text: str = ""
    field: str = ""
    start: int | None = None
    end: int | None = None
    photo_id: int | None = None
    region: Region | None = None
    seen_image: str = ""
    neighbour_id: int | None = None
    weight: float = 0.0


@dataclass(frozen=True)
class Finding:
    """A suggestion to be; `value` and `about` as documented on the model."""

    kind: Suggestion.Kind
    label: str
    value: dict[str, Any]
    confidence: float
    key: str = ""
    rank: int = 0
    clues: tuple[Clue, ...] = ()
    about: dict[str, Any] = field(default_factory=dict)


def content_hash(listing: Listing) -> str:
    """What the models see of a listing: photos in order, title, chosen category."""
    return content_hash_in(listing, listing.category_id)


def content_hash_in(listing: Listing, category_id: int | None) -> str:
    """The hash that the listing would have in that category."""
    images = list(listing.photos.order_by("position").values_list("image_id", flat=True))
    return _digest([listing.title.strip(), images, category_id])


def input_hash(content: str, releases: Sequence[str]) -> str:
    return _digest([content, list(releases)])


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, ensure_ascii=False).encode()).hexdigest()
