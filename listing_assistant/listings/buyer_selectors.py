"""What the buyers' pages read. Each function says how many queries it makes when that matters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db.models import Count, Max, Prefetch, Q, QuerySet

from listing_assistant.accounts.models import User
from listing_assistant.catalogue.models import Category

from .models import (
    CartItem,
    Listing,
    ListingAttribute,
    Offer,
    Order,
    Photo,
    State,
    Watch,
)
from .photo_files import photo_url
from .policy import HIDDEN_STATES

CARD_FIELDS = (
    "public_id", "seller_id", "category_id", "title", "condition", "price", "currency", "format",
    "quantity", "state", "published_at",
)  # fmt: skip
# Enough for the starter taxonomy; what is deeper costs a query a level.
ANCESTORS = "__parent" * 4


def cards() -> QuerySet[Listing]:
    """Live listings as a card shows them, with `main_photos` of one or none: two queries."""
    live = Listing.objects.filter(state=State.LIVE).only(*CARD_FIELDS)
    return live.prefetch_related(main_photo("photos"))


def main_photo(lookup: str) -> Prefetch[str, QuerySet[Photo], str]:
    """Fetches `main_photos`, of one or none, as `selectors.main_photo_of` reads them."""
    photos = Photo.objects.filter(position=0).select_related("image")
    return Prefetch(lookup, queryset=photos, to_attr="main_photos")


def fresh_listings(limit: int = 12) -> list[Listing]:
    return list(cards().order_by("-published_at", "-id")[:limit])


def listing_page(public_id: UUID) -> Listing:
    """Everything on a listing's page in three queries. Raises Listing.DoesNotExist."""
    attributes = ListingAttribute.objects.select_related("attribute").order_by(
        "attribute__name", "text"
    )
    photos = Photo.objects.select_related("image")
    return (
        Listing.objects.select_related("seller", f"category{ANCESTORS}")
        .defer("search")
        .prefetch_related(Prefetch("attribute_rows", attributes), Prefetch("photos", photos))
        .get(public_id=public_id)
    )


@dataclass(frozen=True)
class Tile:
    """A department of the shop on the front page, shown by its freshest listing."""

    name: str
    slug: str
    count: int
    picture: str  # an address, or empty


def category_tiles(limit: int = 12) -> list[Tile]:
    """The root categories with most live listings: three queries, whatever is for sale."""
    live = Listing.objects.filter(state=State.LIVE, category__isnull=False).order_by()
    groups = list(
        live.values_list("category__taxonomy", "category__path").annotate(
            n=Count("id"), newest=Max("id")
        )
    )
    counts: Counter[tuple[int, str]] = Counter()
    newest: dict[tuple[int, str], int] = {}
    for taxonomy, path, count, pk in groups:
        root = (taxonomy, path.split(" > ")[0])
        counts[root] += count
        newest[root] = max(newest.get(root, 0), pk)
    top = dict(counts.most_common(limit))
    roots = Category.objects.filter(parent=None, path__in={path for _, path in top})
    photos = Photo.objects.filter(position=0, listing__in=[newest[root] for root in top])
    pictures = {
        photo.listing_id: photo_url(photo.image, "small")
        for photo in photos.select_related("image")
    }
    tiles = [
        Tile(root.name, root.slug, counts[key], pictures.get(newest[key], ""))
        for root in roots
        if (key := (root.taxonomy_id, root.path)) in top
    ]
    return sorted(tiles, key=lambda tile: -tile.count)


def attribute_table(listing: Listing) -> list[tuple[str, str]]:
    """Name and values in one row each; reads what `listing_page` has fetched."""
    rows: dict[str, list[str]] = {}
    for row in listing.attribute_rows.all():
        rows.setdefault(row.attribute.name, []).append(row.text)
    return [(name, ", ".join(texts)) for name, texts in rows.items()]


def live_count(seller: User) -> int:
    return Listing.objects.filter(seller=seller, state=State.LIVE).count()


def is_watched(user: User, listing: Listing) -> bool:
    return Watch.objects.filter(user=user, listing=listing).exists()


@dataclass(frozen=True)
class Bids:
    count: int
    highest: Decimal | None


def bids_on(listing: Listing) -> Bids:
    row = listing.offers.filter(state=Offer.State.OPEN).aggregate(n=Count("id"), top=Max("amount"))
    return Bids(row["n"], row["top"])


def watchlist(user: User) -> QuerySet[Watch]:
    return (
        Watch.objects.filter(user=user)
        .exclude(listing__state__in=HIDDEN_STATES)
        .select_related("listing")
        .prefetch_related(main_photo("listing__photos"))
        .order_by("-id")
    )


def cart_items(user: User) -> QuerySet[CartItem]:
    return (
        CartItem.objects.filter(user=user)
        .select_related("listing", "listing__seller")
        .prefetch_related(main_photo("listing__photos"))
        .order_by("id")
    )


def cart_totals(items: Sequence[CartItem]) -> dict[str, Decimal]:
    """Currency → sum of what can be bought now. Money of two currencies is never added up."""
    totals: dict[str, Decimal] = {}
    for item in items:
        price, currency = item.listing.price, item.listing.currency
        if item.listing.is_buyable and price is not None:
            totals[currency] = totals.get(currency, Decimal(0)) + price * item.quantity
    return totals


def purchases_of(user: User) -> QuerySet[Order]:
    return _orders().filter(buyer=user)


def sales_of(user: User) -> QuerySet[Order]:
    return _orders().filter(listing__seller=user)


def _orders() -> QuerySet[Order]:
    return Order.objects.select_related("listing", "listing__seller", "buyer").prefetch_related(
        main_photo("listing__photos")
    )


def offers_by(user: User) -> QuerySet[Offer]:
    return _offers().filter(buyer=user)


def offers_to(user: User) -> QuerySet[Offer]:
    """Offers and bids on what the user sells, the open ones first."""
    return _offers().filter(listing__seller=user)


def _offers() -> QuerySet[Offer]:
    return (
        Offer.objects.select_related("listing", "listing__seller", "buyer")
        .prefetch_related(main_photo("listing__photos"))
        .annotate(is_open=Count("id", filter=Q(state=Offer.State.OPEN)))
        .order_by("-is_open", "-id")
    )


def seller_counts(user: User) -> dict[str, int]:
    """State → number of the user's listings; a state without any is missing."""
    rows = Listing.objects.filter(seller=user).order_by().values_list("state")
    return dict(rows.annotate(n=Count("id")))


def seller_listings(user: User, states: tuple[str, ...]) -> QuerySet[Listing]:
    """With `watchers` and `open_offers`, last touched first."""
    open_offers = Count("offers", filter=Q(offers__state=Offer.State.OPEN), distinct=True)
    return (
        Listing.objects.filter(seller=user, state__in=states)
        .defer("description", "search")
        .prefetch_related(main_photo("photos"))
        .annotate(watchers=Count("watches", distinct=True), open_offers=open_offers)
        .order_by("-updated_at", "-id")
    )
