"""What an experiment is judged by, summed over its units."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import connection

from recommender.events.days import midnight
from recommender.experiments.moments import Moments
from recommender.models import Experiment


@dataclass(frozen=True)
class Metric:
    """`above` and `below` are counts of a unit, `below` empty for a mean over units. `acts` is the
    count that has to happen often enough for a bell curve; `before` explains it from before."""

    name: str
    words: str
    above: str
    acts: str
    before: str
    below: str = ""
    decimals: int = 3
    is_money: bool = False


METRICS = (
    Metric("ctr", "Clicks a place seen (CTR)", "clicks", "clicks", "clicks", below="seen"),
    Metric("watch_rate", "Watches a unit", "watches", "watches", "watches"),
    Metric("purchase_rate", "Purchases a unit", "purchases", "purchases", "purchases"),
    Metric("kept_rate", "Purchases a unit less refunds", "kept", "purchases", "purchases"),
    Metric("revenue", "Revenue a unit", "money", "purchases", "purchases", is_money=True),
    Metric("ad_revenue", "Ad revenue a unit", "ads", "purchases", "purchases", is_money=True),
    Metric("anywhere", "Purchases a unit, on the whole site", "anywhere", "anywhere", "purchases"),
)
BY_NAME = {metric.name: metric for metric in METRICS}
# Money has a metric for each currency, so that none of these can decide alone.
PRIMARY = tuple(metric for metric in METRICS if not metric.is_money)
# The sums of Moments, in the order that a query gives them.
SUMS = ("n", "y", "d", "x", "yy", "dd", "xx", "yd", "yx", "dx")


@dataclass(frozen=True)
class Totals:
    """Of one arm up to a day. `acts` are how often what the metric rests on has happened."""

    moments: Moments
    acts: float


def totals_of(
    experiment: Experiment, day: date, metrics: Sequence[Metric], currency: str = ""
) -> dict[str, dict[str, Totals]]:
    """By arm and metric, of all units exposed up to and with the day, idle ones too."""
    columns = ", ".join(column for metric in metrics for column in _columns(metric))
    params: dict[str, Any] = {
        "experiment": experiment.pk,
        "day": day,
        "end": midnight(day + timedelta(days=1)),
        "currency": currency,
    }
    found: dict[str, dict[str, Totals]] = {}
    with connection.cursor() as cursor:
        cursor.execute(TOTALS.format(columns=columns), params)
        for arm, *numbers in cursor.fetchall():
            told = iter(numbers)
            found[arm] = {metric.name: _totals(told) for metric in metrics}
    return found


def currencies_of(experiment: Experiment, day: date) -> list[str]:
    """Those that exposed units have paid in, in the order of their codes."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT jsonb_object_keys(money) FROM recommender_unitday"
            " WHERE experiment_id = %s AND day <= %s AND money <> '{}' ORDER BY 1",
            [experiment.pk, day],
        )
        return [currency for (currency,) in cursor.fetchall()]


def _columns(metric: Metric) -> Iterator[str]:
    """In SQL: the sums of the metric's y, d and x in the order of SUMS, and its acts."""
    factors = {"y": metric.above, "d": metric.below or "1::float8", "x": _covariate(metric)}
    for each in SUMS:
        product = " * ".join(factors[factor] for factor in each if factor in factors)
        yield f"sum({product})" if product else "count(*)"
    yield f"sum({metric.acts})"


def _covariate(metric: Metric) -> str:
    """In SQL. Of a ratio it is what was more, or less, than usual for so many places seen."""
    above = f"{metric.before}_before"
    if not metric.below:
        return above
    below = f"{metric.below}_before"
    usual = f"(SELECT coalesce(sum({above}) / nullif(sum({below}), 0), 0) FROM totals)"
    return f"({above} - {below} * {usual})"


def _totals(told: Iterator[Any]) -> Totals:
    moments = Moments.from_sums({name: float(next(told)) for name in SUMS})
    return Totals(moments, float(next(told)))


TOTALS = """
WITH totals AS (
  SELECT x.arm, coalesce(sum(u.seen), 0)::float8 AS seen,
    coalesce(sum(u.clicks), 0)::float8 AS clicks, coalesce(sum(u.watches), 0)::float8 AS watches,
    coalesce(sum(u.purchases), 0)::float8 AS purchases,
    coalesce(sum(u.purchases) - sum(u.refunded), 0)::float8 AS kept,
    coalesce(sum(u.anywhere), 0)::float8 AS anywhere,
    coalesce(sum((u.money->%(currency)s->>0)::float8), 0) AS money,
    coalesce(sum((u.money->%(currency)s->>1)::float8), 0) AS ads,
    coalesce((x.before->>'seen')::float8, 0) AS seen_before,
    coalesce((x.before->>'clicks')::float8, 0) AS clicks_before,
    coalesce((x.before->>'watches')::float8, 0) AS watches_before,
    coalesce((x.before->>'purchases')::float8, 0) AS purchases_before
  FROM recommender_exposure x LEFT JOIN recommender_unitday u
    ON u.experiment_id = x.experiment_id AND u.unit = x.unit AND u.day <= %(day)s
  WHERE x.experiment_id = %(experiment)s AND x.first_at < %(end)s
  GROUP BY x.id
)
SELECT arm, {columns} FROM totals GROUP BY arm
"""
