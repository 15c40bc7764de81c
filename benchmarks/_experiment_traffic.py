"""Visitors of many simulated experiments at once, day by day, and what intervals say of them.

Every unit has its own pace and its own liking: busy ones come first and stay busy, so that what a
unit does on two days hangs together, as it does with people. Arms are the product's own hashes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommender import policy
from recommender.experiments import statistics
from recommender.experiments.assigning import arm_of
from recommender.experiments.moments import Floats, Moments
from recommender.experiments.statistics import Difference, Interval

DAYS = 28
PLACES = 8
VISITS_A_DAY = 0.15
CTR = 0.04
PURCHASES_A_CLICK = 0.08
# How many were here before the experiment and so have something to be explained by.
RETURNING = 0.6
WEEKDAYS = (1.0, 0.9, 0.9, 0.95, 1.1, 1.3, 1.2)
METRICS = ("ctr", "purchase_rate")
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Plan:
    """`effect` is how much more the second arm's visitors click, as a share."""

    experiments: int
    units: int
    effect: float = 0.0
    seed: int = 7
    at_once: int = 50


@dataclass(frozen=True, eq=False)
class Looks:
    """By metric and day: (days, experiments). `is_counted` are looks with enough of everything."""

    is_counted: dict[str, Bools]
    valid: dict[str, Interval]
    plain: dict[str, Interval]
    without_cuped: dict[str, Interval]
    variance_kept: dict[str, Floats]


def looks(plan: Plan) -> Looks:
    parts = []
    for start in range(0, plan.experiments, plan.at_once):
        some = replace(plan, experiments=min(plan.at_once, plan.experiments - start))
        parts.append(_looked_at(some, start))
    return _joined(parts)


def _looked_at(plan: Plan, first: int) -> dict[str, dict[str, Any]]:
    """Every day all arms are set beside each other, as readings.py does it for one experiment."""
    days = list(_days(plan, first))
    told: dict[str, dict[str, Any]] = {}
    for metric in METRICS:
        control = _stack([day[metric][0] for day in days])
        arm = _stack([day[metric][1] for day in days])
        acts = np.minimum(control.y, arm.y)
        is_counted = (np.minimum(control.n, arm.n) >= policy.LEAST_UNITS_AN_ARM) & (
            acts >= policy.LEAST_ACTS_AN_ARM
        )
        compared = statistics.difference(control, arm)
        uncorrected = statistics.difference(control, arm, cuped=False)
        told[metric] = {
            "is_counted": is_counted,
            "valid": _valid(compared, is_counted, plan.units),
            "without_cuped": _valid(uncorrected, is_counted, plan.units),
            "plain": statistics.fixed_horizon(uncorrected, errors=policy.EXPERIMENT_ERRORS),
            "variance_kept": compared.variance_kept,
        }
    return told


def _valid(told: Difference, is_counted: Bools, units: int) -> Interval:
    """With the clock set at the first look that counts, each experiment's own."""
    begins = is_counted.argmax(axis=0)
    rates = statistics.planned_information(told, units)
    planned = rates[begins, np.arange(rates.shape[1])]
    return statistics.always_valid(
        told, information_planned=planned, errors=policy.EXPERIMENT_ERRORS
    )


# --- Visitors -------------------------------------------------------------------------------------


def arms_by_hash(plan: Plan, first: int) -> Bools:
    """(experiments, units): who is in the second arm."""
    shares = (0.5, 0.5)
    return np.array(
        [
            [arm_of(f"{plan.seed} {number}", f"s{unit}", shares) == 1 for unit in range(plan.units)]
            for number in range(first, first + plan.experiments)
        ]
    )


def _days(plan: Plan, first: int) -> Iterator[dict[str, tuple[Moments, Moments]]]:
    """The moments of both arms after each day; only who has come is in them."""
    rng = np.random.default_rng((plan.seed, first))
    shape = (plan.experiments, plan.units)
    is_treated = arms_by_hash(plan, first)
    pace = rng.gamma(0.6, VISITS_A_DAY / 0.6, shape)
    liking = rng.beta(2, 2 / CTR - 2, shape)
    clicking = np.minimum(liking * np.where(is_treated, 1 + plan.effect, 1.0), 1.0)
    was_here = rng.random(shape) < RETURNING
    visits_before = rng.poisson(pace * policy.COVARIATE_DAYS * was_here)
    before = rng.binomial(visits_before * PLACES, liking).astype(float)
    # As metrics.py: more clicks, or fewer, than usual for so many places seen.
    seen_before = visits_before * PLACES
    usual = before.sum(axis=1, keepdims=True) / seen_before.sum(axis=1, keepdims=True)
    more_than_usual = before - seen_before * usual
    bought_before = rng.binomial(before.astype(int), PURCHASES_A_CLICK).astype(float)
    seen, clicks, purchases = (np.zeros(shape) for _ in range(3))
    for day in range(DAYS):
        places = rng.poisson(pace * WEEKDAYS[day % 7]) * PLACES
        clicked = rng.binomial(places, clicking)
        seen += places
        clicks += clicked
        purchases += rng.binomial(clicked, PURCHASES_A_CLICK)
        has_come = (seen > 0).astype(float)
        yield {
            "ctr": _arms(clicks, seen, more_than_usual * has_come, has_come, is_treated),
            "purchase_rate": _arms(
                purchases, has_come, bought_before * has_come, has_come, is_treated
            ),
        }


def _arms(
    y: Floats, d: Floats, x: Floats, has_come: Floats, is_treated: Bools
) -> tuple[Moments, Moments]:
    treated = is_treated.astype(float)
    factors = {"y": y, "d": d, "x": x}
    ours: dict[str, Floats] = {}
    whole: dict[str, Floats] = {}
    for name in ("n", "y", "d", "x", "yy", "dd", "xx", "yd", "yx", "dx"):
        left = factors.get(name[0], has_come)
        right = factors[name[1]] if len(name) > 1 else has_come
        whole[name] = np.einsum("eu,eu->e", left, right)
        ours[name] = np.einsum("eu,eu,eu->e", left, right, treated)
    return Moments(**{name: whole[name] - ours[name] for name in whole}), Moments(**ours)


# --- Arrays of many parts -------------------------------------------------------------------------


def _stack(moments: list[Moments]) -> Moments:
    """Days first."""
    return Moments(
        **{name: np.stack([getattr(each, name) for each in moments]) for name in vars(moments[0])}
    )


def _joined(parts: list[dict[str, dict[str, Any]]]) -> Looks:
    def whole(name: str) -> dict[str, Any]:
        return {metric: _beside([part[metric][name] for part in parts]) for metric in METRICS}

    names = ("is_counted", "valid", "plain", "without_cuped", "variance_kept")
    return Looks(**{name: whole(name) for name in names})


def _beside(arrays: list[Any]) -> Any:
    if isinstance(arrays[0], Interval):
        lows = np.concatenate([each.low for each in arrays], axis=1)
        return Interval(lows, np.concatenate([each.high for each in arrays], axis=1))
    return np.concatenate(arrays, axis=1)
