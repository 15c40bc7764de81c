from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import combinations

import pytest

from listing_assistant.demo.behaviour import simulate_month
from listing_assistant.demo.catalogue import plan_listings, planned
from listing_assistant.demo.goes_with import (
    FIT_RULES,
    GOES_WITH,
    OFF_STYLE,
    fits_known,
    harmony,
    relevance,
)
from listing_assistant.demo.history import ware_of
from listing_assistant.demo.month import Month
from listing_assistant.demo.people import PEOPLE, taste_of
from listing_assistant.demo.recipes import RECIPES
from listing_assistant.demo.wares import Shopper

UNTIL = datetime(2026, 11, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Stuff:
    kind: str
    facts: Mapping[str, str] = field(default_factory=dict)


IPHONE = Stuff("phone", {"Model": "iPhone 13", "Charging Port": "Lightning", "Colour": "Red"})
CASE = Stuff("phone_case", {"Compatible Model": "iPhone 13", "Colour": "Red"})
OTHER_CASE = Stuff("phone_case", {"Compatible Model": "iPhone 12", "Colour": "Red"})
CHARGER = Stuff("charger", {"Connector": "USB-C"})


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (IPHONE, CASE, True),
        (IPHONE, OTHER_CASE, False),
        (CASE, Stuff("screen_protector", {"Compatible Model": "iPhone 13"}), True),
        (CASE, OTHER_CASE, False),
        (IPHONE, CHARGER, False),
        (IPHONE, Stuff("cable", {"Connector": "Lightning"}), True),
        (Stuff("monitor", {"Connector": "HDMI"}), CHARGER, None),
        (IPHONE, Stuff("earbuds"), None),
        (
            Stuff("laptop", {"Laptop Size": "14 in"}),
            Stuff("laptop_sleeve", {"Compatible Laptop Size": "15.6 in"}),
            False,
        ),
        (
            Stuff("camera", {"Lens Mount": "Sony E"}),
            Stuff("lens", {"Compatible Mount": "Sony E"}),
            True,
        ),
    ],
)
def test_fit_is_known_both_ways(a, b, expected):
    assert fits_known(a, b) is expected
    assert fits_known(b, a) is expected


def test_what_does_not_fit_is_not_relevant():
    assert relevance(IPHONE, CASE) == 0.75
    assert relevance(IPHONE, OTHER_CASE) == 0
    assert relevance(IPHONE, Stuff("sofa")) == 0


def test_another_style_and_colour_is_worth_less():
    sofa = Stuff("sofa", {"Style": "Modern", "Colour": "Grey"})
    rustic = Stuff("cushion", {"Style": "Rustic", "Colour": "Red"})

    assert harmony(sofa, Stuff("cushion", {"Style": "Modern", "Colour": "Red"})) == 1
    assert harmony(sofa, rustic) == OFF_STYLE
    assert relevance(sofa, rustic) == pytest.approx(0.65 * OFF_STYLE)


def test_the_tables_name_kinds_that_are_sold():
    sold = {recipe.kind for recipe in RECIPES}
    named = {each.kind for companions in GOES_WITH.values() for each in companions}

    assert GOES_WITH.keys() | named <= sold
    assert all(rule.kinds | rule.other_kinds <= sold for rule in FIT_RULES)
    assert all(0 < each.weight <= 1 for companions in GOES_WITH.values() for each in companions)


def test_every_fact_that_decides_a_fit_is_known_of_every_listing():
    for plan in plan_listings():
        for rule in FIT_RULES:
            if plan.kind in rule.kinds:
                assert plan.facts.get(rule.fact), (plan.key, rule.fact)
            if plan.kind in rule.other_kinds:
                assert plan.facts.get(rule.other_fact), (plan.key, rule.other_fact)


def test_a_key_leads_back_to_its_plan_in_larger_plans_too():
    plans = plan_listings(4.0)

    assert len({plan.number for plan in plans}) == len(plans)
    assert max(Counter(plan.kind for plan in plans).values()) > 100
    assert all(planned(plan.key) == plan for plan in random.Random(1).sample(plans, 60))


@pytest.fixture(scope="module")
def month() -> Month:
    rng = random.Random(3)
    wares = [
        ware_of(
            plan,
            id=number,
            seller_id=-rng.randint(1, 24),
            published_at=UNTIL - timedelta(days=rng.uniform(1, 60)),
        )
        for number, plan in enumerate(plan_listings())
    ]
    shoppers = [Shopper(1000 + number, taste_of(number)) for number in range(PEOPLE)]
    return simulate_month(wares, shoppers, until=UNTIL)


def kinds_bought_together(month: Month) -> Counter[tuple[str, str]]:
    """How many people bought things of both kinds."""
    bought: dict[int, set[str]] = {}
    for event in month.events:
        if event.kind == "purchase" and event.ware:
            bought.setdefault(event.shopper.id, set()).add(event.ware.kind)
    return Counter(pair for kinds in bought.values() for pair in combinations(sorted(kinds), 2))


def test_what_goes_together_is_bought_together(month):
    counts = kinds_bought_together(month)
    # Two companions of one thing are bought together as well.
    together = {
        pair
        for kind, companions in GOES_WITH.items()
        for pair in combinations(sorted({kind, *(each.kind for each in companions)}), 2)
    }

    top = [pair for pair, _ in counts.most_common(20)]

    assert sum(pair in together for pair in top) >= 16
    assert counts["phone_case", "screen_protector"] >= 5


def test_what_is_bought_in_one_session_fits(month):
    by_session: dict[str, list] = {}
    for event in month.events:
        if event.kind == "purchase" and event.ware:
            by_session.setdefault(event.session_key, []).append(event.ware)
    answers = Counter(
        fits_known(a, b) for wares in by_session.values() for a, b in combinations(wares, 2)
    )

    # By chance fewer than one in five would fit.
    assert answers[True] > 10
    assert answers[True] > 2 * answers[False]


def test_who_looks_for_a_phone_looks_for_its_case_in_the_same_session(month):
    queries: dict[str, set[str]] = {}
    for event in month.events:
        if event.kind == "search":
            queries.setdefault(event.session_key, set()).add(str(event.data["query"]))
    models = {fact for plan in plan_listings() if (fact := plan.facts.get("Model"))}
    pairs = Counter(
        (model.lower(), f"{model.lower()} case")
        for asked in queries.values()
        for model in models
        if {model.lower(), f"{model.lower()} case"} <= asked
    )

    assert sum(pairs.values()) >= 10


def test_the_proportions_of_the_public_log_hold_with_companions_too(month):
    counts = Counter(event.kind for event in month.events)

    assert 0.5 < counts["cart"] / counts["click"] / (4497 / 75873) < 2
    assert 0.5 < counts["watch"] / counts["click"] / (2356 / 75873) < 2
    assert 0.5 < counts["purchase"] / counts["click"] / (1750 / 75873) < 2


def test_nothing_is_bought_after_the_month(month):
    assert max(event.at for event in month.events) < UNTIL
