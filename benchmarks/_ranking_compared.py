"""The arms on simulated markets: learnt, chosen and judged in order of time, and by the truth."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
from _ranking_arms import (
    BINARY,
    PATIENCE,
    ROUNDS,
    TUNED,
    Periods,
    Row,
    Scorer,
    bpr,
    first_places,
    judged,
    learnt,
    pooled,
    print_arms,
    summary,
    tuned_config,
    with_purchases,
)
from _ranking_market import (
    CHOOSE_FROM,
    DAYS,
    FULL,
    JUDGE_FROM,
    LEARN_FROM,
    QUICK,
    Log,
    Market,
    build,
    day_of,
)

from listing_assistant.demo.month import Shown
from listing_assistant.demo.similar import PLACES, examination
from ml.ranker.evaluate import Judged
from ml.ranker.fit import fit
from ml.ranker.labels import conversions, order_by_conversion
from ml.ranker.model import LEVELS, PURCHASE, RankerConfig
from ml.ranker.weighting import ARMS
from recommender import features, policy
from recommender.items.columns import HISTORY, Ids

# Scores of n things: their columns, their rows in the market, and who looks.
Asked = Callable[[features.Matrix, Ids, Ids], Row]

SEEDS, QUICK_SEEDS = (1, 2, 3), (1,)
TRIALS, QUICK_TRIALS = 25, 2
LISTS, QUICK_LISTS = 2000, 150
# Of the strips to learn from.
SHARES = (1 / 16, 1 / 4, 1.0)
TRUTH = "true_purchases"
# What no ranker can beat, by more than chance.
CEILING = "the truth itself (a ceiling)"
EXAMINED = np.array([examination(place) for place in range(1, PLACES + 1)])
# Of an item's history, what each count is worth, for popularity.
WORTH = np.array([policy.ACT_WORTH.get(str(kind), 0.0) for kind in HISTORY])


@dataclass(frozen=True, eq=False)
class Lists:
    """Some of the test's strips, each with all that could have stood in it; `purchase` is the
    truth: the probability that who sees the thing buys it."""

    matrix: features.Matrix  # (n, F)
    rows: Ids  # (n,)
    people: Ids  # (n,)
    groups: Ids  # (g,) sizes
    purchase: Row  # (n,)

    @property
    def asked(self) -> tuple[features.Matrix, Ids, Ids]:
        return self.matrix, self.rows, self.people


@dataclass(frozen=True, eq=False)
class Study:
    """A market with its three periods, learnt from as a release would be."""

    market: Market
    train: Log
    validation: Log
    test: Log
    config: RankerConfig

    @property
    def periods(self) -> Periods:
        return Periods(
            self.train.data,
            first_places(with_purchases(self.validation.data)),
            first_places(self.test.data),
        )


@lru_cache(maxsize=1)
def study(quick: bool, seed: int) -> Study:
    market = build(QUICK if quick else FULL, seed)
    counts = conversions(market.masks_between(LEARN_FROM, CHOOSE_FROM))
    market.order = order_by_conversion(counts)
    return Study(
        market,
        market.log(LEARN_FROM, CHOOSE_FROM),
        market.log(CHOOSE_FROM, JUDGE_FROM),
        market.log(JUDGE_FROM, DAYS),
        config_for(market.order),
    )


def last_study(quick: bool) -> Study:
    """Of the market that is judged last, which is still in memory where others were judged."""
    return study(quick, (QUICK_SEEDS if quick else SEEDS)[-1])


def config_for(order: tuple[str, ...]) -> RankerConfig:
    """Columns as recommender/features.py describes them."""
    return RankerConfig(
        columns=features.NAMES,
        order=order,
        categories=tuple(each.name for each in features.COLUMNS if each.is_category),
        monotone={each.name: each.monotone for each in features.COLUMNS if each.monotone},
        rounds=ROUNDS,
        patience=PATIENCE,
    )


def print_market(quick: bool) -> dict[str, Any]:
    runs: list[dict[str, Judged]] = []
    sizes: list[dict[str, Any]] = []
    tuned: RankerConfig | None = None
    journal: list[dict[str, Any]] = []
    for seed in QUICK_SEEDS if quick else SEEDS:
        own = study(quick, seed)
        if tuned is None:
            tuned, trials = tuned_config(own.periods, own.config, QUICK_TRIALS if quick else TRIALS)
            journal = [each.as_json() for each in trials]
        runs.append(_run(own, replace(tuned, order=own.config.order), quick))
        sizes.append(_sizes(own))
        _print_sizes(seed, sizes[-1])
    assert tuned is not None
    found = summary(pooled(runs))
    print_arms(f"Similar strips of {len(runs)} simulated market(s), the last five days", found)
    weights = {level: tuned.weights.get(level, 1.0) for level in LEVELS}
    print(f"tuned in the first market: {weights}, gain {tuned.gain}, {tuned.leaves} leaves")
    each = [summary(run) for run in runs]
    by_size = _by_size(last_study(quick), tuned, quick)
    return {
        "sizes": sizes,
        "arms": found,
        "by_market": each,
        "by_size": by_size,
        "tuned": tuned.as_json(),
        "trials": journal,
    }


def _run(own: Study, tuned: RankerConfig, quick: bool) -> dict[str, Judged]:
    """Every arm and baseline on the test's strips, and by the truth on whole lists."""
    lists = whole_lists(own, QUICK_LISTS if quick else LISTS)
    scorers = {
        name: _of_matrix(scorer) for name, scorer in learnt(own.periods, own.config, tuned).items()
    }
    scorers |= _baselines(own)
    test = own.periods.test
    scores = {
        name: scorer(test.matrix, own.test.rows, own.test.people)
        for name, scorer in scorers.items()
    }
    wholes = {name: scorer(*lists.asked) for name, scorer in scorers.items()}
    scores[CEILING], wholes[CEILING] = own.test.purchase, lists.purchase
    return {
        name: Judged({**each.values, TRUTH: true_purchases(wholes[name], lists)})
        for name, each in judged(scores, test, own.config).items()
    }


def _by_size(own: Study, tuned: RankerConfig, quick: bool) -> dict[str, Any]:
    """Binary purchases and tuned weights, learnt from the latest share of the last market's log:
    what the other acts are worth where purchases are rarer."""
    lists = whole_lists(own, QUICK_LISTS if quick else LISTS)
    periods, found = own.periods, {}
    whole = len(periods.train.groups)
    configs = {BINARY: ARMS[0].of(own.config), TUNED: replace(tuned, order=own.config.order)}
    for share in SHARES:
        data = periods.train.part(whole - round(whole * share), whole)
        purchases = int((data.labels == PURCHASE).sum())
        if not purchases:
            continue
        runs = {}
        for name, config in configs.items():
            ranker, _ = fit(data, config, periods.validation, quiet=True)
            judge = judged({name: ranker.scores(periods.test.matrix)}, periods.test, own.config)
            truth = true_purchases(ranker.scores(lists.matrix), lists)
            runs[name] = Judged({**judge[name].values, TRUTH: truth})
        arms = summary(runs)
        found[f"{share:g}"] = {"purchases": purchases, "arms": arms}
        print_arms(f"Learnt from {len(data.groups):,} strips with {purchases:,} purchases", arms)
    return found


def _of_matrix(scorer: Scorer) -> Asked:
    return lambda matrix, rows, people: scorer(matrix)


def _baselines(own: Study) -> dict[str, Asked]:
    """What is not learnt from the strips, as of the morning of the test."""
    market = own.market
    popularity = market.histories[JUDGE_FROM].history @ WORTH
    pairs = (
        (event.shopper.id, event.ware.id - 1)
        for event in market.month.events
        if event.ware is not None and event.kind != "refund" and day_of(event.at) < JUDGE_FROM
    )
    people, things = bpr(pairs, len(market.shoppers), len(market.wares))
    return {
        "popularity": lambda matrix, rows, who: popularity[rows],
        "embedding similarity": lambda matrix, rows, who: _likeness(matrix),
        "implicit BPR": lambda matrix, rows, who: np.einsum(
            "nd,nd->n", people[who], things[rows]
        ).astype(np.float64),
    }


def _likeness(matrix: features.Matrix) -> Row:
    return matrix[:, features.NAMES.index("joint_similarity")].astype(np.float64)


def whole_lists(own: Study, count: int) -> Lists:
    """As many of the test's strips, evenly over its time."""
    market = own.market
    strips = [shown for _, shown in market.similar_strips(JUDGE_FROM, DAYS)]
    parts = [_whole_list(market, each) for each in strips[:: max(1, len(strips) // count)][:count]]
    matrices, rows, people, purchases = zip(*parts, strict=True)
    return Lists(
        np.concatenate(matrices),
        np.concatenate(rows),
        np.concatenate(people),
        np.array([len(each) for each in rows]),
        np.concatenate(purchases),
    )


def _whole_list(market: Market, shown: Shown) -> tuple[features.Matrix, Ids, Ids, Row]:
    assert shown.similar is not None
    seed = shown.similar.seed.id - 1
    rows = market.strips.candidates(seed)
    rows = rows[market.items.published[rows] < shown.at.timestamp()]
    people = np.full(len(rows), shown.shopper.id)
    return market.matrix(shown, rows), rows, people, market.purchase(shown, rows)


def true_purchases(scores: Row, lists: Lists) -> Row:
    """Of a thousand such strips, by the truth: of each list (g,) the best places, as far as eyes
    go."""
    group_of = np.repeat(np.arange(len(lists.groups)), lists.groups)
    order: Ids = np.lexsort((-scores, group_of))
    place = np.arange(len(order)) - np.repeat(np.cumsum(lists.groups) - lists.groups, lists.groups)
    seen: Row = np.where(place < PLACES, EXAMINED[np.minimum(place, PLACES - 1)], 0.0)
    weights = 1000 * seen * lists.purchase[order]
    return np.bincount(group_of, weights=weights).astype(np.float64)


def _sizes(own: Study) -> dict[str, Any]:
    told: dict[str, Any] = {
        "listings": len(own.market.wares),
        "people": len(own.market.shoppers),
        "order": own.config.order,
    }
    for name, log in (("train", own.train), ("validation", own.validation), ("test", own.test)):
        counts = np.bincount(log.data.labels, minlength=len(LEVELS)).tolist()
        told[name] = {
            "strips": log.shown,
            "with an act": len(log.data.groups),
            **dict(zip(LEVELS, counts, strict=True)),
        }
    return told


def _print_sizes(seed: int, sizes: Mapping[str, Any]) -> None:
    print(f"\nmarket {seed}: {sizes['listings']:,} listings, {sizes['people']:,} people")
    for name in ("train", "validation", "test"):
        print(
            f"  {name:<12}" + ", ".join(f"{count:,} {what}" for what, count in sizes[name].items())
        )
    print(f"  by share that leads to a purchase: {' < '.join(sizes['order'])}")
