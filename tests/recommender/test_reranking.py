"""Which items a strip shows, and where: bounds for any scores, rules with known answers."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender import policy
from recommender.items.columns import HISTORY, MOST_DETAILS, Items
from recommender.reranking import RULES, Move, rerank
from recommender.similar.recipe import Recipe

# By relevance alone; a test turns on the rule that it is about.
PLAIN = Recipe(
    ad_weight=0.0, most_relevance_loss=1.0, most_of_seller=99, relevance_share=1.0,
    exploration_share=0.0,
)  # fmt: skip


def make_items(n: int, *, sellers=None, ad_rates=None, vectors=None) -> Items:
    """Listings of different sellers, without ads, that have nothing in common."""
    none, vectors = np.zeros(n, np.int64), np.eye(n) if vectors is None else np.asarray(vectors)
    joint = vectors.astype(np.float16).reshape(n, vectors.shape[-1])
    return Items(
        ids=np.arange(n) + 1, categories=none, departments=none,
        sellers=np.arange(n) if sellers is None else np.asarray(sellers),
        products=none, brands=none, details=np.zeros((n, MOST_DETAILS), np.int64),
        conditions=none.astype(np.int8), formats=none.astype(np.int8), currencies=none,
        log_prices=np.zeros(n, np.float32),
        ad_rates=np.zeros(n, np.float32) if ad_rates is None else np.asarray(ad_rates, np.float32),
        quantities=np.ones(n, np.float32), published=np.zeros(n),
        history=np.zeros((n, len(HISTORY)), np.float32),
        prior=np.zeros((n, len(HISTORY)), np.float32), joint=joint, image=joint, text=joint,
    )  # fmt: skip


def shown(items: Items, scores, recipe: Recipe = PLAIN, *, limit: int = 3, seed: int = 0):
    return rerank(
        items, np.asarray(scores, float), limit=limit, recipe=recipe,
        rng=np.random.default_rng(seed),
    )  # fmt: skip


def rows_of(reranked) -> list[int]:
    return [slot.row for slot in reranked.slots]


def gain(scores, rows) -> float:
    """By the book: scores stretched to 0..1, discounted by the logarithm of the place."""
    low, high = min(scores), max(scores)
    relevance = [(s - low) / (high - low) if high > low else 1.0 for s in scores]
    return sum(relevance[row] / np.log2(place + 2) for place, row in enumerate(rows))


SCORES = st.lists(
    st.floats(-5, 5, allow_nan=False).map(lambda x: round(x, 3)), min_size=1, max_size=25
)


@st.composite
def markets(draw):
    scores = draw(SCORES)
    n = len(scores)
    rates = draw(st.lists(st.sampled_from([0, 0, 2, 8, 30]), min_size=n, max_size=n))
    sellers = draw(st.lists(st.integers(0, 4), min_size=n, max_size=n))
    angles = np.array(draw(st.lists(st.floats(0, 3), min_size=n, max_size=n)))
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    return scores, make_items(n, sellers=sellers, ad_rates=rates, vectors=vectors)


# --- Relevance and ad rates ---------------------------------------------------------------------


def test_without_rules_the_best_scores_stand_first():
    assert rows_of(shown(make_items(5), [0.1, 0.9, 0.3, 0.8, 0.2])) == [1, 3, 2]


def test_equal_scores_keep_the_order_given():
    assert rows_of(shown(make_items(4), [1, 1, 1, 1])) == [0, 1, 2]


def test_an_ad_rate_moves_an_item_up_by_its_logarithm():
    """Relevances are 1, 0.8, 0.6, 0; 0.25 · log(1 + 2) = 0.27 lifts the third above the second."""
    items = make_items(4, ad_rates=[0, 0, 2, 0])
    found = shown(items, [10, 8, 6, 0], replace(PLAIN, ad_weight=0.25))
    assert rows_of(found) == [0, 2, 1]
    assert found.ad_weight == 0.25


@settings(max_examples=100, deadline=None)
@given(markets(), st.floats(0, 3), st.floats(0, 0.5), st.integers(1, 15))
def test_ads_cost_no_more_relevance_than_is_allowed(market, weight, loss, limit):
    scores, items = market
    recipe = replace(Recipe(), ad_weight=weight, most_relevance_loss=loss, exploration_share=0.0)
    with_ads = rows_of(shown(items, scores, recipe, limit=limit))
    without = rows_of(shown(items, scores, replace(recipe, ad_weight=0.0), limit=limit))
    assert gain(scores, with_ads) >= (1 - loss) * gain(scores, without) - 1e-9


@settings(max_examples=100, deadline=None)
@given(markets())
def test_the_weight_that_is_left_is_about_the_largest_that_keeps_the_bound(market):
    """Against a search by small steps, where nothing but ads is at work."""
    scores, items = market
    recipe = replace(PLAIN, ad_weight=1.0, most_relevance_loss=0.05)
    found = shown(items, scores, recipe, limit=8).ad_weight
    least = 0.95 * gain(scores, rows_of(shown(items, scores, limit=8)))
    for weight in np.linspace(found + 1 / 16, 1.0, 5):
        freely = replace(PLAIN, ad_weight=float(weight))
        if found + 1 / 16 <= 1.0 and items.ad_rates.any():
            assert gain(scores, rows_of(shown(items, scores, freely, limit=8))) < least + 1e-9


def test_a_bound_of_nothing_leaves_the_rankers_order():
    items = make_items(4, ad_rates=[0, 5, 9, 20])
    recipe = replace(PLAIN, ad_weight=2.0, most_relevance_loss=0.0)
    found = shown(items, [4, 3, 2, 1], recipe)
    assert rows_of(found) == [0, 1, 2]


def test_scores_on_another_scale_give_the_same_strip():
    items = make_items(8, ad_rates=[0, 3, 0, 9, 0, 0, 20, 0])
    scores = np.array([0.9, 0.85, 0.8, 0.7, 0.6, 0.5, 0.3, 0.1])
    recipe = replace(Recipe(), exploration_share=0.0)
    assert rows_of(shown(items, scores, recipe)) == rows_of(shown(items, scores * 40 - 7, recipe))


# --- Seller cap and diversity -------------------------------------------------------------------


def test_no_seller_has_more_places_than_the_cap():
    items = make_items(6, sellers=[7, 7, 7, 7, 8, 9])
    recipe = replace(PLAIN, most_of_seller=2)
    assert rows_of(shown(items, [6, 5, 4, 3, 2, 1], recipe, limit=4)) == [0, 1, 4, 5]


@settings(max_examples=100, deadline=None)
@given(markets(), st.integers(1, 3), st.integers(0, 9))
def test_the_cap_holds_for_what_is_explored_too(market, most, seed):
    scores, items = market
    recipe = replace(Recipe(), most_of_seller=most, exploration_share=1.0)
    found = rows_of(shown(items, scores, recipe, limit=6, seed=seed))
    assert len(set(found)) == len(found) <= 6
    assert max(Counter(items.sellers[found].tolist()).values()) <= most


def test_of_two_that_look_alike_the_second_gives_way_to_another_thing():
    """At a share of 0.6 the twin is worth 0.6 · 0.9 − 0.4 · 1, the other thing 0.6 · 0.5."""
    items = make_items(4, vectors=[[1, 0], [1, 0], [0, 1], [0, 1]])
    recipe = replace(PLAIN, relevance_share=0.6)
    assert rows_of(shown(items, [1.0, 0.9, 0.5, 0.0], recipe)) == [0, 2, 1]


def test_what_has_no_vector_is_not_taken_for_special():
    """Three look alike; one of which nothing is known has no advantage over a worse-ranked twin."""
    items = make_items(4, vectors=[[1, 0], [1, 0], [0, 0], [1, 0]])
    recipe = replace(PLAIN, relevance_share=0.5)
    assert rows_of(shown(items, [1.0, 0.9, 0.8, 0.0], recipe)) == [0, 1, 2]


# --- Exploration --------------------------------------------------------------------------------


def test_logged_propensities_are_the_frequencies_with_which_places_show_items():
    items = make_items(9, sellers=[1, 1, 1, 2, 3, 1, 4, 5, 6])
    scores = np.arange(9, 0, -1.0)
    recipe = replace(Recipe(), ad_weight=0.0, relevance_share=1.0, exploration_share=0.4)
    rng, counts, told = np.random.default_rng(3), Counter(), {}
    draws = 10_000
    for _ in range(draws):
        found = rerank(items, scores, limit=5, recipe=recipe, rng=rng)
        for place, slot in enumerate(found.slots):
            counts[place, slot.row] += 1
            told.setdefault((place, slot.row), slot.propensity)
            assert told[place, slot.row] == slot.propensity
    for place in range(5):
        assert sum(p for (at, _), p in told.items() if at == place) == pytest.approx(1)
    for key, propensity in told.items():
        deviation = np.sqrt(propensity * (1 - propensity) / draws)
        assert counts[key] / draws == pytest.approx(propensity, abs=5 * deviation + 1e-12)
    assert {row for place, row in told if place == 0} == {0}
    # The first seller's three places are taken: a fourth of theirs is never drawn.
    assert {row for _, row in told} == {0, 1, 2, 3, 4, 6, 7, 8}


@pytest.mark.parametrize("places", [1, 2, 3])
def test_more_places_may_explore_and_their_propensities_still_add_up(monkeypatch, places):
    monkeypatch.setattr(policy, "EXPLORED_PLACES", places)
    recipe, rng, explored = (
        replace(PLAIN, exploration_share=0.5),
        np.random.default_rng(1),
        Counter(),
    )
    for _ in range(2000):
        found = rerank(make_items(9), np.arange(9, 0, -1.0), limit=4, recipe=recipe, rng=rng)
        for place, slot in enumerate(found.slots[1:], start=1):
            share = 0.5 * places / 3
            assert slot.propensity == pytest.approx(1 - share if slot.row == place else share / 5)
            explored[place] += slot.row != place
    assert all(explored[p] / 2000 == pytest.approx(0.5 * places / 3, abs=0.05) for p in (1, 2, 3))


def test_the_same_random_numbers_give_the_same_strip():
    items, scores = make_items(30, ad_rates=[5, 0] * 15), np.linspace(1, 0, 30)
    first, second = (shown(items, scores, Recipe(), limit=12, seed=5) for _ in "12")
    assert first == second


def test_nothing_is_explored_where_nothing_is_left_over():
    found = shown(make_items(3), [3, 2, 1], replace(PLAIN, exploration_share=1.0), limit=5)
    assert [(slot.row, slot.propensity) for slot in found.slots] == [(0, 1), (1, 1), (2, 1)]


# --- The price of the rules ---------------------------------------------------------------------


def test_a_rules_price_is_what_leaving_it_out_would_bring():
    """The cap puts the fourth in the third's place."""
    items = make_items(4, sellers=[1, 1, 1, 2])
    scores = [4.0, 3.0, 2.0, 1.0]
    found = shown(items, scores, replace(PLAIN, most_of_seller=2))
    best = gain(scores, [0, 1, 2])
    assert found.costs["seller_cap"] == pytest.approx((best - gain(scores, [0, 1, 3])) / best)
    assert [found.costs[rule] for rule in RULES if rule != "seller_cap"] == [0, 0, 0]


def test_a_slot_knows_how_it_came_to_its_place():
    items = make_items(4, ad_rates=[0, 0, 9, 0])
    scores = [4.0, 3.0, 2.0, 1.0]
    found = shown(items, scores, replace(PLAIN, ad_weight=0.5))
    best = gain(scores, [0, 1, 2])
    assert rows_of(found) == [2, 0, 1]
    assert found.slots[0].moves == (
        Move("ad_rate", before=3, after=1, cost=pytest.approx((1 - 1 / 3) / best)),
    )
    assert [(m.before, m.after) for m in found.slots[1].moves] == [(1, 2)]


@settings(max_examples=100, deadline=None)
@given(markets(), st.integers(2, 8), st.integers(0, 5))
def test_the_last_move_ends_where_the_slot_stands(market, limit, seed):
    scores, items = market
    recipe = replace(Recipe(), most_of_seller=2, exploration_share=0.7)
    for place, slot in enumerate(shown(items, scores, recipe, limit=limit, seed=seed).slots, 1):
        steps = [(move.before, move.after) for move in slot.moves]
        assert all(a[1] == b[0] for a, b in pairwise(steps))
        assert not steps or steps[-1][1] == place


# --- Small inputs -------------------------------------------------------------------------------


def test_nothing_to_show_is_an_empty_strip_without_costs():
    found = shown(make_items(0), [])
    assert (found.slots, set(found.costs.values())) == ([], {0.0})
    assert shown(make_items(2), [1, 2], limit=0).slots == []


def test_one_item_is_shown_for_sure():
    found = shown(make_items(1, ad_rates=[9]), [-3.0], Recipe())
    assert [(slot.row, slot.propensity, slot.moves) for slot in found.slots] == [(0, 1.0, ())]


def test_scores_that_do_not_match_the_items_are_refused():
    with pytest.raises(ValueError, match="2 for 3 items"):
        shown(make_items(3), [1.0, 2.0])
