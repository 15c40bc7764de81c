"""Differences between arms that may be looked at every day.

Intervals are asymptotic confidence sequences (Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas,
"Time-uniform central limit theory and asymptotic confidence sequences", 2021): Robbins' normal
mixture over the sum of all units' parts. They hold on all days at once: who looks daily and
stops at the first that is clear of zero is wrong in `errors` of all cases at most.

The mixture's variance (their rho squared) is to choose. It decides when intervals are tightest and
never whether they hold; here it is the best one for the planned number of units. Time is the
variance of the sum and not the number of units: units go on acting after they have come, so that
the sum goes on moving where no more of them come. A sum whose steps hang together, because a busy
unit stays busy, moves less than one of independent steps of the same variance; the bound holds for
it all the more (Slepian).

Plain numbers or arrays of any shape, element by element; no database.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from recommender.experiments.moments import Floats, Moments

# The mixture of the ratio's test is as sure of the planned shares as if it had seen so many units:
# the more, the sooner small misses are found and the later large ones.
MIXTURE_UNITS = 1000.0
LARGEST_LOG = 690.0
log_gamma = np.vectorize(math.lgamma, otypes=[float])


@dataclass(frozen=True, eq=False)
class Difference:
    """Of a metric between an arm and the control, before anything is said of its certainty.

    `variance_kept` is what CUPED leaves of the variance: 1 where it does not help. `information` is
    the variance of the sum of all units' parts in the difference, the clock of the sequence.
    """

    control: Floats
    arm: Floats
    effect: Floats
    standard_error: Floats
    information: Floats
    units: Floats
    variance_kept: Floats


@dataclass(frozen=True, eq=False)
class Interval:
    low: Floats
    high: Floats


def difference(control: Moments, arm: Moments, *, cuped: bool = True) -> Difference:
    """With CUPED (Deng, Xu, Kohavi and Walker, 2013) what x explains is taken out of both arms.

    θ is that of both arms together. x is from before the exposure, so that no arm can have changed
    it: what is taken out is 0 in the mean, and the effect stays unbiased.
    """
    (var_c, cov_c, spread_c), (var_a, cov_a, spread_a) = control.linearised(), arm.linearised()
    units = control.n + arm.n
    spread = (control.n * spread_c + arm.n * spread_a) / units
    covariance = (control.n * cov_c + arm.n * cov_a) / units
    theta = np.where(cuped & (spread > 0), covariance / np.where(spread > 0, spread, 1.0), 0.0)
    left_c = np.maximum(var_c - 2 * theta * cov_c + theta**2 * spread_c, 0.0)
    left_a = np.maximum(var_a - 2 * theta * cov_a + theta**2 * spread_a, 0.0)
    effect = arm.ratio - control.ratio - theta * (arm.mean_x - control.mean_x)
    error = np.sqrt(left_c / control.n + left_a / arm.n)
    before = var_c / control.n + var_a / arm.n
    with np.errstate(divide="ignore", invalid="ignore"):
        kept = np.where(before > 0, error**2 / before, 1.0)
    return Difference(
        control=control.ratio,
        arm=arm.ratio,
        effect=effect,
        standard_error=error,
        information=((control.d + arm.d) * error) ** 2,
        units=units,
        variance_kept=kept,
    )


def always_valid(
    told: Difference, *, information_planned: Floats | float, errors: float = 0.05
) -> Interval:
    """The confidence sequence's interval at this look: it may be looked at again tomorrow.

    `information_planned` (`planned_information`) has to stay the same for all looks.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        time = best_time(errors) * told.information / information_planned
        width = told.standard_error * sequence_width(time, errors)
    return Interval(told.effect - width, told.effect + width)


def fixed_horizon(told: Difference, *, errors: float = 0.05) -> Interval:
    """The textbook's interval, right for a single look at a time that was set before. For
    comparison, and for estimates that are made once."""
    width = told.standard_error * NormalDist().inv_cdf(1 - errors / 2)
    return Interval(told.effect - width, told.effect + width)


def planned_information(first: Difference, planned_units: float) -> Floats:
    """What the information will be at `planned_units`, judged by the first look that counts."""
    return first.information / first.units * planned_units


def sequence_width(time: Floats | float, errors: float) -> Floats:
    """In standard errors, at the time t rho²: √((t+1)/t · (log(t+1) − 2 log errors))."""
    time = np.asarray(time, dtype=float)
    return np.sqrt((time + 1) / time * (np.log(time + 1) - 2 * math.log(errors)))


def best_time(errors: float) -> float:
    """The time t rho² at which the sequence is tightest, to first order."""
    return -2 * math.log(errors) + math.log(1 - 2 * math.log(errors))


# --- Sample ratio ---------------------------------------------------------------------------------


def ratio_evidence(counts: Floats, shares: Floats) -> Floats:
    """How many times likelier the units in each arm (last axis) are with other shares than planned.

    A Dirichlet mixture over all shares against the planned ones (Lindon and Malek, "Anytime-valid
    inference for multinomial count data", 2022). Its being 1 / errors or more at any look is as
    rare as `errors` where arms are shared out as planned, however often one looks.
    """
    counts, shares = np.asarray(counts, dtype=float), np.asarray(shares, dtype=float)
    prior = MIXTURE_UNITS * shares
    log_evidence = (
        log_gamma(prior.sum())
        - log_gamma(prior.sum() + counts.sum(axis=-1))
        + (log_gamma(prior + counts) - log_gamma(prior)).sum(axis=-1)
        - (counts * np.log(shares)).sum(axis=-1)
    )
    return np.asarray(np.exp(np.minimum(log_evidence, LARGEST_LOG)))
