"""What an experiment shows so far, read every day while it runs and some days after its end.

  1  days whose events may still have come since the last reading are counted (counting.py)
  2  all days together are summed by arm (metrics.py)
  3  every other arm is set beside the control (statistics.py)
  4  the figures are kept under the day

Killed anywhere, it is begun again and comes to the same: a day is counted as a whole, or not.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import structlog
from django.conf import settings
from django.db import connection
from django.db.models import Q
from django.utils import timezone

from recommender import policy
from recommender.events.days import midnight
from recommender.experiments import statistics
from recommender.experiments.arms import arms_of
from recommender.experiments.counting import count_before, count_day
from recommender.experiments.metrics import METRICS, Metric, Totals, currencies_of, totals_of
from recommender.locks import only_here
from recommender.models import Experiment, ExperimentReading, Exposure, UnitDay

log = structlog.get_logger()

State = Experiment.State


@dataclass(frozen=True)
class Comparison:
    """One metric of one arm beside the control. Numbers are None until enough has happened.

    `planned_information` is the clock of the intervals, set by the first look that counts.
    """

    metric: str
    arm: str
    currency: str = ""
    control_value: float | None = None
    arm_value: float | None = None
    effect: float | None = None
    low: float | None = None
    high: float | None = None
    variance_kept: float | None = None
    planned_information: float | None = None

    def relative(self, value: float | None) -> float | None:
        """As a share of the control's value; None where that is 0."""
        if value is None or not self.control_value:
            return None
        return value / abs(self.control_value)


@dataclass(frozen=True)
class ArmFigures:
    """`slow` is the 95th percentile of what strips took, with its interval; None until known."""

    name: str
    units: int
    slow: Sequence[float] | None = None


@dataclass(frozen=True)
class Figures:
    """`ratio_evidence` is the largest of all looks: once sounded, the alarm stays on."""

    day: date
    arms: Sequence[ArmFigures]
    comparisons: Sequence[Comparison]
    ratio_evidence: float = 0.0

    @property
    def units(self) -> int:
        return sum(arm.units for arm in self.arms)

    @property
    def is_ratio_off(self) -> bool:
        return self.ratio_evidence >= 1 / policy.RATIO_ERRORS

    def of_metric(self, name: str) -> list[Comparison]:
        return [each for each in self.comparisons if each.metric == name]

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"day": self.day.isoformat()}

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Figures:
        return cls(
            date.fromisoformat(told["day"]),
            [ArmFigures(**each) for each in told["arms"]],
            [Comparison(**each) for each in told["comparisons"]],
            told["ratio_evidence"],
        )


def read_due(*, today: date | None = None) -> int:
    """Read those that run or have just ended; returns how many. One process at a time."""
    today = today or timezone.now().date()
    still_coming = midnight(today) - policy.ATTRIBUTED_WITHIN
    with only_here("experiments") as is_mine:
        if not is_mine:
            return 0
        due = Experiment.objects.filter(Q(state=State.RUNNING) | Q(ended_at__gte=still_coming))
        for experiment in due:
            read(experiment, until=today)
        _forget_past(today)
        return len(due)


def _forget_past(today: date) -> None:
    """What names people is kept as long as their behaviour; readings, which do not, for good."""
    oldest = midnight(today) - timedelta(days=settings.EVENT_RETENTION_DAYS)
    past = Experiment.objects.filter(ended_at__lt=oldest)
    UnitDay.objects.filter(experiment__in=past).delete()
    Exposure.objects.filter(experiment__in=past).delete()


def read(experiment: Experiment, *, until: date) -> Figures:
    """Bring the counts up to the day, and keep its figures."""
    last = experiment.readings.filter(day__lte=until).last()
    for day in _days_to_count(experiment, last, until):
        count_day(experiment, day)
    count_before(experiment, until)
    figures = figures_of(experiment, until, Figures.from_json(last.figures) if last else None)
    ExperimentReading.objects.update_or_create(
        experiment=experiment, day=until, defaults={"figures": figures.as_json()}
    )
    log.info("experiment_read", experiment=experiment.key, units=figures.units)
    return figures


def history(experiment: Experiment) -> list[Figures]:
    """All readings, the first day first."""
    return [Figures.from_json(each.figures) for each in experiment.readings.all()]


def _days_to_count(
    experiment: Experiment, last: ExperimentReading | None, until: date
) -> Iterator[date]:
    """Those whose events may have changed since the last reading; what comes late by more than a
    day is counted with the first reading of the next one."""
    first = (experiment.started_at or experiment.created_at).date()
    if last is not None:
        late = policy.EVENT_OLDEST if last.day < until else timedelta(days=1)
        first = max(first, last.day - late)
    for number in range((until - first).days + 1):
        yield first + timedelta(days=number)


# --- Figures --------------------------------------------------------------------------------------


def figures_of(experiment: Experiment, day: date, before: Figures | None) -> Figures:
    """Of the counts as they are. `before` are those of the last reading, with its clocks."""
    arms = arms_of(experiment.arms)
    comparisons = [
        _compared(each, totals, experiment, arm.name, currency, before)
        for each, currency, totals in _totals(experiment, day)
        for arm in arms[1:]
    ]
    slow, units = _slow(experiment, day), _units(experiment, day)
    counts = np.array([units.get(arm.name, 0) for arm in arms], dtype=float)
    evidence = float(statistics.ratio_evidence(counts, np.array([arm.share for arm in arms])))
    return Figures(
        day,
        [ArmFigures(arm.name, units.get(arm.name, 0), slow.get(arm.name)) for arm in arms],
        comparisons,
        max(evidence, before.ratio_evidence if before else 0.0),
    )


def _totals(experiment: Experiment, day: date) -> Iterator[tuple[Metric, str, dict[str, Totals]]]:
    """Of each metric by arm; of money for each currency."""
    plain = [metric for metric in METRICS if not metric.is_money]
    money = [metric for metric in METRICS if metric.is_money]
    for currency, metrics in [
        ("", plain),
        *((each, money) for each in currencies_of(experiment, day)),
    ]:
        found = totals_of(experiment, day, metrics, currency)
        for metric in metrics:
            yield metric, currency, {arm: totals[metric.name] for arm, totals in found.items()}


def _compared(
    metric: Metric,
    totals: Mapping[str, Totals],
    experiment: Experiment,
    arm: str,
    currency: str,
    before: Figures | None,
) -> Comparison:
    nothing = Comparison(metric.name, arm, currency)
    shares = {each["name"]: each["share"] for each in experiment.arms}
    control_name = experiment.arms[0]["name"]
    control, other = totals.get(control_name), totals.get(arm)
    if control is None or other is None or not (_is_enough(control) and _is_enough(other)):
        return nothing
    told = statistics.difference(control.moments, other.moments)
    planned = _planned(nothing, before)
    if planned is None:
        units = experiment.planned_units * (shares[control_name] + shares[arm])
        planned = float(statistics.planned_information(told, units))
    # Of several arms none may be wrong more often than all of them together may (Bonferroni).
    errors = policy.EXPERIMENT_ERRORS / (len(experiment.arms) - 1)
    interval = statistics.always_valid(told, information_planned=planned, errors=errors)
    return Comparison(
        metric.name,
        arm,
        currency,
        control_value=_number(told.control),
        arm_value=_number(told.arm),
        effect=_number(told.effect),
        low=_number(interval.low),
        high=_number(interval.high),
        variance_kept=_number(told.variance_kept),
        planned_information=planned if planned > 0 else None,
    )


def _is_enough(totals: Totals) -> bool:
    is_many = float(totals.moments.n) >= policy.LEAST_UNITS_AN_ARM
    return is_many and totals.acts >= policy.LEAST_ACTS_AN_ARM


def _planned(one: Comparison, before: Figures | None) -> float | None:
    """That of the readings before: moved with every look, the intervals would hold for none."""
    for each in before.comparisons if before else ():
        if (each.metric, each.arm, each.currency) == (one.metric, one.arm, one.currency):
            return each.planned_information
    return None


def _units(experiment: Experiment, day: date) -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT arm, count(*) FROM recommender_exposure"
            " WHERE experiment_id = %s AND first_at < %s GROUP BY arm",
            [experiment.pk, midnight(day + timedelta(days=1))],
        )
        return dict(cursor.fetchall())


def _slow(experiment: Experiment, day: date) -> dict[str, list[float]]:
    """By arm: the 95th percentile of the first strips' milliseconds, and its 95 % interval by
    order statistics, for a single look."""
    with connection.cursor() as cursor:
        cursor.execute(SLOW, [experiment.pk, midnight(day + timedelta(days=1))])
        return {
            arm: list(slow)
            for arm, count, slow in cursor.fetchall()
            if count >= policy.LEAST_UNITS_AN_ARM
        }


SLOW = """
SELECT x.arm, x.n, percentile_cont(ARRAY[
    0.95, greatest(0, 0.95 - 1.96 * sqrt(0.0475 / x.n)), least(1, 0.95 + 1.96 * sqrt(0.0475 / x.n))
  ]) WITHIN GROUP (ORDER BY x.milliseconds)
FROM (SELECT arm, milliseconds, count(*) OVER (PARTITION BY arm) AS n FROM recommender_exposure
      WHERE experiment_id = %s AND first_at < %s AND milliseconds IS NOT NULL) x
GROUP BY x.arm, x.n
"""


def _number(value: Any) -> float | None:
    """For JSON, which knows no NaN."""
    number = float(value)
    return number if math.isfinite(number) else None
