"""“Frequently bought together”: a listing with the best of its strip, bought by one press."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction

from listing_assistant.accounts.models import User
from listing_assistant.listings.commerce import add_to_cart, change_quantity, remove_from_cart
from listing_assistant.listings.errors import ListingError
from listing_assistant.listings.models import CartItem, Listing
from recommender import policy
from recommender.strips.cards import Card
from recommender.strips.complementary import Strip, StripItem


@dataclass(frozen=True)
class Bundle:
    """`total` is the sum of what is priced in the seed's currency; the rest is paid by itself."""

    seed: Card
    additions: list[StripItem]

    @property
    def cards(self) -> list[Card]:
        return [self.seed, *(item.card for item in self.additions)]

    @property
    def currency(self) -> str:
        return self.seed.currency

    @property
    def total(self) -> Decimal:
        prices = [card.price for card in self.cards if card.currency == self.currency]
        return sum((price for price in prices if price is not None), Decimal(0))

    @property
    def zero(self) -> Decimal:
        return Decimal(0)

    @property
    def was_bought_together(self) -> bool:
        """Purchases speak for an addition, not likeness or popularity alone."""
        sets = {source.recall_set for item in self.additions for source in item.sources}
        return not sets.isdisjoint(policy.BOUGHT_TOGETHER)

    @property
    def apart(self) -> list[Card]:
        """What the total leaves out: money of two currencies is never added up."""
        return [card for card in self.cards if card.currency != self.currency]


def bundle_for(viewer: User | None, seed: Listing, strip: Strip) -> Bundle | None:
    """What a page or an app offers beside the listing; nobody is sold their own things."""
    card = strip.seeds.get(seed.pk)
    is_own = viewer is not None and viewer.pk == seed.seller_id
    return bundle_of(card, strip.items) if card and not is_own else None


def bundle_of(seed: Card, items: Iterable[StripItem]) -> Bundle | None:
    """The seed and the best things that can be put in a cart with it; None where there are none.

    Each of another category, so that nobody is sold two cases for one phone; what fits before what
    is merely liked, the seed's currency before others.
    """
    if not seed.fits_in_a_cart:
        return None
    usable = [item for item in items if item.card.fits_in_a_cart and _is_in_scale(item.card, seed)]
    usable.sort(key=lambda item: (item.card.currency != seed.currency, not item.fits))
    additions = list(_one_a_category(usable))[: policy.BUNDLE_ADDITIONS]
    return Bundle(seed, additions) if additions else None


def _is_in_scale(card: Card, seed: Card) -> bool:
    """An addition costs no more than the thing it is added to, as far as the two compare."""
    if card.price is None or seed.price is None or card.currency != seed.currency:
        return True
    return card.price <= seed.price * Decimal(policy.BUNDLE_SHARE_OF_SEED_PRICE)


def _one_a_category(items: Iterable[StripItem]) -> Iterator[StripItem]:
    seen: set[int | None] = set()
    for item in items:
        if item.card.category_id not in seen:
            seen.add(item.card.category_id)
            yield item


# --- Putting one in the cart --------------------------------------------------------------------


@dataclass(frozen=True)
class Added:
    """What became of one listing of a bundle. `refused` says why it is not in the cart."""

    listing: Listing
    item_id: int | None = None
    was_there: bool = False
    refused: str = ""


def add_bundle(*, user: User, listings: Sequence[Listing], session_key: str = "") -> list[Added]:
    """Put one of each in the cart. Each is added or refused on its own: one that was sold
    meanwhile keeps the others from nobody. What is in the cart already stays as it is."""
    there = set(
        CartItem.objects.filter(user=user, listing__in=listings).values_list(
            "listing_id", flat=True
        )
    )
    return [
        Added(listing, was_there=True)
        if listing.pk in there and listing.is_buyable
        else _add(user, listing, session_key)
        for listing in listings
    ]


def _add(user: User, listing: Listing, session_key: str) -> Added:
    try:
        item = add_to_cart(user=user, listing=listing, session_key=session_key)
    except ListingError as error:
        return Added(listing, refused=error.message)
    return Added(listing, item_id=item.pk)


@transaction.atomic
def take_back(*, user: User, item_ids: Sequence[int]) -> int:
    """Undo `add_bundle`: one less of each of these; returns how many are still there to take."""
    items = CartItem.objects.select_for_update().filter(user=user, pk__in=item_ids)
    found = list(items.select_related("listing"))
    for item in found:
        if item.quantity > 1:
            change_quantity(user=user, item=item, quantity=item.quantity - 1)
        else:
            remove_from_cart(user=user, item=item)
    return len(found)
