"""The simulated month as rows: events, impressions, watches, carts, offers, orders."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime

from django.db import transaction
from django.utils import timezone

from listing_assistant.accounts.models import User
from listing_assistant.demo.behaviour import simulate_month
from listing_assistant.demo.bulk import copy_rows
from listing_assistant.demo.catalogue import DemoListing
from listing_assistant.demo.month import Event, Month, Shown
from listing_assistant.demo.people import taste_of
from listing_assistant.demo.recipes import RECIPES
from listing_assistant.demo.wares import Shopper, Ware
from listing_assistant.listings.models import CartItem, Listing, Offer, Order, State, Watch
from recommender.models import BehaviourEvent, Impression
from recommender.similar.served import Served

BATCH = 2000
EVENT_PREFIX = "demo-"
RECALL_SET = "demo"
# Of the cheap ones, so many only look good.
CHEAP = 0.3
BAIT_SHARE = 0.3
PRICE_RANGES = {recipe.kind: recipe.price for recipe in RECIPES}


def month_exists() -> bool:
    return BehaviourEvent.objects.filter(session_key__startswith=EVENT_PREFIX).exists()


@transaction.atomic
def write_month(*, plans: Sequence[DemoListing], people: Sequence[User]) -> Month:
    """Simulate the last month over the demo's live listings and write it, all or nothing."""
    wares = list(_wares(plans))
    shoppers = [
        Shopper(user.pk, taste_of(number), user.country) for number, user in enumerate(people)
    ]
    month = simulate_month(wares, shoppers, until=timezone.now())
    _write_events(month)
    _write_watches_and_carts(month)
    _write_offers(month)
    _write_orders(month)
    return month


def _wares(plans: Sequence[DemoListing]) -> Iterable[Ware]:
    by_key = {plan.key: plan for plan in plans}
    rows = Listing.objects.filter(import_key__in=by_key, state=State.LIVE).order_by("import_key")
    for row in rows:
        assert row.price is not None and row.published_at is not None
        plan = by_key[row.import_key or ""]
        ware = ware_of(plan, id=row.pk, seller_id=row.seller_id, published_at=row.published_at)
        # It was for sale before this month was made up: what people did to it is true.
        yield replace(
            ware,
            stock=row.quantity,
            price=row.price,
            format=row.format,
            public_id=str(row.public_id),
        )


def ware_of(plan: DemoListing, *, id: int, seller_id: int, published_at: datetime) -> Ware:
    """What the simulation knows of a planned listing."""
    low, high = PRICE_RANGES[plan.kind]
    budget = min(1.0, max(0.0, (float(plan.price) - low) / (high - low)))
    rng = random.Random(f"demo appeal {plan.number}")
    return Ware(
        id=id,
        seller_id=seller_id,
        category=plan.category,
        kind=plan.kind,
        facts=plan.facts,
        colour=plan.look.colour,
        brand=plan.attributes.get("Brand", ""),
        budget=budget,
        price=plan.price,
        currency=plan.currency,
        format=plan.format,
        stock=plan.quantity,
        published_at=published_at,
        condition=plan.condition,
        ad_rate=float(plan.ad_rate),
        quality=rng.gauss(0, 1),
        is_bait=budget < CHEAP and rng.random() < BAIT_SHARE,
    )


def _write_events(month: Month) -> None:
    copy_rows(
        BehaviourEvent,
        ("event_id", "kind", "listing", "user", "session_key", "happened_at", "data"),
        (
            (
                str(event.event_id),
                event.kind,
                event.ware.id if event.ware else None,
                event.shopper.id,
                event.session_key,
                event.at,
                json.dumps(event.data),
            )
            for event in month.events
        ),
    )
    copy_rows(
        Impression,
        ("strip", "seed", "listings", "places", "served", "user", "session_key", "shown_at"),
        ((*_strip(each), each.shopper.id, each.session_key, each.at) for each in month.shown),
    )


def _strip(shown: Shown) -> tuple[str, int | None, str, str, str]:
    """Strip, seed, listings, places and how it was served, as columns."""
    listings = json.dumps(shown.wares)
    similar = shown.similar
    if similar is None:
        return "search", None, listings, "[]", "{}"
    places = [
        {"position": place, "recall_set": RECALL_SET, "arm": ""}
        for place in range(1, len(shown.wares) + 1)
    ]
    served = Served(
        # What had been done until midnight was known; a release there was none.
        table=shown.at.astimezone(UTC).date().isoformat(),
        country=shown.shopper.country,
        device=similar.device,
        recent=similar.recent,
        propensities=tuple(round(each, 6) for each in similar.propensities),
    )
    return "similar", similar.seed.id, listings, json.dumps(places), json.dumps(asdict(served))


def _of_kind(month: Month, kind: str) -> list[tuple[Event, Ware]]:
    """The latest event of a kind for every person and listing."""
    latest = {
        (event.shopper.id, event.ware.id): (event, event.ware)
        for event in month.events
        if event.kind == kind and event.ware
    }
    return list(latest.values())


def _write_watches_and_carts(month: Month) -> None:
    names = ("user", "listing", "created_at")
    watched = _of_kind(month, "watch")
    copy_rows(Watch, names, ((event.shopper.id, ware.id, event.at) for event, ware in watched))
    bought = {(event.shopper.id, ware.id) for event, ware in _of_kind(month, "purchase")}
    carts = [
        (event.shopper.id, ware.id, event.at)
        for event, ware in _of_kind(month, "cart")
        # What was bought or sold out has left the cart.
        if (event.shopper.id, ware.id) not in bought and ware.id not in month.sold_out
    ]
    copy_rows(CartItem, names, carts)


def _write_offers(month: Month) -> None:
    offers = []
    for event, ware in _of_kind(month, "offer"):
        declined = ware.id in month.sold_out
        state = Offer.State.DECLINED if declined else Offer.State.OPEN
        decided_at = event.at if declined else None
        said = (event.data["amount"], ware.currency, state, event.at, decided_at)
        offers.append((ware.id, event.shopper.id, *said))
    names = ("listing", "buyer", "amount", "currency", "state", "created_at", "decided_at")
    copy_rows(Offer, names, offers)


def _write_orders(month: Month) -> None:
    refunded = {(event.shopper.id, ware.id): event.at for event, ware in _of_kind(month, "refund")}
    purchases = [event for event in month.events if event.kind == "purchase" and event.ware]
    orders = []
    for event in purchases:
        assert event.ware is not None
        refunded_at = refunded.get((event.shopper.id, event.ware.id))
        state = Order.State.REFUNDED if refunded_at else Order.State.PAID
        paid = (event.ware.price, event.ware.currency, state, event.at, refunded_at)
        orders.append((event.ware.id, event.shopper.id, *paid))
    names = ("listing", "buyer", "amount", "currency", "state", "created_at", "refunded_at")
    copy_rows(Order, names, orders)
    _lower_stock(purchases)


def _lower_stock(purchases: Sequence[Event]) -> None:
    last_sale: dict[int, datetime] = {}
    sold: dict[int, int] = {}
    for event in purchases:
        assert event.ware is not None
        sold[event.ware.id] = sold.get(event.ware.id, 0) + 1
        last_sale[event.ware.id] = event.at
    rows = list(Listing.objects.filter(pk__in=sold))
    for row in rows:
        row.quantity -= sold[row.pk]
        if row.quantity == 0:
            row.state, row.ended_at = State.SOLD, last_sale[row.pk]
    Listing.objects.bulk_update(rows, ["quantity", "state", "ended_at"], batch_size=BATCH)
