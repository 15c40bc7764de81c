"""Many listings at once: what the demo and imports share below the services.

The services write one listing at a time, with signals. Here rows go in by the hundred; the sweep
of the recommender finds what has no vector yet.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, models

from listing_assistant.catalogue.models import Attribute, Category
from listing_assistant.catalogue.selectors import ValueFinder, attributes_of, spelling_key
from listing_assistant.listings import photo_files
from listing_assistant.listings.models import Listing, ListingAttribute, Photo
from listing_assistant.listings.photos import PreparedPhoto

MAX_TEXT = ListingAttribute._meta.get_field("text").max_length or 0
# What other catalogues call what the starter taxonomy has.
OTHER_NAMES = {"color": "colour", "gender": "department", "idealfor": "department"}


@dataclass(frozen=True)
class KnownAttribute:
    attribute: Attribute
    values: ValueFinder


class CategoryVocabulary:
    """The attributes of categories by any spelling, each category read once."""

    def __init__(self) -> None:
        self._known: dict[int, dict[str, KnownAttribute]] = {}

    def of(self, category: Category) -> dict[str, KnownAttribute]:
        if category.pk not in self._known:
            self._known[category.pk] = {
                spelling_key(link.attribute.name): KnownAttribute(
                    link.attribute, ValueFinder(link.attribute.values.all())
                )
                for link in attributes_of(category)
            }
        return self._known[category.pk]

    def find(self, category: Category, name: str) -> KnownAttribute | None:
        key = spelling_key(name)
        return self.of(category).get(OTHER_NAMES.get(key, key))


def attribute_row(listing: Listing, known: KnownAttribute, text: str) -> ListingAttribute:
    value = known.values.find(text)
    return ListingAttribute(
        listing=listing,
        attribute=known.attribute,
        value=value,
        text=value.value if value else text[:MAX_TEXT],
    )


def write_listings(
    listings: Sequence[Listing], photos: Mapping[int, Sequence[tuple[str, PreparedPhoto]]]
) -> None:
    """Insert listings with their photos; `photos` maps a listing's place to names and pictures.

    Part of the caller's transaction. Files are written before: one that no row names is harmless.
    """
    images = {
        prepared.sha256: photo_files.store(prepared)
        for pictures in photos.values()
        for _, prepared in pictures
    }
    Listing.objects.bulk_create(listings)
    rows = []
    for place, pictures in photos.items():
        # The same picture twice in one listing is one photo.
        distinct = {prepared.sha256: name for name, prepared in reversed(pictures)}
        for position, (sha256, name) in enumerate(reversed(distinct.items())):
            rows.append(
                Photo(
                    listing=listings[place],
                    image=images[sha256],
                    position=position,
                    file_name=name[:200],
                )
            )
    Photo.objects.bulk_create(rows)


def write_attributes(rows: Iterable[ListingAttribute]) -> None:
    ListingAttribute.objects.bulk_create(rows, ignore_conflicts=True)


def copy_rows(
    model: type[models.Model], names: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    """Insert rows many times faster than `bulk_create`, with times in the past if they say so.

    `names` are the fields that a row gives, in its order; the others get their defaults. JSON is
    given as text, a related row as its key.
    """
    fields = [field for field in model._meta.concrete_fields if not field.primary_key]
    others = [field for field in fields if field.name not in names]
    by_name = {field.name: field.column for field in fields}
    columns = [*(by_name[name] for name in names), *(field.column for field in others)]
    listed = ", ".join(f'"{column}"' for column in columns)
    with (
        connection.cursor() as cursor,
        cursor.copy(f'COPY "{model._meta.db_table}" ({listed}) FROM STDIN') as copy,
    ):
        for row in rows:
            copy.write_row([*row, *(_default(field) for field in others)])


def _default(field: models.Field[Any, Any]) -> Any:
    """What a row has that does not say; nothing, where nothing is allowed."""
    value = field.get_default()
    return json.dumps(value) if isinstance(field, models.JSONField) else value
