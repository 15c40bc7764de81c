"""What the demo's log-ins find when they sign in: listings in every state, an offer, an order."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from django.db import transaction

from listing_assistant.accounts.models import User
from listing_assistant.demo.people import BUYER, MODERATOR, SELLER
from listing_assistant.listings import commerce
from listing_assistant.listings.models import Format, Listing, State, Watch
from listing_assistant.moderation import services as moderation
from listing_assistant.moderation.models import Case, Decision

LIVE_ONES = 8
WATCHED = 6


@transaction.atomic
def set_stage(users: Mapping[str, User]) -> bool:
    """Give the log-ins of `create_log_ins` something of their own. False if they have it."""
    seller, buyer, moderator = (users[person.role] for person in (SELLER, BUYER, MODERATOR))
    # Two processes that start together must not both hand out listings.
    User.objects.select_for_update().get(pk=seller.pk)
    if seller.listings.exists() or buyer.orders.exists():
        return False
    mine = _take_over(seller)
    if len(mine) < LIVE_ONES:
        return False
    _make_drafts(mine[:2])
    _return_one(mine[2], moderator)
    _receive_offer(mine[3], buyer)
    _shop(buyer, seller)
    return True


def _untouched() -> list[Listing]:
    """Live demo listings nobody has an offer or an order for, one of each category."""
    rows = (
        Listing.objects.filter(
            import_key__startswith="demo:",
            state=State.LIVE,
            offers=None,
            orders=None,
            quantity=1,
            drawn__mismatch="",
        )
        .exclude(description="")
        .order_by("category_id", "import_key")
        .distinct("category_id")
    )
    return list(rows)


def _take_over(seller: User) -> list[Listing]:
    chosen = _untouched()
    # Spread over the departments.
    mine = chosen[:: max(1, len(chosen) // LIVE_ONES)][:LIVE_ONES]
    Listing.objects.filter(pk__in=[row.pk for row in mine]).update(seller=seller)
    for row in mine:
        row.seller = seller
    return mine


def _make_drafts(rows: list[Listing]) -> None:
    """One draft that only lacks its price, one with a photo and nothing else."""
    first, second = rows
    Listing.objects.filter(pk=first.pk).update(
        state=State.DRAFT, price=None, published_at=None, format=Format.BUY_NOW
    )
    Listing.objects.filter(pk=second.pk).update(
        state=State.DRAFT, price=None, published_at=None, title="", description="",
        category=None, condition="",
    )  # fmt: skip
    second.attribute_rows.all().delete()
    # Nothing may be known of a draft by what people did when it was on sale.
    for row in rows:
        row.events.all().delete()
        row.watches.all().delete()
        row.cart_items.all().delete()


def _return_one(listing: Listing, moderator: User) -> None:
    case = moderation.open_case(
        listing=listing,
        kind=Case.Kind.REPORT,
        risk=0.7,
        reason="Reported by a buyer: the description does not say what is included.",
    )
    moderation.decide_case(
        case=case,
        moderator=moderator,
        action=Decision.Action.RETURN,
        reason="Please write what the buyer gets, and whether the original box is part of it.",
    )


def _receive_offer(listing: Listing, buyer: User) -> None:
    Listing.objects.filter(pk=listing.pk).update(format=Format.BEST_OFFER)
    listing.refresh_from_db()
    assert listing.price is not None
    amount = (listing.price * Decimal("0.85")).quantize(Decimal("0.01"))
    commerce.make_offer(buyer=buyer, listing=listing, amount=amount)


def _shop(buyer: User, seller: User) -> None:
    others = [row for row in _untouched() if row.seller_id != seller.pk]
    fixed_price = [row for row in others if row.format == Format.BUY_NOW]
    Watch.objects.bulk_create(Watch(user=buyer, listing=row) for row in others[::5][:WATCHED])
    if fixed_price:
        commerce.buy_now(buyer=buyer, listing=fixed_price[-1])
