"""The editor saves one field at a time, as text, and never over somebody else's change."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from listing_assistant.accounts.models import User
from listing_assistant.assistant import choices
from listing_assistant.catalogue.models import Attribute, AttributeKind
from listing_assistant.catalogue.selectors import attributes_of
from listing_assistant.listings import services as listings
from listing_assistant.listings.errors import ListingError, StaleEditError
from listing_assistant.listings.models import Listing

FIELDS = (
    "title",
    "description",
    "category",
    "condition",
    "condition_note",
    "price",
    "currency",
    "format",
    "quantity",
    "ad_rate",
)


@dataclass
class ConflictError(Exception):
    """The field was changed elsewhere since this page read it; `current` is what it says now."""

    name: str
    current: str


def field_text(listing: Listing, name: str) -> str:
    """What the field's control shows: a field of FIELDS, or "attribute-<id>"."""
    if name.startswith("attribute-"):
        rows = listing.attribute_rows.filter(attribute_id=int(name.removeprefix("attribute-")))
        return ", ".join(rows.order_by("id").values_list("text", flat=True))
    if name == "category":
        return str(listing.category_id or "")
    value = getattr(listing, name)
    if isinstance(value, Decimal):
        return f"{value.normalize():f}" if name == "ad_rate" else str(value)
    return "" if value is None else str(value)


def save_field(*, listing: Listing, user: User, name: str, text: str, base: str | None) -> None:
    """Store what was typed. `base` is the text the typing started from; None overwrites.

    Raises ConflictError, and ListingError for a text that the field cannot hold.
    """
    if name.startswith("attribute-"):
        _check_base(listing, name, text, base)
        attribute = _attribute(listing, name)
        choices.state_detail(
            listing=listing, user=user, attribute=attribute, text=_values(attribute, text)
        )
        return
    if name not in FIELDS:
        raise ListingError("unknown_field", f"There is no field {name!r}.")
    while True:
        _check_base(listing, name, text, base)
        try:
            listings.edit_listing(
                listing=listing, user=user, changes={name: text}, version=listing.version
            )
            return
        except StaleEditError as error:
            # Another field was saved in between: look at this one again.
            listing.refresh_from_db()
            assert listing.version >= error.current.version


def _check_base(listing: Listing, name: str, text: str, base: str | None) -> None:
    current = field_text(listing, name)
    if base is not None and current not in (base, text):
        raise ConflictError(name, current)


def _attribute(listing: Listing, name: str) -> Attribute:
    """One of the category's, or any while there is no category yet."""
    pk = name.removeprefix("attribute-")
    if listing.category is None:
        known = list(Attribute.objects.filter(pk=pk)) if pk.isdecimal() else []
    else:
        known = [row.attribute for row in attributes_of(listing.category)]
        known += [row.attribute for row in listing.attribute_rows.select_related("attribute")]
    for attribute in known:
        if str(attribute.pk) == pk:
            return attribute
    raise ListingError("unknown_field", "This detail does not belong to the category.", field=name)


def _values(attribute: Attribute, text: str) -> str | list[str]:
    """Several values are typed with commas; a bare number is in the attribute's unit."""
    if attribute.kind == AttributeKind.MULTI:
        return [part.strip() for part in text.split(",") if part.strip()]
    is_bare = re.fullmatch(r"\s*[0-9]+([.,][0-9]+)?\s*", text)
    if attribute.kind == AttributeKind.NUMBER and attribute.unit and is_bare:
        return f"{text.strip()} {attribute.unit}"
    return text
