"""Staff's edits of a taxonomy: new values, synonyms, merges. Each raises the taxonomy's version.

What listings say is rewritten by the layer above, in the same transaction
(`listing_assistant.listings.vocabulary`).
"""

from __future__ import annotations

from django.db.models import F, Max

from listing_assistant.catalogue.models import Attribute, AttributeValue, Taxonomy
from listing_assistant.catalogue.selectors import find_value, spelling_key

MAX_VALUE = AttributeValue._meta.get_field("value").max_length or 0
OWN_PREFIX = "staff:"  # of source ids that no source gives


class VocabularyError(Exception):
    """An edit that cannot be made; `message` says why and what to do."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def raise_version(taxonomy_id: int) -> None:
    """Tell every process that what it keeps of the taxonomy is out of date.

    The row stays locked until the transaction ends, so edits of one taxonomy follow each other.
    """
    Taxonomy.objects.filter(pk=taxonomy_id).update(version=F("version") + 1)


def add_value(attribute: Attribute, text: str) -> AttributeValue:
    """A new value of the list, behind the others. Raises VocabularyError("known", "empty" …)."""
    name = _checked(text)
    known = find_value(attribute, name)
    if known is not None:
        raise VocabularyError(
            "known", f"“{name}” is known already: it means “{known}”. Reload the page."
        )
    last = attribute.values.aggregate(last=Max("position"))["last"]
    return AttributeValue.objects.create(
        attribute=attribute,
        source_id=_own_source_id(attribute, name),
        value=name,
        position=0 if last is None else last + 1,
        added_by_staff=True,
    )


def add_synonyms(value: AttributeValue, texts: list[str]) -> list[str]:
    """Let other spellings mean this value; returns those that are new to it.

    Raises VocabularyError("means_another") where a spelling is another active value's already.
    """
    keys = {spelling_key(each) for each in (value.value, *value.synonyms)}
    new: list[str] = []
    for text in texts:
        spelling = _checked(text).lower()
        other = find_value(value.attribute, spelling)
        if other is not None and other.pk != value.pk:
            raise VocabularyError(
                "means_another", f"“{text}” means “{other}” already. Merge the two values instead."
            )
        if spelling_key(spelling) not in keys:
            keys.add(spelling_key(spelling))
            new.append(spelling)
    if new:
        value.synonyms = [*value.synonyms, *new]
        value.save(update_fields=["synonyms"])
    return new


def retire_into(value: AttributeValue, into: AttributeValue) -> list[str]:
    """Make `value` another spelling of `into`; returns the synonyms that `into` gained.

    Raises VocabularyError("same", "other_attribute", "merged").
    """
    if value.pk == into.pk:
        raise VocabularyError("same", "Choose two different values.")
    if value.attribute_id != into.attribute_id:
        raise VocabularyError("other_attribute", "Only values of one attribute can be merged.")
    for each in (value, into):
        if each.merged_into_id is not None:
            raise VocabularyError("merged", f"“{each}” is merged into another value already.")
    if not into.is_active:
        raise VocabularyError("inactive", f"“{into}” is retired. Choose a value that is in use.")
    value.is_active, value.merged_into = False, into
    value.save(update_fields=["is_active", "merged_into"])
    spellings = [value.value, *value.synonyms]
    # A spelling that stood for a third value all the while goes on doing so.
    free = [each for each in spellings if find_value(into.attribute, each) in (None, into)]
    return add_synonyms(into, free)


def restore(value: AttributeValue, gained: list[str]) -> None:
    """Take a merge back: the value stands for itself, and the other loses what it gained."""
    into = value.merged_into
    if into is None:
        raise VocabularyError("not_merged", f"“{value}” is not merged any more.")
    if into.merged_into_id is not None:
        raise VocabularyError(
            "merged", f"“{into}” was merged into “{into.merged_into}” since. Undo that first."
        )
    drop_synonyms(into, gained)
    value.is_active, value.merged_into = True, None
    value.save(update_fields=["is_active", "merged_into"])


def drop_synonyms(value: AttributeValue, gained: list[str]) -> None:
    value.synonyms = [each for each in value.synonyms if each not in gained]
    value.save(update_fields=["synonyms"])


def _checked(text: str) -> str:
    name = " ".join(text.split())
    if not spelling_key(name):
        raise VocabularyError("empty", "Give the value a name with letters or figures in it.")
    if len(name) > MAX_VALUE:
        raise VocabularyError("too_long", f"A value has at most {MAX_VALUE} characters.")
    return name


def _own_source_id(attribute: Attribute, name: str) -> str:
    wanted = f"{OWN_PREFIX}{spelling_key(name)}"[:150]
    taken = set(
        attribute.values.filter(source_id__startswith=wanted).values_list("source_id", flat=True)
    )
    candidates = [wanted, *(f"{wanted}-{number}" for number in range(2, len(taken) + 3))]
    return next(each for each in candidates if each not in taken)
