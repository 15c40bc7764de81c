"""What may be believed of experiments: peeking, power, CUPED, sample ratios, off-policy estimates.

    python benchmarks/experiments.py [--quick] [--json OUT] [--data FOLDER]

1  A/A tests on simulated visitors (four weeks, looked at daily): how often always-valid intervals
   say that there is a difference where there is none. Baselines: the textbook's z-test looked at
   daily, and looked at once, at the end
2  the same with a true effect: how often it is found and how soon, with CUPED and without
3  sample ratio: false alarms where arms are shared out as planned, and planted losses found
4  off-policy estimates on the open bandit log beside the clicks that the other policy really had,
   and on drawn logs with a known truth (bias, RMSE, coverage). Baseline: the log's own click rate

The visitors are simulated and say how the method behaves, not what people want. 95 % intervals in
brackets (Wilson).
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import _experiment_traffic as traffic
import _off_policy as off_policy
import numpy as np
from _experiment_traffic import Bools, Looks, Plan
from numpy.typing import ArrayLike

from recommender import policy
from recommender.experiments import statistics
from recommender.experiments.statistics import Interval

ROOT = Path(__file__).resolve().parent.parent
EFFECTS = (0.05, 0.10)
LOSSES = (0.0, 0.02, 0.05, 0.10)


def main() -> None:
    options = _parser().parse_args()
    began = time.perf_counter()
    quick = options.quick
    aa = Plan(experiments=300 if quick else 2000, units=1500)
    powered = Plan(experiments=24 if quick else 120, units=20_000, seed=11, at_once=6)
    figures: dict[str, Any] = {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, one thread",
        "aa": false_positives(aa),
        "power": [power(replace(powered, effect=effect)) for effect in EFFECTS],
        "ratio": [sample_ratio(loss, 500 if quick else 2000) for loss in LOSSES],
    }
    file = options.data / "text" / "open_bandit.parquet"
    if file.exists():
        logs = off_policy.read_logs(file)
        drawn = 200 if quick else 1000
        figures["off_policy"] = {
            "beside_the_truth": list(off_policy.beside_the_truth(logs)),
            "with_known_truth": off_policy.with_known_truth(logs, places=40_000, logs_drawn=drawn),
        }
    figures["seconds"] = round(time.perf_counter() - began, 1)
    show(figures)
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n")


def false_positives(plan: Plan) -> dict[str, Any]:
    """How often each way of looking finds a difference where there is none."""
    seen = traffic.looks(plan)
    rows = {}
    for metric in traffic.METRICS:
        counted = seen.is_counted[metric]
        rows[metric] = {
            "always valid, daily": _share(_decided(seen.valid[metric], counted).any(axis=0)),
            "always valid without CUPED, daily": _share(
                _decided(seen.without_cuped[metric], counted).any(axis=0)
            ),
            "z-test, daily": _share(_decided(seen.plain[metric], counted).any(axis=0)),
            "z-test, once at the end": _share(_decided(seen.plain[metric], counted)[-1]),
        }
    return {"experiments": plan.experiments, "units": plan.units, "wrong": rows}


def power(plan: Plan) -> dict[str, Any]:
    """Of clicks, how often the effect is found, and on which day in the median of all."""
    seen = traffic.looks(plan)
    counted = seen.is_counted["ctr"]
    ways = {
        "always valid with CUPED, daily": _found(seen.valid["ctr"], counted),
        "always valid without CUPED, daily": _found(seen.without_cuped["ctr"], counted),
        "z-test, once at the end": _found(_last(seen.plain["ctr"]), counted[-1:]),
    }
    return {
        "effect": plan.effect,
        "experiments": plan.experiments,
        "units": plan.units,
        "found": ways,
        "variance_kept": float(seen.variance_kept["ctr"][-1].mean()),
        "coverage": _coverage(seen, plan),
    }


def _coverage(seen: Looks, plan: Plan) -> list[float]:
    """How often the interval held the true difference on all days."""
    truth = traffic.CTR * plan.effect
    interval = seen.valid["ctr"]
    holds = (interval.low <= truth) & (truth <= interval.high) | ~seen.is_counted["ctr"]
    return _share(holds.all(axis=0))


def sample_ratio(loss: float, experiments: int, units: int = 20_000) -> dict[str, Any]:
    """Units come evenly over the days; so many of the second arm's are lost on the way."""
    rng = np.random.default_rng(5)
    daily = rng.binomial(units // traffic.DAYS, 0.5, (traffic.DAYS, experiments))
    second = rng.binomial(units // traffic.DAYS - daily, 1 - loss)
    counts = np.stack([daily, second], axis=-1).cumsum(axis=0)
    evidence = statistics.ratio_evidence(counts.astype(float), np.array([0.5, 0.5]))
    alarmed = evidence >= 1 / policy.RATIO_ERRORS
    days = alarmed.argmax(axis=0)[alarmed.any(axis=0)] + 1
    expected = counts.sum(axis=-1, keepdims=True) / 2
    chi_square = ((counts - expected) ** 2 / expected).sum(axis=-1)
    return {
        "loss": loss,
        "experiments": experiments,
        "units": units,
        "alarmed": _share(alarmed.any(axis=0)),
        "median_day": float(np.median(days)) if len(days) else None,
        # The usual test at the same level, 10.83 of χ² with one degree of freedom, peeked at.
        "chi_square_daily": _share((chi_square > 10.83).any(axis=0)),
    }


def _decided(interval: Interval, counted: Bools) -> Bools:
    decided: Bools = ((interval.low > 0) | (interval.high < 0)) & counted
    return decided


def _found(interval: Interval, counted: Bools) -> dict[str, Any]:
    better = (interval.low > 0) & counted
    is_found = better.any(axis=0)
    # Not found in time is later than all that is.
    days = np.where(is_found, better.argmax(axis=0) + 1, np.inf)
    median = float(np.median(days))
    return {
        "share": _share(is_found),
        "median_day": median if np.isfinite(median) and len(better) > 1 else None,
        "wrong_sign": _share(((interval.high < 0) & counted).any(axis=0)),
    }


def _last(interval: Interval) -> Interval:
    return Interval(interval.low[-1:], interval.high[-1:])


def _share(happened: ArrayLike) -> list[float]:
    """And its Wilson interval."""
    flags = np.asarray(happened, dtype=float)
    n, p, z = len(flags), float(flags.mean()), 1.96
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    width = z / (1 + z * z / n) * (p * (1 - p) / n + z * z / (4 * n * n)) ** 0.5
    return [p, max(0.0, middle - width), min(1.0, middle + width)]


# --- Printing -------------------------------------------------------------------------------------


def show(figures: dict[str, Any]) -> None:
    print(f"{figures['machine']}; {figures['seconds']} s")
    aa = figures["aa"]
    print(
        f"\nA/A, {aa['experiments']} experiments of up to {aa['units']} visitors, {traffic.DAYS}"
        f" days: wrong at {policy.EXPERIMENT_ERRORS:.0%}"
    )
    for metric, ways in aa["wrong"].items():
        for way, share in ways.items():
            print(f"  {metric:<16}{way:<40}{_percent(share):>24}")
    for row in figures["power"]:
        _show_power(row)
    print("\nSample ratio: share of the second arm lost, alarms, median day; χ² looked at daily")
    for row in figures["ratio"]:
        day = row["median_day"]
        print(
            f"  {row['loss']:>4.0%} of {row['units']}{_percent(row['alarmed']):>26}"
            f"{'–' if day is None else f'day {day:.0f}':>10}{_percent(row['chi_square_daily']):>26}"
        )
    if "off_policy" in figures:
        _show_off_policy(figures["off_policy"])
    else:
        print("\nNo open_bandit.parquet: off-policy estimates are not measured. Give --data.")


def _show_power(row: dict[str, Any]) -> None:
    print(
        f"\nA true {row['effect']:+.0%} of clicks, {row['experiments']} experiments of up to"
        f" {row['units']} visitors; CUPED takes {1 - row['variance_kept']:.0%} of the variance;"
        f" the interval holds the truth on all days in {_percent(row['coverage'])}"
    )
    for way, found in row["found"].items():
        day = found["median_day"]
        print(
            f"  {way:<40}{_percent(found['share']):>24}"
            f"{'' if day is None else f'  day {day:.0f} in the median':<24}"
            f"{found['wrong_sign'][0]:>8.1%} with the wrong sign"
        )


def _show_off_policy(told: dict[str, Any]) -> None:
    print("\nOpen bandit: clicks a place of a policy, estimated by the other one's log")
    for row in told["beside_the_truth"]:
        rate, low, high = row["on_policy"]
        print(
            f"  {row['campaign']}: {row['policy']} by the log of {row['log']} ({row['places']}"
            f" places, {row['log_itself']:.2%} themselves); really {rate:.2%} ({low:.2%} –"
            f" {high:.2%})"
        )
        for each in row["estimates"]:
            print(
                f"    {each['method']:<26}{each['value']:>8.2%} ({each['low']:.2%} –"
                f" {each['high']:.2%}), worth {each['effective']:.0f} places,"
                f" {each['clipped']:.0%} of the weight clipped"
            )
    print("\nDrawn logs with a known truth: bias, RMSE (of the truth), coverage of 95 % intervals")
    for row in told["with_known_truth"]:
        print(
            f"  {row['method']:<26}{row['bias']:>+9.1%}{row['rmse']:>9.1%}{row['coverage']:>9.1%}"
            f"   of {row['logs']} logs"
        )


def _percent(share: list[float]) -> str:
    value, low, high = share
    return f"{value:.2%} ({low:.2%} – {high:.2%})"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="fewer experiments: under a minute")
    parser.add_argument("--json", type=Path, help="write the figures here, too")
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    return parser


if __name__ == "__main__":
    main()
