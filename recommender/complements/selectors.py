"""Listings as the models read them: title, details by name, the category's path."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from django.db.models import Count, Max

from listing_assistant.catalogue.models import PATH_SEPARATOR, Attribute, Category
from listing_assistant.listings.models import Listing, ListingAttribute, State
from recommender.models import BehaviourEvent, EventKind, ItemEmbedding
from recommender.products import product_key
from recommender.recall_sets.base import Seed

READ_CHUNK = 2000


@dataclass(frozen=True)
class Described:
    """What a model may know of a listing. Several texts of one attribute are joined by a comma."""

    listing_id: int
    category_id: int | None
    product_key: str
    title: str
    category: tuple[str, ...]
    details: dict[str, str]


def state_of_market() -> str:
    """Changes whenever a listing is published, edited, sold or ended: two figures of one query."""
    rows = Listing.objects.filter(state=State.LIVE)
    told = rows.aggregate(count=Count("pk"), newest=Max("updated_at"))
    return f"{told['count']}-{told['newest']}"


def for_sale() -> Iterator[list[Described]]:
    """Everything live that has a category, in chunks."""
    rows = Listing.objects.filter(state=State.LIVE, category__isnull=False).order_by("pk")
    last = 0
    while chunk := list(rows.filter(pk__gt=last)[:READ_CHUNK].values_list("pk", flat=True)):
        yield described(chunk)
        last = chunk[-1]


def all_described(listing_ids: Iterable[int]) -> Iterator[Described]:
    """As `described`, for any number of them."""
    wanted = sorted(set(listing_ids))
    for start in range(0, len(wanted), READ_CHUNK):
        yield from described(wanted[start : start + READ_CHUNK])


def described(listing_ids: Collection[int]) -> list[Described]:
    """In the order of their ids, in two queries."""
    details: dict[int, dict[str, str]] = {}
    pairs: dict[int, list[tuple[str, str]]] = {}
    stated = ListingAttribute.objects.filter(listing_id__in=listing_ids).order_by("pk")
    for pk, name, text in stated.values_list("listing_id", "attribute__name", "text"):
        pairs.setdefault(pk, []).append((name, text))
        known = details.setdefault(pk, {})
        known[name] = f"{known[name]}, {text}" if name in known else text
    rows = Listing.objects.filter(pk__in=listing_ids).order_by("pk")
    fields = rows.values_list("pk", "category_id", "category__path", "product_id", "title")
    return [
        Described(
            listing_id=pk,
            category_id=category_id,
            product_key=product_key(
                product_id=product_id, category_id=category_id, attributes=pairs.get(pk, ())
            ),
            title=title,
            category=_names(path),
            details=details.get(pk, {}),
        )
        for pk, category_id, path, product_id, title in fields
    ]


def described_seed(seed: Seed) -> Described:
    """A seed in the same words, in two queries."""
    names = dict(
        Attribute.objects.filter(pk__in={pk for pk, _ in seed.attributes}).values_list("pk", "name")
    )
    path = Category.objects.filter(pk=seed.category_id or 0).values_list("path", flat=True).first()
    details: dict[str, str] = {}
    for (pk, _), text in zip(seed.attributes, seed.said, strict=True):
        name = names.get(pk, "")
        details[name] = f"{details[name]}, {text}" if name in details else text
    return Described(
        listing_id=seed.listing_id,
        category_id=seed.category_id,
        product_key=seed.product_key,
        title=seed.title,
        category=_names(path),
        details=details,
    )


def purchases() -> list[tuple[int, int]]:
    """(user, listing) of what was bought and kept, each once, in the order of time."""
    counted = BehaviourEvent.objects.filter(user__isnull=False, listing__isnull=False, flags="")
    bought = counted.filter(kind=EventKind.PURCHASE).order_by("happened_at", "pk")
    returned = set(counted.filter(kind=EventKind.REFUND).values_list("user_id", "listing_id"))
    pairs = dict.fromkeys(bought.values_list("user_id", "listing_id"))
    return [(user, listing) for user, listing in pairs if (user, listing) not in returned]


def purchase_counts() -> Counter[str]:
    """How many people bought each product; a thing of no product counts under its own id."""
    bought = purchases()
    products = unit_of(list(all_described(listing for _, listing in bought)))
    return Counter(unit for _, unit in {(user, products[listing]) for user, listing in bought})


def unit_of(listings: Sequence[Described]) -> dict[int, str]:
    """What purchases of a listing are counted under: its product, or itself."""
    return {each.listing_id: each.product_key or str(each.listing_id) for each in listings}


def stored_vectors(listing_ids: Collection[int], release: str) -> dict[int, bytes]:
    """The packed vectors of one release that are there."""
    rows = ItemEmbedding.objects.filter(listing_id__in=listing_ids, release=release)
    return {pk: bytes(vector) for pk, vector in rows.values_list("listing_id", "vector")}


def _names(path: str | None) -> tuple[str, ...]:
    return tuple(path.split(PATH_SEPARATOR)) if path else ()
