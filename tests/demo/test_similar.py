"""Similar strips on the simulated market: propensities, examination, formats, ratios."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import groupby

import numpy as np
import pytest

from listing_assistant.demo.behaviour import simulate_month
from listing_assistant.demo.catalogue import plan_listings
from listing_assistant.demo.history import ware_of
from listing_assistant.demo.month import Month
from listing_assistant.demo.people import taste_of
from listing_assistant.demo.similar import (
    EXPLORED,
    PLACES,
    SimilarStrips,
    Strip,
    draw_places,
    examination,
)
from listing_assistant.demo.wares import Shopper, Ware
from listing_assistant.listings.models import Format

UNTIL = datetime(2026, 11, 1, tzinfo=UTC)
DRAWS = 6_000
PEOPLE = 40


def wares(scale: float = 1.0) -> list[Ware]:
    return [
        ware_of(plan, id=row, seller_id=-1, published_at=UNTIL - timedelta(days=60))
        for row, plan in enumerate(plan_listings(scale), start=1)
    ]


@pytest.fixture(scope="module")
def month() -> Month:
    """Few people, who look at every strip."""
    shoppers = [Shopper(10_000 + number, taste_of(number), "DE") for number in range(PEOPLE)]
    return simulate_month(wares(), shoppers, until=UNTIL, strip_seen=0.9)


@pytest.fixture(scope="module")
def few() -> list[Ware]:
    return wares(0.1)[:6]


def test_propensities_are_the_frequencies_of_what_a_place_shows(few):
    rng = random.Random(5)
    counted: Counter[tuple[int, ...]] = Counter()
    told: dict[tuple[int, ...], float] = {}
    for _ in range(DRAWS):
        chosen, propensities = draw_places(few, rng)
        for place in range(3):
            before = tuple(ware.id for ware in chosen[:place])
            what = (*before, chosen[place].id)
            counted[what] += 1
            told[what] = propensities[place]
    seen = Counter({(): DRAWS}) + counted

    for what, propensity in told.items():
        tries = seen[what[:-1]]
        if tries > 500:
            spread = 5 * (propensity * (1 - propensity) / tries) ** 0.5
            assert counted[what] / tries == pytest.approx(propensity, abs=spread), what


def test_every_place_shows_something_else_and_the_propensities_of_a_place_add_up(few):
    chosen, propensities = draw_places(few, random.Random(1))

    assert sorted(ware.id for ware in chosen) == sorted(ware.id for ware in few)
    assert propensities[-1] == pytest.approx(1)  # nothing else was left
    best, others = 1 - EXPLORED + EXPLORED / len(few), EXPLORED / len(few)
    assert best + (len(few) - 1) * others == pytest.approx(1)
    assert propensities[0] in (pytest.approx(best), pytest.approx(others))


def test_a_place_is_opened_as_often_as_it_is_examined(few):
    """The same thing in every place: what differs is only the place."""
    ware = next(each for each in wares() if each.format == Format.AUCTION)
    strips = SimilarStrips([ware], random.Random(7))
    strip = Strip(ware, (ware,) * PLACES, (1.0,) * PLACES)
    taste = taste_of(3)
    chance = strips.wanting.chances(taste, 0, np.array([0])).click[0]

    opened = Counter(each.place for _ in range(DRAWS) for each in strips.look_through(strip, taste))

    for place in range(1, PLACES + 1):
        expected = examination(place) * chance
        spread = 5 * (expected / DRAWS) ** 0.5
        assert opened[place] / DRAWS == pytest.approx(expected, abs=spread)
    assert examination(1) == 1 and examination(PLACES) < 0.3


def test_what_is_done_is_as_likely_as_the_truth_says():
    some = wares(0.1)
    seed, other = next(
        (a, b) for a in some for b in some
        if a is not b and a.category == b.category and b.format == Format.BUY_NOW
    )  # fmt: skip
    strips = SimilarStrips(some, random.Random(11))
    taste = taste_of(3)
    rows = [strips.wanting.row_of[ware.id] for ware in (seed, other)]
    truth = strips.wanting.chances(taste, rows[0], np.array([rows[1]]))
    strip = Strip(seed, (other,) * PLACES, (1.0,) * PLACES)

    seen = [each for _ in range(DRAWS) for each in strips.look_through(strip, taste)]
    acts = Counter(act for each in seen for act in each.acts)
    bought = sum(each.buys for each in seen)

    for act in ("watch", "cart", "buy_now"):
        share = getattr(truth, act)[0]
        assert acts[act] / len(seen) == pytest.approx(share, abs=5 * (share / len(seen)) ** 0.5)
    share = truth.buys[0]
    assert bought / len(seen) == pytest.approx(share, abs=5 * (share / len(seen)) ** 0.5)


def test_a_strip_holds_neither_its_seed_nor_what_is_not_offered():
    some = wares(0.5)
    strips = SimilarStrips(some, random.Random(1))

    for seed in some[:40]:
        strip = strips.beside(seed, lambda ware: ware.id % 3 > 0)
        if strip:
            assert seed not in strip.wares
            assert all(ware.id % 3 for ware in strip.wares)
            assert len(strip.wares) == len(strip.propensities) <= PLACES


def test_there_is_no_strip_of_two_things():
    strips = SimilarStrips(wares(0.5), random.Random(1))

    assert strips.beside(strips.wares[0], lambda ware: ware.id in (2, 3)) is None


def test_what_comes_of_strips_has_the_proportions_of_the_public_log(month):
    done = Counter(event.kind for event in _of_strips(month))

    assert 0.5 < done["cart"] / done["click"] / (4497 / 75873) < 2
    assert 0.5 < done["watch"] / done["click"] / (2356 / 75873) < 2
    assert 0.5 < done["purchase"] / done["click"] / (1750 / 75873) < 2


def test_acts_are_those_of_the_format(month):
    formats: dict[str, set[str]] = {}
    for event in _of_strips(month):
        formats.setdefault(event.kind, set()).add(str(event.ware.format))

    assert formats["cart"] == formats["buy_now"] == {"buy_now"}
    assert formats["offer"] == {"best_offer"}
    assert "auction" not in formats["purchase"]
    assert len(formats["click"]) == 3


def test_a_click_on_a_strip_says_where_it_was_and_was_shown_there(month):
    strips: dict[str, list] = {}
    for shown in month.shown:
        if shown.similar:
            strips.setdefault(shown.session_key, []).append(shown)
    clicks = [event for event in month.events if event.data.get("strip") == "similar"]

    assert len(clicks) > 500
    for event in clicks:
        place = int(event.data["position"]) - 1
        assert any(
            shown.at <= event.at and shown.wares[place : place + 1] == (event.ware.id,)
            for shown in strips[event.session_key]
        )


def test_recent_listings_were_opened_before_and_the_newest_stands_first(month):
    opened: dict[str, list[tuple[datetime, int]]] = {}
    for event in month.events:
        if event.kind == "click":
            opened.setdefault(event.session_key, []).append((event.at, event.ware.id))
    strips = [shown for shown in month.shown if shown.similar and shown.similar.recent]

    assert strips
    for shown in strips[:500]:
        before = [ware for at, ware in opened[shown.session_key] if at <= shown.at]
        newest = [key for key, _ in groupby(dict.fromkeys(reversed(before)))]
        recent = [ware for ware in newest if ware != shown.similar.seed.id]
        assert list(shown.similar.recent) == recent[: len(shown.similar.recent)]


def test_nobody_looks_at_strips_of_what_was_just_bought(month):
    bought: dict[str, list[tuple[datetime, str]]] = {}
    for event in month.events:
        if event.kind == "purchase":
            bought.setdefault(event.session_key, []).append((event.at, event.ware.kind))

    for shown in month.shown:
        if shown.similar:
            kinds = {kind for at, kind in bought.get(shown.session_key, ()) if at < shown.at}
            assert shown.similar.seed.kind not in kinds


def test_the_same_seed_shows_the_same_strips(month):
    shoppers = [Shopper(10_000 + number, taste_of(number), "DE") for number in range(PEOPLE)]

    again = simulate_month(wares(), shoppers, until=UNTIL, strip_seen=0.9)

    assert [(each.at, each.wares) for each in again.shown] == [
        (each.at, each.wares) for each in month.shown
    ]


def _of_strips(month: Month) -> list:
    """Clicks on similar strips, and what the visit then did with what it had not found itself."""
    found, opened = [], {}
    for event in month.events:
        if event.ware is None or event.kind == "refund":
            continue
        what = event.session_key, event.ware.id
        if event.kind == "click":
            opened.setdefault(what, event.data["strip"])
        if opened.get(what) == "similar":
            found.append(event)
    return found
