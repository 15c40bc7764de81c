from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from recommender.experiments.moments import Moments
from recommender.experiments.statistics import (
    always_valid,
    best_time,
    difference,
    fixed_horizon,
    planned_information,
    ratio_evidence,
    sequence_width,
)
from tests.recommender.experiments.units import moments_of


def test_a_difference_of_means_is_that_of_the_textbook():
    rng = np.random.default_rng(1)
    a, b = rng.normal(1.0, 2.0, 400), rng.normal(1.5, 3.0, 700)

    told = difference(moments_of(a), moments_of(b))

    assert float(told.effect) == pytest.approx(b.mean() - a.mean())
    assert float(told.standard_error) == pytest.approx(
        math.sqrt(a.var() / len(a) + b.var() / len(b))
    )
    welch = stats.ttest_ind(b, a, equal_var=False).confidence_interval(0.95)
    interval = fixed_horizon(told)
    assert (float(interval.low), float(interval.high)) == pytest.approx(tuple(welch), abs=0.005)


def test_the_error_of_a_ratio_is_that_of_drawing_people_again():
    """By the bootstrap over units: clicks of one person hang together."""
    rng = np.random.default_rng(2)
    seen = rng.poisson(20, 500) + 1.0
    clicks = rng.binomial(seen.astype(int), rng.beta(1, 9, 500)).astype(float)
    moments = moments_of(clicks, seen)

    told = difference(moments, moments)

    drawn = rng.integers(500, size=(4000, 500))
    ratios = clicks[drawn].sum(1) / seen[drawn].sum(1)
    assert float(told.control) == pytest.approx(clicks.sum() / seen.sum())
    assert float(told.standard_error) == pytest.approx(ratios.std() * math.sqrt(2), rel=0.05)
    # Taken for independent, places would look far surer than they are.
    p = float(told.control)
    assert float(told.standard_error) > 1.3 * math.sqrt(2 * p * (1 - p) / seen.sum())


# --- Confidence sequences -------------------------------------------------------------------------


def test_the_width_is_that_of_the_normal_mixture():
    """The mixture of exp(λS − λ²V/2) over normal λ reaches 1 / errors at the boundary."""
    time, errors = 3.0, 0.05
    boundary = float(sequence_width(time, errors)) * math.sqrt(time)  # of S, with V = t ρ² = 3

    def at(likelihood: float) -> float:
        return math.exp(likelihood * boundary - likelihood**2 * time / 2)

    grid = np.linspace(-12, 12, 200_001)
    mixture = np.trapezoid([at(g) * math.exp(-g * g / 2) for g in grid[::20]], grid[::20])
    assert mixture / math.sqrt(2 * math.pi) == pytest.approx(1 / errors, rel=1e-3)


def test_it_is_tightest_when_planned():
    times = np.geomspace(0.1, 1000, 400)
    widths = sequence_width(times, 0.05)

    assert times[np.argmin(widths)] == pytest.approx(best_time(0.05), rel=0.1)
    assert float(sequence_width(best_time(0.05), 0.05)) == pytest.approx(3.03, abs=0.01)


def walks(effect: float, experiments: int = 400, days: int = 25, units: int = 60, seed: int = 4):
    """Units come daily and go on acting: moments of both arms by day, (days, experiments)."""
    rng = np.random.default_rng(seed)
    shape = (experiments, days * units)
    arrives = np.repeat(np.arange(days), units)
    pace = rng.gamma(0.5, 2.0, shape)
    is_treated = rng.random(shape) < 0.5
    total = np.zeros(shape)
    looks = []
    for day in range(days):
        is_here = arrives <= day
        acts = rng.poisson(pace * np.where(is_treated, 1 + effect, 1.0))
        total += acts * is_here
        arms = []
        for mask in (~is_treated, is_treated):
            kept = mask & is_here
            n = kept.sum(1).astype(float)
            y, yy = (total * kept).sum(1), (total**2 * kept).sum(1)
            nothing = np.zeros_like(n)
            arms.append(Moments(n, y, n, nothing, yy, n, nothing, y, nothing, nothing))
        looks.append(difference(*arms))
    return looks


def test_looking_daily_is_wrong_as_rarely_as_promised():
    looks = walks(0.0)
    planned = planned_information(looks[2], 1500)

    wrong = naive = np.zeros(400, dtype=bool)
    for told in looks[2:]:
        interval, plain = always_valid(told, information_planned=planned), fixed_horizon(told)
        wrong = wrong | (interval.low > 0) | (interval.high < 0)
        naive = naive | (plain.low > 0) | (plain.high < 0)

    assert wrong.mean() <= 0.05
    # What peeking does to the textbook's.
    assert naive.mean() > 0.12


def test_the_sequence_holds_the_truth_on_all_days_and_finds_it():
    looks = walks(0.5, experiments=200)
    planned = planned_information(looks[2], 1500)
    growth = np.arange(1, 26)

    holds = np.ones(200, dtype=bool)
    for day, told in enumerate(looks[2:], start=2):
        # Units that came on day k have acted on all days since: 1 a day in the control's mean.
        truth = 0.5 * growth[: day + 1].mean()
        interval = always_valid(told, information_planned=planned)
        holds &= (interval.low <= truth) & (truth <= interval.high)

    last = always_valid(looks[-1], information_planned=planned)
    assert holds.mean() >= 0.95
    assert (last.low > 0).mean() > 0.75


def test_fewer_errors_allowed_are_wider_intervals():
    told = difference(moments_of([0.0, 1.0] * 100), moments_of([0.0, 1.0, 1.0] * 70))
    planned = planned_information(told, 1000)

    wide = always_valid(told, information_planned=planned, errors=0.01)
    narrow = always_valid(told, information_planned=planned, errors=0.05)

    assert float(wide.low) < float(narrow.low) < float(narrow.high) < float(wide.high)


def test_where_nothing_happened_nothing_is_known():
    nothing = moments_of(np.zeros(200))
    told = difference(nothing, nothing)

    interval = always_valid(told, information_planned=planned_information(told, 1000))

    assert float(told.effect) == 0
    assert math.isnan(float(interval.low)) and math.isnan(float(interval.high))


# --- CUPED ----------------------------------------------------------------------------------------


def test_cuped_finds_the_same_effect_with_less_noise():
    rng = np.random.default_rng(5)
    before = rng.gamma(2, 3, (2000, 600))
    after = before + rng.normal(0, 2, before.shape)
    after[:, 300:] += 0.4

    plain, cuped = (
        difference(
            moments_of(after[:, :300], x=before[:, :300]),
            moments_of(after[:, 300:], x=before[:, 300:]),
            cuped=use,
        )
        for use in (False, True)
    )

    # Unbiased: the mean of 2,000 is within four of its own standard errors.
    assert cuped.effect.mean() == pytest.approx(0.4, abs=4 * cuped.effect.std() / 2000**0.5)
    assert cuped.effect.std() < 0.5 * plain.effect.std()
    # What it says of its own error is so.
    assert cuped.standard_error.mean() == pytest.approx(cuped.effect.std(), rel=0.06)
    correlation = np.corrcoef(before.ravel(), after.ravel())[0, 1]
    assert cuped.variance_kept.mean() == pytest.approx(1 - correlation**2, abs=0.01)


def test_a_covariate_that_says_nothing_changes_nothing():
    y = np.array([1.0, 2.0, 4.0, 7.0])

    with_none, with_same = moments_of(y), moments_of(y, x=np.full(4, 3.0))

    for moments in (with_none, with_same):
        told = difference(moments, moments)
        assert float(told.variance_kept) == pytest.approx(1.0)
        assert float(told.effect) == 0


# --- Sample ratio ---------------------------------------------------------------------------------


def test_the_evidence_is_that_of_the_dirichlet_mixture():
    """Two arms, by numerical integration over all shares of the first."""
    from recommender.experiments.statistics import MIXTURE_UNITS

    counts, shares = np.array([530.0, 470.0]), np.array([0.5, 0.5])
    prior = stats.beta(*(MIXTURE_UNITS * shares))
    grid = np.linspace(0.3, 0.7, 20_001)
    likelihood = np.exp(530 * np.log(grid / 0.5) + 470 * np.log((1 - grid) / 0.5))

    by_hand = np.trapezoid(prior.pdf(grid) * likelihood, grid)

    assert float(ratio_evidence(counts, shares)) == pytest.approx(by_hand, rel=1e-4)


def test_arms_shared_out_as_planned_hardly_ever_sound_the_alarm():
    rng = np.random.default_rng(6)
    arrivals = rng.random((400, 40, 100)) < 0.3  # (experiments, days, units)
    second = arrivals.sum(2).cumsum(1)
    total = 100 * np.arange(1, 41)

    evidence = ratio_evidence(np.stack([total - second, second], -1), np.array([0.7, 0.3]))

    assert (evidence.max(axis=1) >= 20).mean() <= 0.05
    assert (evidence.max(axis=1) >= 1000).mean() <= 0.005


def test_a_tenth_of_an_arm_that_is_lost_is_found():
    rng = np.random.default_rng(7)
    second = rng.binomial(20_000, 0.45 / 0.95, 200)

    evidence = ratio_evidence(np.stack([20_000 - second, second], -1), np.array([0.5, 0.5]))

    assert (evidence >= 1000).mean() > 0.95


def test_evidence_beyond_all_numbers_stays_one():
    assert np.isfinite(ratio_evidence(np.array([1e6, 0.0]), np.array([0.5, 0.5])))
