"""Tables over many days against naive loops over the same events, on both engines."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from recommender import policy
from recommender.events.export import exported_days
from recommender.offline.daily import FACTS, DailyFacts, fingerprint_of
from recommender.offline.engine import DUCKDB, Engine, EngineConfig, open_engine
from recommender.offline.run import entries_by_key
from recommender.offline.windows import (
    AGGREGATIONS,
    Facts,
    Window,
    ordered,
    training_pairs,
    window_of,
)
from tests.recommender.offline import behaviour as told
from tests.recommender.offline.behaviour import TODAY, Event, event, month, write_days
from tests.recommender.offline.test_pairs import counted as naive_pairs

EVENTS = month()
Tables = Mapping[str, Mapping[str, list[tuple[str, float, int]]]]


def window(engine: Engine, events: list[Event], folder: Path) -> Window:
    write_days(events, folder)
    daily = DailyFacts(folder / "facts")
    for day, export in exported_days(folder).items():
        daily.make(engine, day, export, fingerprint_of(export))
    first = TODAY - timedelta(days=400)
    facts = Facts(
        **{name: daily.read(engine, name, first, TODAY) for name in FACTS},
        items=engine.table(told.ITEMS),
        item_attributes=engine.table(told.ITEM_ATTRIBUTES),
        today=TODAY,
    )
    return window_of(facts, engine.keep)


def tables_of(engine: Engine, made: Window) -> Tables:
    return {
        each.kind: dict(entries_by_key(engine.batches(ordered(each.rows(made), each.entries))))
        for each in AGGREGATIONS
    }


@pytest.fixture(scope="module")
def made(engine: Engine, tmp_path_factory) -> Window:
    return window(engine, EVENTS, tmp_path_factory.mktemp("month"))


@pytest.fixture(scope="module")
def tables(engine: Engine, made: Window) -> Tables:
    return tables_of(engine, made)


@pytest.fixture
def counting(tmp_path):
    """The tables of a few events, on the quick engine."""

    def count(events: list[Event]) -> Tables:
        with open_engine(EngineConfig(name=DUCKDB, threads=1)) as engine:
            return tables_of(engine, window(engine, events, tmp_path))

    return count


def same(found: Mapping[str, Any], expected: Mapping[str, Any]) -> None:
    json.dumps(found)  # as it is stored
    assert found.keys() == expected.keys()
    for key, entries in expected.items():
        assert [(i, n) for i, _, n in found[key]] == [(i, n) for i, _, n in entries], key
        scores = [score for _, score, _ in entries]
        assert [score for _, score, _ in found[key]] == pytest.approx(scores, abs=2e-6)


def expected_pairs(
    baskets: list[Any], *, support: int, ochiai: float, by: str, entries: int
) -> dict[str, Any]:
    rows: dict[str, dict[str, tuple[float, int]]] = {}
    for (a, b), figures in naive_pairs(baskets).items():
        if figures["support"] >= support and figures["ochiai"] >= ochiai:
            rows.setdefault(str(a), {})[str(b)] = (figures[by], figures["support"])
    return told.best(rows, entries)


def test_related_categories_are_the_cosines_of_their_buyers(tables: Tables):
    others = {
        key: [each for each in entries if each[0] != key]
        for key, entries in tables["related_category"].items()
    }
    same(
        {key: entries for key, entries in others.items() if entries},
        expected_pairs(
            told.baskets_of_categories(EVENTS),
            support=policy.LEAST_CATEGORY_BUYERS,
            ochiai=policy.LEAST_CATEGORY_OCHIAI,
            by="ochiai",
            entries=policy.RELATED_CATEGORIES,
        ),
    )


def test_a_category_whose_buyers_come_back_is_related_to_itself(tables: Tables):
    times: dict[int, list[tuple[str, int]]] = {}
    for (person, listing), (count, _) in told.kept(EVENTS).items():
        times.setdefault(told.CATEGORIES[listing - 1], []).append((person, count))
    for category, bought in times.items():
        people = len({person for person, _ in bought})
        d = sum(count for _, count in bought) / people
        key = str(category)
        assert tables["category_buying"][key] == [(key, pytest.approx(d, abs=2e-6), people)]
        own = [each for each in tables["related_category"][key] if each[0] == key]
        is_shown = d >= policy.SELF_CATEGORY_PURCHASES and people >= policy.LEAST_CATEGORY_BUYERS
        assert own == ([(key, pytest.approx(1 - 1 / d, abs=2e-6), people)] if is_shown else [])


def test_products_and_views_are_paired_by_the_cosine_that_doubts_few(tables: Tables):
    same(
        tables["related_product"],
        expected_pairs(
            told.baskets_of_products(EVENTS),
            support=policy.LEAST_PRODUCT_BUYERS,
            ochiai=policy.LEAST_PRODUCT_OCHIAI,
            by="shrunk",
            entries=policy.RELATED_PRODUCTS,
        ),
    )
    same(
        tables["co_view_item"],
        expected_pairs(
            told.baskets_of_views(EVENTS),
            support=policy.LEAST_VISITS,
            ochiai=policy.LEAST_VIEW_OCHIAI,
            by="shrunk",
            entries=policy.CO_VIEWED,
        ),
    )


def test_what_is_popular_is_for_sale_and_counts_by_what_was_done(tables: Tables):
    rows: dict[str, dict[str, tuple[float, int]]] = {}
    for listing, figures in told.heat(EVENTS).items():
        if told.LIVE[listing - 1] and figures[0] > 0:
            category, colour = told.CATEGORIES[listing - 1], told.COLOURS[listing - 1]
            for key in (f"{category}", f"{category}|{told.COLOUR}|{colour}"):
                rows.setdefault(key, {})[str(listing)] = figures
    same(tables["popular"], told.best(rows, policy.POPULAR_ITEMS))


def test_a_product_has_all_its_listings_for_sale_the_most_viewed_first(tables: Tables):
    rows: dict[str, dict[str, tuple[float, int]]] = {}
    views = set(told.baskets_of_views(EVENTS))
    for listing, (key, is_live) in enumerate(zip(told.PRODUCTS, told.LIVE, strict=True), 1):
        own = [weight for _, viewed, weight in views if viewed == listing]
        if key and is_live:
            rows.setdefault(key, {})[str(listing)] = (sum(own), len(own))
    same(tables["product_items"], told.best(rows, policy.ITEMS_KEPT_A_PRODUCT))


def test_what_is_done_soon_after_a_search_was_done_because_of_it(tables: Tables):
    worths: dict[tuple[str, int], dict[tuple[str, str], float]] = {}
    for each in told.counted(EVENTS):
        query = last_query(each)
        if query and each.listing_id and told.LIVE[each.listing_id - 1]:
            worth = policy.ACT_WORTH[each.kind]
            worth *= told.weight(each.day, policy.VIEW_HALF_LIFE)
            worths.setdefault((query, each.listing_id), {})[each.kind, each.visit] = worth
    rows: dict[str, dict[str, tuple[float, int]]] = {}
    for (query, listing), own in worths.items():
        if sum(own.values()) > 0:
            visits = len({visit for _, visit in own})
            rows.setdefault(query, {})[str(listing)] = (sum(own.values()), visits)
    same(tables["query_items"], told.best(rows, policy.POPULAR_ITEMS))


def last_query(done: Event) -> str | None:
    return told.last_query(EVENTS, done) if done.listing_id else None


def test_deeprecs_learns_from_people_who_bought_both_by_product(engine: Engine, made: Window):
    name = {i: key or f"l{i}" for i, key in enumerate(told.PRODUCTS, 1)}
    newest = {key: max(i for i in name if name[i] == key) for key in name.values()}
    baskets = [(person, name[listing], 1.0) for person, listing in told.kept(EVENTS)]
    expected = {
        (newest[a], newest[b]): (figures["support"], figures["n_a"], figures["n_b"])
        for (a, b), figures in naive_pairs(baskets).items()
    }
    found = engine.arrow(training_pairs(made)).to_pylist()
    assert {
        (row["left_listing"], row["right_listing"]): (
            row["count"], row["left_count"], row["right_count"],
        )
        for row in found
    } == expected  # fmt: skip
    assert len(found) == len(expected)


# --- One rule at a time -------------------------------------------------------------------------


def bought_by(people: int, *listings: int, **options: Any) -> list[Event]:
    return [
        event(f"{listing}-{person}", "purchase", listing, f"u{person}", **options)
        for person in range(people)
        for listing in listings
    ]


def test_a_refund_takes_its_purchase_out(counting):
    events = bought_by(6, 1, 4)
    assert [each[0] for each in counting(events)["related_category"]["10"]] == ["20"]
    sent_back = [event(f"r{person}", "refund", 4, f"u{person}", minute=9) for person in range(2)]
    assert "10" not in counting(events + sent_back)["related_category"]


def test_a_refund_of_something_bought_before_the_window_takes_nothing_else(counting):
    events = [*bought_by(6, 1, 4), event("r", "refund", 2, "u0")]
    ((other, _, support),) = counting(events)["related_category"]["10"]
    assert (other, support) == ("20", 6)


def test_few_people_are_not_told_of(counting):
    few = counting(bought_by(policy.LEAST_CATEGORY_BUYERS - 1, 1, 4))
    assert few["related_category"] == {}
    alone = [
        event(1, "search", None, "u1", session="s", query="my own name"),
        event(2, "click", 1, "u1", session="s", minute=1),
    ]
    assert counting(alone)["query_items"] == {} == counting(alone)["related_query"]


def test_what_was_searched_for_in_the_same_visits_is_related(counting):
    events = [
        event(f"{query}{person}", "search", None, f"u{person}", query=query, minute=minute)
        for person in range(3)
        for minute, query in enumerate(("digital camera", "canon slr"))
    ]
    (entry,) = counting(events)["related_query"]["digital camera"]
    assert entry == ("canon slr", pytest.approx(3 / 13, abs=1e-6), 3)


def test_the_important_detail_is_the_one_that_buyers_hold_on_to(counting):
    # Red with red and blue with blue, thirty times each way; by chance it would be half of them.
    events = []
    for person in range(30):
        one, other = ((1, 4), (2, 5))[person % 2]
        events += [
            event(f"a{person}", "purchase", one, f"u{person}"),
            event(f"b{person}", "purchase", other, f"u{person}"),
        ]
    tables = counting(events)
    json.dumps(tables)
    ((attribute, score, support),) = tables["important_aspect"]["10"]
    s = (30 + 10 * 0.5) / (30 + 10)
    assert (attribute, support) == (str(told.COLOUR), 30)
    assert score == pytest.approx(
        s * math.log(s / 0.5) + (1 - s) * math.log((1 - s) / 0.5), abs=1e-5
    )
    mixed = [
        event(f"{side}{person}", "purchase", listing, f"u{person}")
        for person in range(40)
        for side, listing in (("a", 1 + person % 2), ("b", 4 + person // 2 % 2))
    ]
    assert "10" not in counting(mixed)["important_aspect"], "no more often than chance"
