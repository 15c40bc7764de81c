"""Whose descriptions show how to write: well-rated listings like this one, and the seller's own.

They give style, never facts: each comes with the facts of its own listing, by which the drafter
cuts them out of the text.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

import structlog
from django.db.models import Count, Prefetch, Q, QuerySet

from listing_assistant.assistant import grading, policy, quality
from listing_assistant.catalogue.models import Category
from listing_assistant.listings.buyer_selectors import ANCESTORS
from listing_assistant.listings.models import Listing, ListingAttribute, Order, State
from recommender import inference as recommender
from recommender.selectors import vector_to_search_with
from recommender.vectors import Vector, VectorError, unpack

log = structlog.get_logger(__name__)

# Bought, sold and ended listings were all seen by buyers; what moderation took down is in none.
SEEN = (State.LIVE, State.RESERVED, State.SOLD, State.ENDED)
Shingles = frozenset[tuple[str, ...]]


@dataclass(frozen=True)
class StyleExample:
    """A description and what it was about. `condition` is a value of listings.Condition."""

    listing_id: int
    text: str
    title: str
    category: str
    condition: str
    attributes: tuple[tuple[str, str], ...]
    is_own: bool


@dataclass(frozen=True)
class SellerRecord:
    """What came of a seller's listings, as far as the database knows."""

    sales: int = 0
    refunds: int = 0
    sanctioned: int = 0  # held, removed or returned by moderation, and not put right yet

    @property
    def is_good(self) -> bool:
        allowed = policy.EXAMPLE_MOST_REFUNDED * (self.sales + self.refunds)
        return not self.sanctioned and self.refunds <= allowed


def examples_for(
    listing: Listing, vector: Vector | None = None, category: Category | None = None
) -> list[StyleExample]:
    """Others' first, the likest first, then the seller's own, the newest first.

    `vector` is the item's by the models in service, where the caller has it; else the stored one
    serves, and without any the newest of the category do. `category` stands in for one that is not
    chosen yet.

    1. What is for sale and looks alike, of the category or, where that is thin, of its parent's.
    2. Of those the well-rated: a good seller's, a good listing, a text worth reading.
    3. Of those no two that say the same, and few of one seller.
    """
    category = listing.category or category
    if category is None:
        return _own(listing, None)
    near = _near(listing, vector, category)
    others = _different(_of_good_sellers(near, category), limit=policy.EXAMPLES)
    return [_example(one, is_own=False) for one in others] + _own(listing, category)


# --- 1. What looks alike ------------------------------------------------------------------------


def _near(listing: Listing, vector: Vector | None, category: Category) -> list[Listing]:
    """Of the category itself before those beside it, each the likest first."""
    ids = _likest(listing, vector, category)
    if not ids:
        beside = _readable().filter(category=category, state=State.LIVE)
        newest = beside.exclude(seller_id=listing.seller_id).order_by("-published_at", "-pk")
        return list(newest[: policy.EXAMPLE_CANDIDATES])
    # The index follows the database within seconds; what is shown to nobody is no example now.
    rows = {row.pk: row for row in _readable().filter(pk__in=ids, state=State.LIVE)}
    found = [rows[pk] for pk in ids if pk in rows]
    own = [row for row in found if row.category_id == category.pk]
    related = [row for row in found if row.category_id != category.pk]
    return own + [row for row in related if _is_beside(row.category, category)]


def _likest(listing: Listing, vector: Vector | None, category: Category) -> list[int]:
    """Empty without a vector to search with."""
    release = None
    if vector is None:
        release, vector = _stored_vector(listing)
    if vector is None:
        return []

    def search(category_id: int | None, exclude: Collection[int]) -> list[int]:
        found = recommender.neighbours(
            vector,
            k=policy.EXAMPLE_CANDIDATES,
            exclude=exclude,
            exclude_seller=listing.seller_id,
            category=category_id,
            release=release,
        )
        return [pk for pk, _ in found]

    ids = search(category.pk, [listing.pk])
    if len(ids) < policy.EXAMPLES_ENOUGH:
        ids += search(None, [listing.pk, *ids])
    return ids


def _stored_vector(listing: Listing) -> tuple[str | None, Vector | None]:
    stored = vector_to_search_with(
        listing_id=listing.pk, models_release=recommender.release_in_service()
    )
    if stored is None:
        return None, None
    try:
        return stored.release, unpack(stored.item)
    except VectorError as error:
        log.warning("embedding_skipped", listing=listing.pk, reason=str(error))
        return None, None


def _is_beside(one: Category | None, other: Category) -> bool:
    return one is not None and one.parent_id is not None and one.parent_id == other.parent_id


def _readable() -> QuerySet[Listing]:
    """Listings whose seller wrote most of the text, with what rates and quotes them: three queries.

    What the assistant wrote itself would teach it nothing but itself.
    """
    attributes = ListingAttribute.objects.select_related("attribute").order_by("id")
    return (
        Listing.objects.filter(state__in=SEEN, state_reason="")
        .exclude(description="")
        .exclude(published_text__drafted_share__gt=policy.EXAMPLE_MOST_DRAFTED)
        .select_related("category__taxonomy", f"category{ANCESTORS}")
        .prefetch_related("photos", Prefetch("attribute_rows", queryset=attributes))
    )


# --- 2. Which are good --------------------------------------------------------------------------


def _of_good_sellers(listings: Sequence[Listing], category: Category) -> list[Listing]:
    """The category's before those beside it, and of each those whose seller has sold something."""
    readable = [row for row in listings if is_worth_reading(row.description)]
    records = records_of({row.seller_id for row in readable})

    def record(row: Listing) -> SellerRecord:
        return records.get(row.seller_id, SellerRecord())

    good = [row for row in readable if record(row).is_good]
    return sorted(good, key=lambda row: (row.category_id != category.pk, not record(row).sales))


class _Grades:
    """Whether listings are good, by a rough grade; what a category asks for is read once."""

    def __init__(self) -> None:
        self._wanted: dict[int, list[tuple[int, quality.Detail]]] = {}

    def is_good(self, row: Listing) -> bool:
        if row.category is None:
            return False
        if row.category.pk not in self._wanted:
            details = grading.details_wanted(row.category, by_demand=False)
            self._wanted[row.category.pk] = details
        contents = grading.contents_of(row, self._wanted[row.category.pk])
        return quality.score(quality.grade(contents)) >= policy.EXAMPLE_SCORE


def is_worth_reading(text: str) -> bool:
    """Whole sentences of a length that somebody reads, in small letters."""
    count = len(quality.words(text))
    in_band = policy.EXAMPLE_WORDS_LEAST <= count <= policy.DESCRIPTION_WORDS_MOST
    return in_band and not quality.is_shouted(text)


def records_of(seller_ids: Collection[int]) -> dict[int, SellerRecord]:
    """By seller, for those who have a record: two queries, however many sellers."""
    orders = Order.objects.filter(listing__seller_id__in=seller_ids).values("listing__seller_id")
    counted = orders.annotate(
        sales=Count("pk", filter=Q(state=Order.State.PAID)),
        refunds=Count("pk", filter=Q(state=Order.State.REFUNDED)),
    ).order_by()
    sold = {row["listing__seller_id"]: (row["sales"], row["refunds"]) for row in counted}
    # A reason stands in a listing as long as a moderator's decision about it does.
    standing = Q(state__in=(State.HELD, State.REMOVED)) | ~Q(state_reason="")
    rows = Listing.objects.filter(standing, seller_id__in=seller_ids).values_list("seller_id")
    sanctioned = dict(rows.annotate(Count("pk")).order_by())
    return {
        seller: SellerRecord(*sold.get(seller, (0, 0)), sanctioned.get(seller, 0))
        for seller in sold.keys() | sanctioned.keys()
    }


# --- 3. No two the same -------------------------------------------------------------------------


def _different(candidates: Iterable[Listing], *, limit: int) -> Iterator[Listing]:
    """Good listings, graded last: that costs most, and most candidates are not needed."""
    grades = _Grades()
    taken: list[Shingles] = []
    sellers: Counter[int] = Counter()
    products: set[int | None] = set()
    for row in candidates:
        shingles = _shingles(row.description)
        if sellers[row.seller_id] >= policy.EXAMPLES_A_SELLER or row.product_id in products:
            continue
        if any(_alike(shingles, other) for other in taken) or not grades.is_good(row):
            continue
        yield row
        taken.append(shingles)
        sellers[row.seller_id] += 1
        products |= {row.product_id} - {None}
        if len(taken) == limit:
            return


def _shingles(text: str) -> Shingles:
    """Every run of three words."""
    said = [word.lower() for word in quality.words(text)]
    return frozenset(zip(said, said[1:], said[2:], strict=False))


def _alike(one: Shingles, other: Shingles) -> bool:
    return len(one & other) > policy.EXAMPLES_ALIKE * len(one | other)


# --- The seller's own ---------------------------------------------------------------------------


def _own(listing: Listing, category: Category | None) -> list[StyleExample]:
    """How this seller writes: the newest, those of the category first."""
    rows = _readable().filter(seller_id=listing.seller_id).exclude(pk=listing.pk)
    newest = list(rows.order_by("-published_at", "-pk")[: policy.EXAMPLE_CANDIDATES])
    fit = [row for row in newest if is_worth_reading(row.description)]
    fit.sort(key=lambda row: category is None or row.category_id != category.pk)
    taken: list[Listing] = []
    for row in fit:
        shingles = _shingles(row.description)
        if not any(_alike(shingles, _shingles(other.description)) for other in taken):
            taken.append(row)
    return [_example(row, is_own=True) for row in taken[: policy.EXAMPLES_OWN]]


def _example(row: Listing, *, is_own: bool) -> StyleExample:
    return StyleExample(
        listing_id=row.pk,
        text=row.description,
        title=row.title,
        category=row.category.name if row.category else "",
        condition=row.condition,
        attributes=tuple((one.attribute.name, one.text) for one in row.attribute_rows.all()),
        is_own=is_own,
    )
