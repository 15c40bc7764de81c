"""The truth of the simulated market: what is wanted more, what leads to a purchase, by format."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from itertools import product
from math import prod

import numpy as np
import pytest

from listing_assistant.demo.people import Taste
from listing_assistant.demo.wanting import LEADS_TO_PURCHASE, Chances, Wanting
from listing_assistant.demo.wares import Ware, affinity
from listing_assistant.listings.models import Condition, Format

SEED = Ware(
    id=1,
    seller_id=1,
    category="phone-cases",
    kind="phone_case",
    facts={"Compatible Model": "Pixel 7", "Material": "Leather", "Colour": "Red"},
    colour="Red",
    brand="Orbix",
    budget=0.5,
    price=Decimal(20),
    currency="USD",
    format=Format.BUY_NOW,
    stock=5,
    published_at=datetime(2026, 9, 1, tzinfo=UTC),
    condition=Condition.GOOD,
)
SAME = replace(SEED, id=2)
TASTE = Taste(("phone-cases",), ("Red",), ("Orbix",), 0.5)


def chances_of(*wares: Ware, taste: Taste = TASTE) -> Chances:
    """Beside SEED."""
    wanting = Wanting([SEED, *wares])
    return wanting.chances(taste, 0, np.arange(1, len(wares) + 1))


@pytest.mark.parametrize(
    "worse",
    [
        {"kind": "cushion"},
        {"colour": "Blue"},
        {"brand": "Lumo"},
        {"price": Decimal(60)},
        {"condition": Condition.PARTS},
        {"facts": {**SEED.facts, "Material": "Silicone"}},
        {"facts": {**SEED.facts, "Compatible Model": "iPhone 13"}},
        {"quality": -1.0},
        {"is_bait": True},
        {"category": "cushions"},
        {"budget": 0.9},
    ],
)
def test_what_is_less_like_the_seed_or_the_taste_is_bought_less(worse):
    purchase = chances_of(SAME, replace(SAME, id=3, **worse)).purchase

    assert purchase[0] > purchase[1]


def test_a_better_condition_is_as_good_as_the_same():
    chances = chances_of(SAME, replace(SAME, id=3, condition=Condition.NEW))

    assert chances.purchase[0] == chances.purchase[1]


def test_bait_is_opened_and_watched_more_and_bought_less():
    plain, bait = 0, 1
    chances = chances_of(SAME, replace(SAME, id=3, is_bait=True))

    assert chances.click[bait] > chances.click[plain]
    assert chances.watch[bait] > chances.watch[plain]
    assert chances.purchase[bait] < chances.purchase[plain] / 2


def test_each_format_has_its_acts_and_an_auction_is_only_watched():
    forms = (Format.BUY_NOW, Format.BEST_OFFER, Format.AUCTION)
    chances = chances_of(*(replace(SAME, id=3 + n, format=form) for n, form in enumerate(forms)))

    assert (chances.cart > 0).tolist() == [True, False, False]
    assert (chances.buy_now > 0).tolist() == [True, False, False]
    assert (chances.offer > 0).tolist() == [False, True, False]
    assert (chances.watch > 0).all()
    assert (chances.buys > 0).tolist() == [True, True, False]


def test_prices_are_compared_in_one_currency():
    euros = replace(SAME, id=3, price=Decimal("18.40"), currency="EUR")  # 20 dollars

    chances = chances_of(SAME, euros)

    assert chances.purchase[0] == pytest.approx(chances.purchase[1])


def test_buying_is_the_sum_over_all_that_may_be_done_before():
    chances = chances_of(SAME, replace(SAME, id=3, format=Format.BEST_OFFER))
    acts = list(LEADS_TO_PURCHASE)

    for row in range(2):
        does = [float(getattr(chances, act)[row]) for act in acts]
        expected = 0.0
        for done in product((False, True), repeat=len(acts)):
            likely = prod(p if did else 1 - p for p, did in zip(does, done, strict=True))
            stays = prod(
                1 - LEADS_TO_PURCHASE[act] for act, did in zip(acts, done, strict=True) if did
            )
            expected += likely * (1 - stays)
        assert chances.buys[row] == pytest.approx(expected)
        assert chances.purchase[row] == pytest.approx(expected * chances.click[row])


def test_an_offer_leads_to_a_purchase_most_often_of_the_middle_acts_and_a_watch_least():
    by_share = sorted(LEADS_TO_PURCHASE, key=lambda act: LEADS_TO_PURCHASE[act])

    assert by_share[0] == "watch" and by_share[-1] == "offer"


def test_the_taste_counts_as_it_does_everywhere_on_the_demo():
    others = [
        replace(SAME, id=3, colour="Blue"),
        replace(SAME, id=4, brand="", budget=0.1),
        replace(SAME, id=5, category="cushions"),
    ]
    wanting = Wanting([SEED, SAME, *others])

    assert wanting.affinity(TASTE).tolist() == pytest.approx(
        [affinity(TASTE, ware) for ware in (SEED, SAME, *others)]
    )
