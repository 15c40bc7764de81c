from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from statistics import mean

import pytest

from listing_assistant.demo.behaviour import simulate_month
from listing_assistant.demo.month import Month
from listing_assistant.demo.people import Taste, taste_of
from listing_assistant.demo.wares import Shopper, Ware, affinity
from listing_assistant.listings.models import Format

UNTIL = datetime(2026, 11, 1, tzinfo=UTC)
CATEGORIES = ("mugs", "boots", "tents", "rings")
COLOURS = ("Red", "Blue", "Green")


def wares() -> list[Ware]:
    return [
        Ware(
            id=number,
            seller_id=-1,
            category=CATEGORIES[number % 4],
            kind=CATEGORIES[number % 4],
            facts={},
            colour=COLOURS[number % 3],
            brand=f"Brand {number % 5}",
            budget=(number % 10) / 10,
            price=Decimal(10 + number),
            currency="USD",
            format=Format.BUY_NOW if number % 7 else Format.BEST_OFFER,
            stock=1 if number % 2 else 20,
            published_at=UNTIL - timedelta(days=60),
        )
        for number in range(240)
    ]


def shoppers() -> list[Shopper]:
    return [
        Shopper(1000 + n, Taste((CATEGORIES[n % 4],), (COLOURS[n % 3],), (f"Brand {n % 5}",), 0.5))
        for n in range(150)
    ]


@pytest.fixture(scope="module")
def month() -> Month:
    return simulate_month(wares(), shoppers(), until=UNTIL)


def test_the_same_seed_gives_the_same_month(month):
    again = simulate_month(wares(), shoppers(), until=UNTIL)

    assert [(event.event_id, event.kind, event.at) for event in again.events] == [
        (event.event_id, event.kind, event.at) for event in month.events
    ]


def test_another_seed_gives_another_month(month):
    other = simulate_month(wares(), shoppers(), until=UNTIL, seed=2)

    assert len(other.events) != len(month.events)


def test_people_click_what_they_like(month):
    clicked = [
        affinity(event.shopper.taste, event.ware)
        for event in month.events
        if event.kind == "click" and event.ware
    ]
    at_random = [affinity(shopper.taste, ware) for shopper in shoppers() for ware in wares()]

    assert mean(clicked) > mean(at_random) + 0.2


def test_people_buy_in_the_categories_of_their_taste(month):
    bought = [event for event in month.events if event.kind == "purchase"]

    in_taste = sum(event.ware.category in event.shopper.taste.categories for event in bought)

    assert in_taste / len(bought) > 0.75  # one category in four is 0.25 by chance


def test_the_proportions_are_those_of_the_public_log(month):
    counts = Counter(event.kind for event in month.events)

    assert 0.5 < counts["cart"] / counts["click"] / (4497 / 75873) < 2
    assert 0.5 < counts["watch"] / counts["click"] / (2356 / 75873) < 2
    assert 0.5 < counts["purchase"] / counts["click"] / (1750 / 75873) < 2
    assert counts["offer"] > 0 and counts["search"] > 0


def test_a_single_piece_is_bought_once_and_looked_at_no_more(month):
    purchases = Counter(event.ware.id for event in month.events if event.kind == "purchase")
    stock = {ware.id: ware.stock for ware in wares()}

    assert all(count <= stock[ware] for ware, count in purchases.items())
    assert month.sold_out == {ware for ware, count in purchases.items() if count == stock[ware]}
    sold_at = {
        event.ware.id: event.at
        for event in month.events
        if event.kind == "purchase" and event.ware.id in month.sold_out
    }
    for shown in month.shown:
        # Sessions start in order; one may overlap the next by the minutes it takes.
        for ware in set(shown.wares) & sold_at.keys():
            assert shown.at < sold_at[ware] + timedelta(hours=1)


def test_every_click_was_on_something_shown_in_that_session(month):
    shown: dict[str, set[int]] = {}
    for impression in month.shown:
        shown.setdefault(impression.session_key, set()).update(impression.wares)

    assert all(
        event.ware.id in shown[event.session_key] for event in month.events if event.kind == "click"
    )


def test_refunds_follow_purchases_and_nothing_happens_after_the_end(month):
    bought_at = {
        (event.shopper.id, event.ware.id): event.at
        for event in reversed(month.events)
        if event.kind == "purchase"
    }
    refunds = [event for event in month.events if event.kind == "refund"]

    assert refunds
    for event in refunds:
        assert bought_at[event.shopper.id, event.ware.id] < event.at < UNTIL


def test_tastes_differ_between_people_and_stay_the_same():
    assert len({taste_of(number) for number in range(50)}) > 45
    assert taste_of(7) == taste_of(7)
