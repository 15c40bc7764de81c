"""How listings use the vocabulary: what is filled, what sellers corrected, what no list holds."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.db.models.fields.json import KeyTextTransform

from listing_assistant.assistant.models import Choice, Suggestion
from listing_assistant.catalogue.models import (
    PATH_SEPARATOR,
    Attribute,
    AttributeKind,
    AttributeValue,
    Category,
    CategoryAttribute,
    Taxonomy,
)
from listing_assistant.catalogue.selectors import spelling_key
from listing_assistant.listings.models import Listing, ListingAttribute, State, VocabularyEdit

# Kinds whose values come from a list; of the others a new value is nothing unusual.
LISTED = (AttributeKind.CHOICE, AttributeKind.MULTI)
MOST_SHOWN = 25
# How alike two spellings are, 0..1, before one is offered in the other's place.
ALIKE = 0.75

Group = tuple[str, str, str]  # attribute id, suggested text, what the seller wrote


@dataclass(frozen=True)
class Coverage:
    """Of `live` listings that could state the attribute: how many do, and how they came to it."""

    attribute: Attribute
    live: int
    filled: int
    suggested: int
    accepted: int

    def share(self, count: int) -> float:
        return count / self.live if self.live else 0.0


@dataclass(frozen=True)
class Correction:
    """A suggestion that sellers turned down; `wanted` is what they wrote instead, "" if nothing."""

    attribute: Attribute
    suggested: str
    wanted: str
    listings: int


@dataclass(frozen=True)
class TypedValue:
    """A text that no list holds, and the value that is spelt most like it."""

    attribute: Attribute
    text: str
    listings: int
    nearest: AttributeValue | None


@dataclass(frozen=True)
class UsedValue:
    value: AttributeValue
    listings: int


def listings_in(place: Category | Taxonomy) -> QuerySet[Listing]:
    """Of the category and all below it, or of the whole taxonomy, in any state."""
    if isinstance(place, Taxonomy):
        return Listing.objects.filter(category__taxonomy=place)
    below = Q(category=place) | Q(
        category__taxonomy=place.taxonomy_id, category__path__startswith=place.path + PATH_SEPARATOR
    )
    return Listing.objects.filter(below)


def coverage_of(place: Category | Taxonomy) -> list[Coverage]:
    """One row an attribute that a live listing there could state, the least filled first."""
    taxonomy_id = place.pk if isinstance(place, Taxonomy) else place.taxonomy_id
    live = listings_in(place).filter(state=State.LIVE)
    by_category = dict(live.order_by().values_list("category").annotate(Count("pk")))
    possible: Counter[int] = Counter()
    for category, attributes in _attributes_by_category(taxonomy_id, by_category).items():
        for attribute in attributes:
            possible[attribute] += by_category[category]
    filled = _count(ListingAttribute.objects.filter(listing__in=live), "attribute", "listing")
    made = Suggestion.objects.filter(kind=Suggestion.Kind.ATTRIBUTE, analysis__listing__in=live)
    suggested = _count(made, "key", "analysis__listing")
    accepted = _count(made.filter(state=Suggestion.State.ACCEPTED), "key", "analysis__listing")
    names = Attribute.objects.in_bulk(list(possible))
    rows = [
        Coverage(
            names[pk],
            total,
            filled.get(str(pk), 0),
            suggested.get(str(pk), 0),
            accepted.get(str(pk), 0),
        )
        for pk, total in possible.items()
    ]
    return sorted(rows, key=lambda row: (row.share(row.filled), -row.live, row.attribute.name))


def _count(rows: QuerySet[Any], key: str, listing: str) -> dict[str, int]:
    """Listings by the attribute's id as a text, which is what suggestions are keyed by."""
    counted = rows.order_by().values_list(key).annotate(Count(listing, distinct=True))
    return {str(pk): count for pk, count in counted}


def _attributes_by_category(taxonomy_id: int, categories: Iterable[int]) -> dict[int, set[int]]:
    """What `catalogue.selectors.attributes_of` gives, for many categories with three queries."""
    inherits = Taxonomy.objects.values_list("inherits_attributes", flat=True).get(pk=taxonomy_id)
    parents = dict(Category.objects.filter(taxonomy=taxonomy_id).values_list("pk", "parent"))
    own: dict[int, list[tuple[str, int]]] = {}
    links = CategoryAttribute.objects.filter(
        category__taxonomy=taxonomy_id, attribute__is_active=True
    )
    for category, name, attribute in links.values_list("category", "attribute__name", "attribute"):
        own.setdefault(category, []).append((name, attribute))
    return {pk: _inherited(pk, parents if inherits else {}, own) for pk in categories}


def _inherited(
    category: int, parents: Mapping[int, int | None], own: Mapping[int, list[tuple[str, int]]]
) -> set[int]:
    by_name: dict[str, int] = {}
    place: int | None = category
    while place is not None:
        for name, attribute in own.get(place, []):
            by_name.setdefault(name, attribute)
        place = parents.get(place)
    return set(by_name.values())


def corrections_in(place: Category | Taxonomy | Attribute) -> list[Correction]:
    """What sellers turned down most often, with what they wrote instead."""
    made = Suggestion.objects.filter(kind=Suggestion.Kind.ATTRIBUTE)
    if isinstance(place, Attribute):
        made = made.filter(key=str(place.pk))
    else:
        made = made.filter(analysis__listing__in=listings_in(place))
    counted: Counter[Group] = Counter()
    text = KeyTextTransform("text", "value")
    rejected = made.filter(state=Suggestion.State.REJECTED).order_by().annotate(text=text)
    for key, said, count in rejected.values_list("key", "text").annotate(
        Count("analysis__listing", distinct=True)
    ):
        counted[key, said, ""] += count
    edits = Choice.objects.filter(
        action=Choice.Action.EDIT,
        suggestion__in=made.filter(state=Suggestion.State.EDITED),
    )
    edited = edits.order_by().annotate(said=KeyTextTransform("text", "suggestion__value"))
    for key, said, wrote, count in edited.values_list("suggestion__key", "said", "value").annotate(
        Count("suggestion__analysis__listing", distinct=True)
    ):
        counted[key, said, ", ".join(map(str, wrote or []))] += count
    attributes = Attribute.objects.in_bulk([int(key) for key, _, _ in counted])
    return [
        Correction(attributes[int(key)], said, wrote, count)
        for (key, said, wrote), count in counted.most_common(MOST_SHOWN)
        if int(key) in attributes
    ]


def typed_values_in(place: Category | Taxonomy | Attribute) -> list[TypedValue]:
    """Texts of live listings that no list of values holds, the most frequent first."""
    rows = ListingAttribute.objects.filter(
        value=None, attribute__kind__in=LISTED, listing__state=State.LIVE
    )
    if isinstance(place, Attribute):
        rows = rows.filter(attribute=place)
    else:
        rows = rows.filter(listing__in=listings_in(place))
    counted = rows.order_by().values_list("attribute", "text").annotate(count=Count("listing"))
    spelt: dict[tuple[int, str], TypedValue] = {}
    attributes = Attribute.objects.in_bulk({pk for pk, _, _ in counted})
    for pk, text, count in counted.order_by("-count", "text"):
        known = spelt.get((pk, spelling_key(text)))
        spelt[pk, spelling_key(text)] = TypedValue(
            attributes[pk],
            known.text if known else text,
            count + (known.listings if known else 0),
            None,
        )
    most = sorted(spelt.values(), key=lambda row: (-row.listings, row.text))[:MOST_SHOWN]
    return _with_nearest(most)


def _with_nearest(typed: list[TypedValue]) -> list[TypedValue]:
    values: dict[int, list[AttributeValue]] = {}
    wanted = {row.attribute.pk for row in typed}
    for value in AttributeValue.objects.filter(attribute__in=wanted, is_active=True):
        values.setdefault(value.attribute_id, []).append(value)
    return [
        TypedValue(
            row.attribute,
            row.text,
            row.listings,
            next(iter(nearest(row.text, values.get(row.attribute.pk, []), count=1)), None),
        )
        for row in typed
    ]


def nearest(text: str, values: Iterable[AttributeValue], *, count: int) -> list[AttributeValue]:
    """The values whose name or a synonym is spelt most like `text`, best first."""
    spellings: dict[str, AttributeValue] = {}
    for value in values:
        for spelling in (value.value, *value.synonyms):
            spellings.setdefault(spelling_key(spelling), value)
    close = difflib.get_close_matches(spelling_key(text), spellings, n=4 * count, cutoff=ALIKE)
    return list(dict.fromkeys(spellings[each] for each in close))[:count]


def used_values(attribute: Attribute, *, words: str = "") -> list[UsedValue]:
    """Active values whose name holds `words`, with how many listings state them, most first."""
    values = attribute.values.filter(is_active=True)
    if words:
        values = values.filter(Q(value__icontains=words) | Q(synonyms__icontains=words))
    stated = ListingAttribute.objects.filter(attribute=attribute).exclude(value=None)
    counts = dict(stated.order_by().values_list("value").annotate(Count("listing", distinct=True)))
    rows = [UsedValue(value, counts.get(value.pk, 0)) for value in values]
    return sorted(rows, key=lambda row: (-row.listings, row.value.value.casefold()))


def edits_of(attribute: Attribute) -> QuerySet[VocabularyEdit]:
    """What staff did to the attribute's values, newest first."""
    return attribute.edits.select_related("value", "merged", "made_by", "undone_by")


def listings_that_say(value: AttributeValue) -> tuple[int, int]:
    """(all, live) listings that a merge of the value would rewrite."""
    rows = ListingAttribute.objects.filter(value=value)
    return rows.count(), rows.filter(listing__state=State.LIVE).count()
