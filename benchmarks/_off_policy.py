"""Off-policy estimates on logged impressions of the open bandit data (ZOZOTOWN).

Two policies were in service there at the same time: one at random, one that learnt (Thompson
sampling), each with its propensities in the log. So one's clicks, estimated from the other's log,
can be set beside the clicks that it had.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommender.experiments.moments import Floats
from recommender.experiments.off_policy import Logged, PolicyValue, estimates

RANDOM, LEARNT = "random", "bts"
CAMPAIGNS = ("men", "women")
MOST_WEIGHT = 10.0
# Of a cell of the model of the reward: it is worth so many looks at the mean of all.
PRIOR_LOOKS = 100.0
FOLDS = 2
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Log:
    """One policy's places: which item stood where, with which probability, and what came of it."""

    items: Ints
    positions: Ints
    clicks: Floats
    propensities: Floats
    size: int  # how many items there are

    @property
    def cells(self) -> Ints:
        """A number for each pair of position and item."""
        return (self.positions - 1) * self.size + self.items

    def take(self, rows: Ints) -> Log:
        return replace(
            self,
            items=self.items[rows],
            positions=self.positions[rows],
            clicks=self.clicks[rows],
            propensities=self.propensities[rows],
        )

    def shares(self) -> Floats:
        """How often each item was in each position, (3, size): the policy on average."""
        counts = np.bincount(self.cells, minlength=3 * self.size).reshape(3, self.size)
        shares: Floats = counts / counts.sum(axis=1, keepdims=True)
        return shares


def read_logs(file: Path) -> dict[tuple[str, str], Log]:
    import pyarrow.parquet as pq

    columns = ["item_id", "position", "click", "propensity_score", "policy", "campaign"]
    table = pq.read_table(file, columns=columns).to_pydict()
    told = {name: np.array(table[name]) for name in columns}
    logs = {}
    for campaign in CAMPAIGNS:
        of_campaign = told["campaign"] == campaign
        size = int(told["item_id"][of_campaign].max()) + 1
        for policy in (RANDOM, LEARNT):
            rows = of_campaign & (told["policy"] == policy)
            logs[campaign, policy] = Log(
                told["item_id"][rows],
                told["position"][rows],
                told["click"][rows].astype(float),
                told["propensity_score"][rows],
                size,
            )
    return logs


def logged(log: Log, target: Floats) -> Logged:
    """`target` (3, size) is the other policy: which item stands where, how often."""
    targets = target.reshape(-1)[log.cells]
    predicted, expected = _cross_fitted(log, target)
    return Logged(log.clicks, log.propensities, targets, predicted=predicted, expected=expected)


def _cross_fitted(log: Log, target: Floats) -> tuple[Floats, Floats]:
    """A click rate of each position and item, from the places of the other fold alone."""
    predicted, expected = np.zeros(len(log.clicks)), np.zeros(len(log.clicks))
    fold = np.arange(len(log.clicks)) % FOLDS
    for number in range(FOLDS):
        rates = _rates(log.take(np.flatnonzero(fold != number)))
        here = np.flatnonzero(fold == number)
        predicted[here] = rates.reshape(-1)[log.cells[here]]
        expected[here] = (target * rates).sum(axis=1)[log.positions[here] - 1]
    return predicted, expected


def _rates(log: Log) -> Floats:
    """(3, size), drawn to the mean of all where there is little to see."""
    clicks = np.bincount(log.cells, weights=log.clicks, minlength=3 * log.size)
    looks = np.bincount(log.cells, minlength=3 * log.size)
    rates = (clicks + PRIOR_LOOKS * log.clicks.mean()) / (looks + PRIOR_LOOKS)
    shaped: Floats = rates.reshape(3, log.size)
    return shaped


# --- Beside the truth -----------------------------------------------------------------------------


def beside_the_truth(logs: dict[tuple[str, str], Log]) -> Iterator[dict[str, Any]]:
    """One row for each campaign and direction."""
    for campaign in CAMPAIGNS:
        for used, asked in ((LEARNT, RANDOM), (RANDOM, LEARNT)):
            log, truth = logs[campaign, used], logs[campaign, asked]
            target = truth.shares() if asked == LEARNT else _uniform(truth.size)
            told = logged(log, target)
            rate, places = float(truth.clicks.mean()), len(truth.clicks)
            width = 1.96 * (rate * (1 - rate) / places) ** 0.5
            yield {
                "campaign": campaign,
                "log": used,
                "policy": asked,
                "places": len(log.clicks),
                "on_policy": [rate, rate - width, rate + width],
                "log_itself": float(log.clicks.mean()),
                "estimates": [vars(each) for each in all_estimates(told)],
            }


def all_estimates(told: Logged) -> list[PolicyValue]:
    clipped = [
        replace(each, method=f"{each.method}, clipped")
        for each in estimates(told, most_weight=MOST_WEIGHT)
    ]
    return [*estimates(told), *clipped]


def _uniform(size: int) -> Floats:
    return np.full((3, size), 1 / size)


# --- Where the truth is known ---------------------------------------------------------------------


def with_known_truth(
    logs: dict[tuple[str, str], Log], *, places: int, logs_drawn: int, seed: int = 3
) -> list[dict[str, Any]]:
    """Bias, RMSE and coverage over many drawn logs: items by the learnt policy as it was on
    average, clicks by known rates that are like those logged. Simulated but for the policy."""
    rng = np.random.default_rng(seed)
    rows: dict[str, list[tuple[float, float, float]]] = {}
    truths: list[float] = []
    for _ in range(logs_drawn):
        log = logs[CAMPAIGNS[len(truths) % 2], LEARNT]
        # What the learnt policy shows more is clicked more, as far as it has learnt well.
        learnt = np.sqrt(log.shares() * log.size + 0.1)
        known = _rates(log) * learnt * np.exp(rng.normal(0, 0.3, (3, log.size)))
        target = _uniform(log.size)
        drawn = _drawn(log, known, places, rng)
        truth = float((target * known).sum(axis=1).mean())
        truths.append(truth)
        for each in all_estimates(logged(drawn, target)):
            rows.setdefault(each.method, []).append((each.value, each.low, each.high))
        naive = float(drawn.clicks.mean())
        width = 1.96 * (naive * (1 - naive) / places) ** 0.5
        rows.setdefault("clicks of the log itself", []).append(
            (naive, naive - width, naive + width)
        )
    return [_judged(name, np.array(told), np.array(truths)) for name, told in rows.items()]


def _drawn(log: Log, known: Floats, places: int, rng: np.random.Generator) -> Log:
    # A little of everything, as any policy that learns keeps.
    policy = 0.95 * log.shares() + 0.05 / log.size
    positions = rng.integers(1, 4, places)
    ends = policy.cumsum(axis=1)[positions - 1]
    items = np.minimum((rng.random(places)[:, None] > ends).sum(axis=1), log.size - 1)
    clicks = (rng.random(places) < known[positions - 1, items]).astype(float)
    return Log(items, positions, clicks, policy[positions - 1, items], log.size)


def _judged(name: str, told: Floats, truths: Floats) -> dict[str, Any]:
    values, lows, highs = told.T
    return {
        "method": name,
        "bias": float((values / truths - 1).mean()),
        "rmse": float(np.sqrt(((values / truths - 1) ** 2).mean())),
        "coverage": float(((lows <= truths) & (truths <= highs)).mean()),
        "logs": len(truths),
    }
