"""An experiment as its page shows it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from django.utils.safestring import SafeString

from recommender.experiments import verdicts
from recommender.experiments.arms import FIELDS, arms_of, recipe_of
from recommender.experiments.assigning import BUCKETS
from recommender.experiments.metrics import BY_NAME
from recommender.experiments.readings import Comparison, Figures, history
from recommender.experiments.services import default_of, room_in
from recommender.experiments.verdicts import Verdict
from recommender.models import Experiment
from recommender.reports import plots
from recommender.reports.measures import Estimate
from recommender.similar.recipe import Recipe

CHANGES_SHOWN = 50


@dataclass(frozen=True)
class ArmRow:
    """`changes` are the recipe's fields as (name, value, the default's), shares in per cent."""

    name: str
    share: float
    units: int
    got: float | None
    slow: str
    changes: Sequence[tuple[str, str, str]]


@dataclass(frozen=True)
class MetricRow:
    """`explained` is the share of the variance that CUPED took out."""

    words: str
    arm: str
    is_primary: bool
    control: str
    value: str
    effect: str
    interval: str
    explained: str
    verdict: Verdict
    plot: SafeString | None


def context(experiment: Experiment) -> dict[str, Any]:
    readings = history(experiment)
    figures = readings[-1] if readings else None
    arms = arms_of(experiment.arms)
    return {
        "experiment": experiment,
        "figures": figures,
        "is_exposed": figures is not None and figures.units > 0,
        "arms": _arm_rows(experiment, figures),
        "others": [arm.name for arm in arms[1:]],
        "verdicts": verdicts.primary_verdicts(experiment, figures),
        "metric": BY_NAME[experiment.metric].words,
        "guardrails": verdicts.guardrails(figures) if figures and figures.units else [],
        "metrics": _metric_rows(experiment, readings),
        "traffic": 100 * (experiment.end_bucket - experiment.first_bucket) / BUCKETS,
        "room": 100 * room_in(experiment.layer),
        "changes": experiment.changes.select_related("made_by")[:CHANGES_SHOWN],
    }


def _arm_rows(experiment: Experiment, figures: Figures | None) -> list[ArmRow]:
    seen = {arm.name: arm for arm in figures.arms} if figures else {}
    default = recipe_of(Recipe(), default_of(experiment.surfaces[0]))
    rows = []
    for arm in arms_of(experiment.arms):
        units = seen[arm.name].units if arm.name in seen else 0
        slow = seen[arm.name].slow if arm.name in seen else None
        known = [name for name in arm.overrides if name in FIELDS]
        rows.append(
            ArmRow(
                arm.name,
                100 * arm.share,
                units,
                100 * units / figures.units if figures and figures.units else None,
                f"{slow[0]:.0f} ({slow[1]:.0f} – {slow[2]:.0f})" if slow else "–",
                [(n, _words(arm.overrides[n]), _words(asdict(default)[n])) for n in known],
            )
        )
    return rows


def _words(value: Any) -> str:
    """Of a recipe's field; no name of a ranker is the one in service."""
    return str(value) if value != "" else "in service"


def _metric_rows(experiment: Experiment, readings: Sequence[Figures]) -> list[MetricRow]:
    """The primary metric first."""
    if not readings or not readings[-1].units:
        return []
    rows = [_metric_row(experiment, one, _past(one, readings)) for one in readings[-1].comparisons]
    return sorted(rows, key=lambda row: not row.is_primary)


def _past(one: Comparison, readings: Sequence[Figures]) -> Mapping[int, Comparison]:
    """The same comparison by the day of the experiment, from 1, where it was known."""
    first = readings[0].day
    return {
        (figures.day - first).days + 1: each
        for figures in readings
        for each in figures.comparisons
        if (each.metric, each.arm, each.currency) == (one.metric, one.arm, one.currency)
        and each.effect is not None
    }


def _metric_row(
    experiment: Experiment, one: Comparison, past: Mapping[int, Comparison]
) -> MetricRow:
    kept = one.variance_kept
    return MetricRow(
        words=verdicts.words_of(one),
        arm=one.arm,
        is_primary=one.metric == experiment.metric,
        control=_value(one.control_value),
        value=_value(one.arm_value),
        effect=verdicts.told(one, one.effect),
        interval=f"{verdicts.told(one, one.low)} to {verdicts.told(one, one.high)}",
        explained="–" if kept is None else f"{1 - kept:.0%}",
        verdict=verdicts.verdict_on(one),
        plot=_plot(one, past),
    )


def _plot(one: Comparison, past: Mapping[int, Comparison]) -> SafeString | None:
    points = [plots.Point(day, _estimate(each)) for day, each in past.items()]
    points = [point for point in points if not math.isnan(point.y.low)]
    if not points:
        return None
    return plots.band(
        points,
        title=f"{verdicts.words_of(one)}: effect of {one.arm} by day, with its interval",
        x_title="day",
        y_title="difference to the control",
    )


def _estimate(one: Comparison) -> Estimate:
    def number(value: float | None) -> float:
        return math.nan if value is None else value

    return Estimate(number(one.effect), number(one.low), number(one.high), count=0)


def _value(value: float | None) -> str:
    return "–" if value is None else f"{value:.4g}"
