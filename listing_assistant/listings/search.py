"""Search and category pages: live listings only, a fixed number of queries, bounded counts.

The ids of at most MAX_RESULTS hits come in one query, in order; facets are counted over them and
one page of them is loaded.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.contrib.postgres.search import CombinedSearchQuery, SearchQuery, SearchRank
from django.db import connection
from django.db.models import Case, Count, Exists, F, OuterRef, QuerySet, Value, When

from listing_assistant.catalogue.models import AttributeKind, Category

from .buyer_selectors import cards
from .criteria import Criteria, Sort
from .models import Condition, Format, Listing, ListingAttribute, State

PAGE_SIZE = 24
# Nobody reads past this many hits; counting and ranking stop there too.
MAX_RESULTS = 960
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
    category: Category
    count: int


@dataclass(frozen=True)
class Results:
    listings: list[Listing]
    count: int
    is_bounded: bool  # there are more than `count`
    page: int
    pages: int
    facets: list[Facet] = field(default_factory=list)
    categories: list[CategoryCount] = field(default_factory=list)


@dataclass(frozen=True)
class _Hit:
    id: int
    category: int | None
    condition: str
    format: str


def search_listings(criteria: Criteria) -> Results:
    """One page of what the criteria ask for. A page beyond the last one gives the last."""
    rows = _hits(criteria)[: MAX_RESULTS + 1]
    hits = [_Hit(*row) for row in rows]
    is_bounded, hits = len(hits) > MAX_RESULTS, hits[:MAX_RESULTS]
    pages = max(1, -(-len(hits) // PAGE_SIZE))
    page = min(criteria.page, pages)
    ids = [hit.id for hit in hits[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]]
    return Results(
        listings=_in_order(ids),
        count=len(hits),
        is_bounded=is_bounded,
        page=page,
        pages=pages,
        facets=[
            _choice_facet("condition", "Condition", Condition, hits, criteria.conditions),
            _choice_facet("format", "Format", Format, hits, criteria.formats),
            *_attribute_facets(hits, criteria),
        ],
        categories=_category_counts(hits, criteria.category),
    )


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


def _hits(criteria: Criteria) -> QuerySet[Listing, tuple[int, int | None, str, str]]:
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
    return listings.order_by(*order).values_list("id", "category_id", "condition", "format")


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


def _in_order(ids: list[int]) -> list[Listing]:
    found = {listing.pk: listing for listing in cards().filter(pk__in=ids)}
    return [found[pk] for pk in ids if pk in found]


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
    ]
    return Facet(name, label, values)


def _attribute_facets(hits: Sequence[_Hit], criteria: Criteria) -> list[Facet]:
    rows = (
        ListingAttribute.objects.filter(
            listing__in=[hit.id for hit in hits], attribute__kind__in=FACET_KINDS
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
        CategoryCount(head, counts[head.taxonomy_id, head.path])
        for head in heads
        if (head.taxonomy_id, head.path) in counts
    ]
    return sorted(found, key=lambda item: (-item.count, item.category.name))
