"""Search and category pages: live listings only, a fixed number of queries, bounded counts.

At most MAX_RESULTS hits come in one query, in order and without their texts. Facets are counted
over them and one page of them is loaded, unless the page finds what it drew from the same hits
in the cache: its keys hold when each hit was last changed, so nothing stale is ever shown.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.contrib.postgres.search import CombinedSearchQuery, SearchQuery, SearchRank
from django.db import connection
from django.db.models import Case, Count, Exists, F, OuterRef, QuerySet, Value, When
from django.db.models.expressions import RawSQL

from listing_assistant.catalogue.models import AttributeKind, Category

from .buyer_selectors import cards
from .criteria import Criteria, Sort
from .models import Condition, Format, Listing, ListingAttribute, State

PAGE_SIZE = 24
# Nobody reads past this many hits; counting and ranking stop there too.
MAX_RESULTS = 480
MAX_FACETS = 6
MAX_FACET_VALUES = 8
# An attribute that fewer of the hits have tells too little to filter by.
FACET_COVERAGE = 0.15
FACET_KINDS = (AttributeKind.CHOICE, AttributeKind.MULTI, AttributeKind.NUMBER)
# ts_rank weights for description, -, category and attributes, title.
RANK_WEIGHTS = [0.05, 0.1, 0.3, 1.0]


@dataclass(frozen=True)
class FacetValue:
    value: str
    label: str
    count: int | None
    selected: bool


@dataclass(frozen=True)
class Facet:
    parameter: str
    label: str
    values: list[FacetValue]


@dataclass(frozen=True)
class CategoryCount:
    name: str
    slug: str
    count: int


@dataclass(frozen=True)
class _Hit:
    id: int
    category: int | None
    condition: str
    format: str
    updated_at: datetime


@dataclass(frozen=True)
class Results:
    """One page of hits. What a page may have in its cache already is read only when asked for."""

    criteria: Criteria
    hits: Sequence[_Hit]
    is_bounded: bool  # there are more than `count`

    @property
    def count(self) -> int:
        return len(self.hits)

    @property
    def pages(self) -> int:
        return max(1, -(-len(self.hits) // PAGE_SIZE))

    @property
    def page(self) -> int:
        """As asked for; beyond the last one, the last."""
        return min(self.criteria.page, self.pages)

    @cached_property
    def listings(self) -> list[Listing]:
        ids = [hit.id for hit in self._shown]
        found = {listing.pk: listing for listing in cards().filter(pk__in=ids)}
        return [found[pk] for pk in ids if pk in found]

    @cached_property
    def facets(self) -> list[Facet]:
        asked = self.criteria
        return [
            _choice_facet("condition", "Condition", Condition, self.hits, asked.conditions),
            _choice_facet("format", "Format", Format, self.hits, asked.formats),
            *_attribute_facets(self.hits, asked),
        ]

    @cached_property
    def categories(self) -> list[CategoryCount]:
        return _category_counts(self.hits, self.criteria.category)

    @property
    def cards_key(self) -> str:
        """Changes with everything that the cards of this page show."""
        return _digest([(hit.id, hit.updated_at.timestamp()) for hit in self._shown])

    @property
    def filters_key(self) -> str:
        """Changes with everything that the filters beside the results show."""
        category = self.criteria.category.pk if self.criteria.category else None
        hits = sorted((hit.id, hit.updated_at.timestamp()) for hit in self.hits)
        return _digest((category, self.criteria.query_string(), self.criteria.home_currency, hits))

    @property
    def _shown(self) -> Sequence[_Hit]:
        return self.hits[(self.page - 1) * PAGE_SIZE : self.page * PAGE_SIZE]


def search_listings(criteria: Criteria) -> Results:
    """What the criteria ask for, best first: one query now, the others when they are needed."""
    hits = [_Hit(*row) for row in _hits(criteria)[: MAX_RESULTS + 1]]
    return Results(criteria, hits[:MAX_RESULTS], is_bounded=len(hits) > MAX_RESULTS)


def words_query(words: str) -> SearchQuery | CombinedSearchQuery:
    """Web-search syntax ("quoted", or, -without); the last word also matches as a beginning."""
    whole = SearchQuery(words, config="english", search_type="websearch")
    head, _, last = words.rpartition(" ")
    if not re.fullmatch(r"\w{2,}", last) or words.count('"') % 2 or last.lower() == "or":
        return whole
    start = SearchQuery(f"'{last}':*", config="simple", search_type="raw")
    return whole | (SearchQuery(head, config="english", search_type="websearch") & start)


def subtree_ids(category: Category) -> list[int]:
    """The category and everything below it."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH RECURSIVE tree AS (
                SELECT %s::bigint AS id
                UNION ALL
                SELECT child.id FROM catalogue_category child JOIN tree ON child.parent_id = tree.id
            )
            SELECT id FROM tree
            """,
            [category.pk],
        )
        return [row[0] for row in cursor.fetchall()]


def _hits(criteria: Criteria) -> QuerySet[Listing, tuple[int, int | None, str, str, datetime]]:
    listings = _filtered(criteria)
    order: list[str | F] = ["-published_at", "-id"]
    if criteria.words:
        query = words_query(criteria.words)
        listings = listings.filter(search=query)
        if criteria.sort is Sort.RELEVANCE:
            rank = SearchRank(F("search"), query, weights=RANK_WEIGHTS)
            listings = listings.annotate(rank=rank)
            order = ["-rank", *order]
    if criteria.sort in (Sort.CHEAPEST, Sort.DEAREST):
        # Prices of two currencies cannot be compared: the buyer's own currency comes first.
        foreign = Case(When(currency=criteria.home_currency, then=Value(0)), default=Value(1))
        listings = listings.annotate(foreign=foreign)
        price = "price" if criteria.sort is Sort.CHEAPEST else "-price"
        order = ["foreign", "currency", price, "-id"]
    columns = ("id", "category_id", "condition", "format", "updated_at")
    return listings.order_by(*order).values_list(*columns)


def _filtered(criteria: Criteria) -> QuerySet[Listing]:
    listings = Listing.objects.filter(state=State.LIVE)
    if criteria.category:
        listings = listings.filter(category__in=subtree_ids(criteria.category))
    if criteria.conditions:
        listings = listings.filter(condition__in=criteria.conditions)
    if criteria.formats:
        listings = listings.filter(format__in=criteria.formats)
    if criteria.minimum is not None:
        listings = listings.filter(price__gte=criteria.minimum)
    if criteria.maximum is not None:
        listings = listings.filter(price__lte=criteria.maximum)
    if criteria.minimum is not None or criteria.maximum is not None:
        listings = listings.filter(currency=criteria.home_currency)
    for attribute, texts in criteria.attribute_texts().items():
        row = ListingAttribute.objects.filter(
            listing=OuterRef("pk"), attribute=attribute, text__in=texts
        )
        listings = listings.filter(Exists(row))
    return listings


def _digest(content: object) -> str:
    return hashlib.blake2b(repr(content).encode(), digest_size=16).hexdigest()


def _choice_facet(
    name: str,
    label: str,
    choices: type[Condition] | type[Format],
    hits: Sequence[_Hit],
    selected: Sequence[str],
) -> Facet:
    counts = Counter(getattr(hit, name) for hit in hits)
    values = [
        # Beside a chosen value the hits say nothing about the others.
        FacetValue(
            choice,
            str(choice.label),
            None if selected and choice not in selected else counts[choice],
            choice in selected,
        )
        for choice in choices
        if counts[choice] or selected
    ]
    return Facet(name, label, values)


def _attribute_facets(hits: Sequence[_Hit], criteria: Criteria) -> list[Facet]:
    rows = (
        ListingAttribute.objects.filter(
            # One array is one parameter: hundreds of them take longer to send than to look up.
            listing__in=RawSQL("SELECT unnest(%s::bigint[])", [[hit.id for hit in hits]]),
            attribute__kind__in=FACET_KINDS,
        )
        .values_list("attribute_id", "attribute__name", "text")
        .annotate(count=Count("id"))
        .order_by("-count", "text")[:400]
    )
    names: dict[int, str] = {}
    counts: dict[int, list[tuple[str, int]]] = {}
    for attribute, name, text, count in rows:
        names[attribute] = name
        counts.setdefault(attribute, []).append((text, count))
    chosen = criteria.attribute_texts()
    coverage = {attribute: sum(n for _, n in values) for attribute, values in counts.items()}
    shown = [
        attribute
        for attribute, values in counts.items()
        if attribute in chosen
        or (len(values) > 1 and coverage[attribute] >= FACET_COVERAGE * len(hits))
    ]
    shown.sort(key=lambda attribute: (attribute not in chosen, -coverage[attribute]))
    return [
        _attribute_facet(attribute, names[attribute], counts[attribute], chosen.get(attribute, []))
        for attribute in shown[:MAX_FACETS]
    ]


def _attribute_facet(
    attribute: int, name: str, counts: list[tuple[str, int]], chosen: list[str]
) -> Facet:
    top = sorted(counts, key=lambda pair: pair[0] not in chosen)[:MAX_FACET_VALUES]
    values = [FacetValue(f"{attribute}:{text}", text, count, text in chosen) for text, count in top]
    return Facet("attr", name, values)


def _category_counts(hits: Sequence[_Hit], current: Category | None) -> list[CategoryCount]:
    """Hits by the categories one level below the current one, the fullest first."""
    per_category = Counter(hit.category for hit in hits if hit.category is not None)
    level = 1 if current is None else current.depth + 2
    counts: Counter[tuple[int, str]] = Counter()
    rows = Category.objects.filter(pk__in=per_category).values_list("pk", "taxonomy_id", "path")
    for pk, taxonomy, path in rows:
        names = path.split(" > ")
        if len(names) >= level:
            counts[taxonomy, " > ".join(names[:level])] += per_category[pk]
    heads = Category.objects.filter(path__in=[path for _, path in counts])
    found = [
        CategoryCount(name, slug, counts[taxonomy, path])
        for taxonomy, path, name, slug in heads.values_list("taxonomy_id", "path", "name", "slug")
        if (taxonomy, path) in counts
    ]
    return sorted(found, key=lambda item: (-item.count, item.name))
