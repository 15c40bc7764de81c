"""Edits of the vocabulary that change what listings say: merges, and texts that become values.

Each is one transaction: the vocabulary, the listings' rows and the audit row are true together or
not at all, and an undo puts back what the sellers have not changed since.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from listing_assistant.accounts.models import User
from listing_assistant.catalogue import editing
from listing_assistant.catalogue.editing import VocabularyError
from listing_assistant.catalogue.models import Attribute, AttributeValue
from listing_assistant.catalogue.selectors import spelling_key
from listing_assistant.listings.models import ListingAttribute, RewrittenAttribute, VocabularyEdit

Kind = VocabularyEdit.Kind
BATCH = 2_000


@transaction.atomic
def merge_values(*, value: AttributeValue, into: AttributeValue, user: User) -> VocabularyEdit:
    """Let `into` stand for `value` from now on, in the vocabulary and in every listing.

    The old spelling becomes a synonym and the old id leads to the new one. Raises VocabularyError.
    """
    value, into = _locked(value, into)
    edit = VocabularyEdit.objects.create(
        kind=Kind.MERGE,
        attribute=into.attribute,
        text=value.value,
        value=into,
        merged=value,
        gained=editing.retire_into(value, into),
        made_by=user,
    )
    return _rewrite(edit, ListingAttribute.objects.filter(value=value))


@transaction.atomic
def adopt_as_value(*, attribute: Attribute, text: str, user: User) -> VocabularyEdit:
    """Take a text that sellers typed into the list of values. Raises VocabularyError."""
    editing.raise_version(attribute.taxonomy_id)
    value = editing.add_value(attribute, text)
    edit = VocabularyEdit.objects.create(
        kind=Kind.VALUE, attribute=attribute, text=value.value, value=value, made_by=user
    )
    return _rewrite(edit, _typed_as(attribute, text))


@transaction.atomic
def adopt_as_synonym(*, value: AttributeValue, text: str, user: User) -> VocabularyEdit:
    """Let a text that sellers typed mean a value of the list. Raises VocabularyError."""
    (value,) = _locked(value)
    if not value.is_active:
        raise VocabularyError("inactive", f"“{value}” is retired. Choose a value that is in use.")
    edit = VocabularyEdit.objects.create(
        kind=Kind.SYNONYM,
        attribute=value.attribute,
        text=text[: editing.MAX_VALUE],
        value=value,
        gained=editing.add_synonyms(value, [text]),
        made_by=user,
    )
    return _rewrite(edit, _typed_as(value.attribute, text))


@transaction.atomic
def undo_edit(*, edit: VocabularyEdit, user: User) -> VocabularyEdit:
    """Put vocabulary and listings back; what a seller has stated anew since stays.

    Raises VocabularyError("undone") the second time, and ("merged") where a later merge stands on
    this edit.
    """
    editing.raise_version(edit.attribute.taxonomy_id)
    edit = VocabularyEdit.objects.select_for_update(of=("self",)).get(pk=edit.pk)
    if edit.undone_at is not None:
        raise VocabularyError("undone", "This is undone already.")
    if edit.merged is not None:
        editing.restore(edit.merged, edit.gained)
    elif edit.value.merged_into is not None:
        raise VocabularyError(
            "merged",
            f"“{edit.value}” was merged into “{edit.value.merged_into}” since. Undo that first.",
        )
    else:
        editing.drop_synonyms(edit.value, edit.gained)
    _put_back(edit)
    if edit.kind == Kind.VALUE:
        _retire_if_unused(edit.value)
    edit.undone_by, edit.undone_at = user, timezone.now()
    edit.save(update_fields=["undone_by", "undone_at"])
    return edit


def _locked(*values: AttributeValue) -> list[AttributeValue]:
    """Read anew after the taxonomy's lock, so that two edits never build on one old state."""
    editing.raise_version(values[0].attribute.taxonomy_id)
    found = AttributeValue.objects.select_related("attribute", "merged_into").in_bulk(
        [value.pk for value in values]
    )
    return [found[value.pk] for value in values]


def _typed_as(attribute: Attribute, text: str) -> QuerySet[ListingAttribute]:
    """Rows without a value whose text is `text` in any of its spellings."""
    free = ListingAttribute.objects.filter(attribute=attribute, value=None)
    texts = free.order_by().values_list("text", flat=True).distinct()
    same = [each for each in texts if spelling_key(each) == spelling_key(text)]
    return free.filter(text__in=same)


def _rewrite(edit: VocabularyEdit, rows: QuerySet[ListingAttribute]) -> VocabularyEdit:
    """Let the rows say the edit's value, and keep what they said."""
    said = list(rows.select_for_update().order_by("id"))
    beside = set(
        ListingAttribute.objects.filter(
            attribute=edit.attribute,
            text=edit.value.value,
            listing__in={row.listing_id for row in said},
        )
        .exclude(pk__in=[row.pk for row in said])
        .values_list("listing_id", flat=True)
    )
    kept: list[ListingAttribute] = []
    dropped: list[ListingAttribute] = []
    for row in said:
        (dropped if row.listing_id in beside else kept).append(row)
        beside.add(row.listing_id)
    _remember(edit, kept, was_dropped=False)
    _remember(edit, dropped, was_dropped=True)
    ListingAttribute.objects.filter(pk__in=[row.pk for row in dropped]).delete()
    for chunk in _chunks(kept):
        ListingAttribute.objects.filter(pk__in=[row.pk for row in chunk]).update(
            value=edit.value, text=edit.value.value
        )
    edit.listing_count = len({row.listing_id for row in said})
    edit.save(update_fields=["listing_count"])
    return edit


def _remember(edit: VocabularyEdit, rows: Iterable[ListingAttribute], *, was_dropped: bool) -> None:
    RewrittenAttribute.objects.bulk_create(
        [
            RewrittenAttribute(
                edit=edit,
                listing_id=row.listing_id,
                row=None if was_dropped else row,
                was_dropped=was_dropped,
                text=row.text,
                value_id=row.value_id,
            )
            for row in rows
        ],
        batch_size=BATCH,
    )


def _put_back(edit: VocabularyEdit) -> None:
    """Only where the listing still says what the edit wrote."""
    now = ListingAttribute.objects.select_for_update().filter(
        attribute=edit.attribute, value=edit.value
    )
    by_pk = {row.pk: row for row in now}
    listings = {row.listing_id for row in by_pk.values()}
    changed, again = [], []
    for old in edit.rewritten.order_by("id"):
        if old.row_id in by_pk:
            row = by_pk[old.row_id]
            row.text, row.value_id = old.text, old.value_id
            changed.append(row)
        elif old.was_dropped and old.listing_id in listings:
            again.append(
                ListingAttribute(
                    listing_id=old.listing_id,
                    attribute=edit.attribute,
                    text=old.text,
                    value_id=old.value_id,
                )
            )
    ListingAttribute.objects.bulk_update(changed, ["text", "value"], batch_size=BATCH)
    ListingAttribute.objects.bulk_create(again, ignore_conflicts=True, batch_size=BATCH)


def _retire_if_unused(value: AttributeValue) -> None:
    """Sellers who chose the value since keep it; without any it leaves the list."""
    if not ListingAttribute.objects.filter(value=value).exists():
        value.is_active = False
        value.save(update_fields=["is_active"])


def _chunks(rows: list[ListingAttribute]) -> Iterable[list[ListingAttribute]]:
    return (rows[start : start + BATCH] for start in range(0, len(rows), BATCH))
