"""A listing's fields and attributes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from listing_assistant.accounts.models import User
from listing_assistant.catalogue import units
from listing_assistant.catalogue.models import Attribute, AttributeKind, AttributeValue, Product
from listing_assistant.catalogue.selectors import find_value
from listing_assistant.listings import fields, policy, signals
from listing_assistant.listings.errors import ListingError, StaleEditError, invalid
from listing_assistant.listings.models import Listing, ListingAttribute, State
from listing_assistant.listings.readiness import field_problems

from .access import announce_content, check_editable, check_owner, locked_for_editing, not_editable

CONTENT_FIELDS = frozenset({"title", "description", "category", "condition", "condition_note"})
MAX_ATTRIBUTE_TEXT = ListingAttribute._meta.get_field("text").max_length or 0


@transaction.atomic
def create_draft(
    *,
    seller: User,
    product: Product | None = None,
    import_key: str | None = None,
    **changes: Any,
) -> Listing:
    """A new draft with any of the fields of `edit_listing`.

    Raises ListingError: "not_a_seller", or "invalid" with one problem a field.
    """
    if not seller.is_seller:
        raise ListingError("not_a_seller", "Turn on selling in your profile first.")
    values = fields.clean(changes)
    if seller.currency in policy.CURRENCIES:
        values.setdefault("currency", seller.currency)
    listing = Listing.objects.create(
        seller=seller, product=product, import_key=import_key, **values
    )
    if CONTENT_FIELDS & {name for name, value in values.items() if value}:
        signals.content_changed.send(sender=Listing, listing=listing)
    return listing


def edit_listing(
    *, listing: Listing, user: User, changes: Mapping[str, Any], version: int | None
) -> Listing:
    """Change fields, all of them or none, and return `listing` as it is then.

    `version` is the one the edit started from; None overwrites whatever is there. It counts edits
    of these fields only: photos and attributes are rows of their own and never make an edit stale.

    Raises NotYoursError, StaleEditError, ListingError("not_editable") or ListingError("invalid")
    with one problem a field; a live listing must stay fit to be shown.
    """
    check_owner(listing, user)
    values = fields.clean(changes)
    with transaction.atomic():
        # Checks of several fields together need the row to stand still.
        current = Listing.objects.select_for_update(of=("self",)).get(pk=listing.pk)
        check_editable(current, user)
        changed = {name: value for name, value in values.items() if getattr(current, name) != value}
        if changed:
            if version is not None and version != current.version:
                raise StaleEditError(current)
            _apply(current, changed)
    listing.refresh_from_db()
    return listing


def _apply(listing: Listing, changed: dict[str, Any]) -> None:
    for name, value in changed.items():
        setattr(listing, name, value)
    if listing.state == State.LIVE and (problems := field_problems(listing)):
        raise invalid(problems)
    rows = Listing.objects.filter(pk=listing.pk, state__in=policy.EDITABLE_STATES)
    changed = {**changed, "version": F("version") + 1, "updated_at": timezone.now()}
    if not rows.update(**changed):
        raise not_editable(listing)
    listing.version += 1
    if CONTENT_FIELDS & changed.keys():
        signals.content_changed.send(sender=Listing, listing=listing)


@transaction.atomic
def delete_draft(*, listing: Listing, user: User) -> None:
    """Throw a draft away for good. Raises NotYoursError or ListingError("not_a_draft")."""
    check_owner(listing, user)
    drafts = Listing.objects.filter(pk=listing.pk, state=State.DRAFT)
    if not drafts.exists():
        raise ListingError("not_a_draft", "Only a draft can be deleted. End the listing instead.")
    drafts.delete()


@transaction.atomic
def set_attribute(
    *, listing: Listing, user: User, attribute: Attribute, text: str | Sequence[str] | None
) -> list[ListingAttribute]:
    """State one attribute, replacing what was stated; None or "" states nothing.

    A text that means a value of the taxonomy is stored as that value; another is kept as typed.
    Several texts are for attributes of kind "multi". Raises NotYoursError or ListingError with
    `field` "attribute-<id>": "not_editable", "several_values", "too_long", "not_a_measure".
    """
    current = locked_for_editing(listing, user)
    try:
        wanted = _stated(attribute, text)
    except ListingError as error:
        error.field = f"attribute-{attribute.pk}"
        raise
    rows = current.attribute_rows.filter(attribute=attribute)
    before = {(row.text, row.value_id) for row in rows}
    if before != {(text, value.pk if value else None) for text, value in wanted.items()}:
        rows.delete()
        ListingAttribute.objects.bulk_create(
            ListingAttribute(listing=current, attribute=attribute, text=text, value=value)
            for text, value in wanted.items()
        )
        announce_content(current)
    return list(current.attribute_rows.filter(attribute=attribute).order_by("id"))


def _stated(
    attribute: Attribute, text: str | Sequence[str] | None
) -> dict[str, AttributeValue | None]:
    """Text to show → the taxonomy's value, in the order given."""
    typed = [text] if isinstance(text, str) else list(text or ())
    name = attribute.name
    texts = [fields.readable_text(one, name, MAX_ATTRIBUTE_TEXT) for one in typed]
    texts = [one for one in texts if one]
    if len(texts) > 1 and attribute.kind != AttributeKind.MULTI:
        raise ListingError("several_values", f"{name} takes one value.")
    if len(texts) > policy.MAX_VALUES_PER_ATTRIBUTE:
        limit = policy.MAX_VALUES_PER_ATTRIBUTE
        raise ListingError("several_values", f"{name} takes at most {limit} values.")
    values: dict[str, AttributeValue | None] = {}
    for one in texts:
        value = find_value(attribute, one)
        values[value.value if value else _free_text(attribute, one)] = value
    return values


def _free_text(attribute: Attribute, text: str) -> str:
    """As typed; a number in the attribute's unit, so that listings can be compared."""
    if attribute.kind != AttributeKind.NUMBER or not attribute.unit:
        return text
    try:
        return f"{units.plain(units.convert(text, attribute.unit))} {attribute.unit}"
    except units.UnitError as error:
        raise ListingError(
            "not_a_measure", f"{attribute.name}: {error}. Its unit here is {attribute.unit}."
        ) from error
