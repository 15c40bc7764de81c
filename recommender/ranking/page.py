"""What the release page of a ranker shows beside its figures, and the page of its drift."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.utils.safestring import SafeString

from recommender import policy
from recommender.features import COLUMNS
from recommender.models import ModelRelease, ShadowChange, ShadowDay
from recommender.ranking import drift
from recommender.ranking.drift import ColumnDrift
from recommender.ranking.inference import KIND, RankerUnavailableError
from recommender.ranking.services import release_in_shadow
from recommender.ranking.tallies import percentile
from recommender.reports import plots
from recommender.reports.measures import Estimate

COLUMNS_SHOWN = 20
DAYS_SHOWN = 30
CHANGES_SHOWN = 10
WORDS = {column.name: column.words for column in COLUMNS}


@dataclass(frozen=True)
class Level:
    """`share` of it led to a purchase; None where that was not what orders it."""

    name: str
    weight: float
    share: float | None


@dataclass(frozen=True)
class ShadowRow:
    """A day's means; `p50` and `p99` in milliseconds."""

    day: date
    served: str
    strips: int
    failed: int
    correlation: float | None
    overlap: float | None
    shift: float | None
    p50: float | None
    p99: float | None


def ranker_page(release: ModelRelease) -> dict[str, Any]:
    """What the template's part for rankers needs; empty for other kinds."""
    if release.kind != KIND:
        return {}
    metrics = release.metrics
    return {
        "ranker": {
            "levels": list(_levels(metrics)),
            "importance": _importance(metrics.get("columns", [])),
            "monotone": list(_monotone(metrics.get("monotone", []))),
            "trials": _trials(metrics.get("trials", [])),
            "judged": _judged(metrics.get("test", {})),
        },
        "shadow": {
            "is_in": release_in_shadow() == release,
            "is_possible": release.state != ModelRelease.State.SERVING,
            "rows": [_shadow_row(row) for row in _shadow_days(release)],
            "changes": ShadowChange.objects.select_related("release", "made_by")[:CHANGES_SHOWN],
        },
    }


def _levels(metrics: Mapping[str, Any]) -> Iterator[Level]:
    weights, shares = metrics.get("weights", {}), metrics.get("label_shares", {})
    for name in metrics.get("label_order", []):
        yield Level(name, weights.get(name, 1.0), shares.get(name))


def _importance(columns: Sequence[Mapping[str, Any]]) -> SafeString | None:
    if not columns:
        return None
    rows = [
        (str(WORDS.get(each["column"], each["column"])), _exact(each["shap"], len(columns)))
        for each in columns[:COLUMNS_SHOWN]
    ]
    return plots.bars(rows, title="Mean of what a column adds to a score or takes from it")


def _monotone(checks: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    for each in checks:
        yield {
            "words": WORDS.get(each["column"], each["column"]),
            "direction": "rises" if each["direction"] > 0 else "falls",
            "holds": each["holds"],
            "wrong": each["wrong"],
            "points": _curve(each["points"]),
        }


def _curve(points: Sequence[Sequence[float]]) -> str:
    """Of a picture 100 × 50, from the least to the most of both."""
    if not points:
        return ""
    xs, ys = zip(*points, strict=True)
    return " ".join(
        f"{100 * _share(x, xs):.1f},{50 - 50 * _share(y, ys):.1f}"
        for x, y in zip(xs, ys, strict=True)
    )


def _share(value: float, among: Sequence[float]) -> float:
    low, high = min(among), max(among)
    return (value - low) / (high - low) if high > low else 0.5


def _trials(trials: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The best first, each with its numbers in words."""
    told = [
        {
            "number": each["number"] + 1,
            "purchase_rank": each["purchase_rank"],
            "rounds": each["rounds"],
            "told": ", ".join(
                f"{name.removeprefix('weight_').replace('_', ' ')} {_short(value)}"
                for name, value in each.items()
                if name not in ("number", "purchase_rank", "rounds")
            ),
        }
        for each in trials
    ]
    return sorted(told, key=lambda each: (each["purchase_rank"], each["number"]))


def _judged(test: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "rank": told["purchase_rank"]["mean"],
            "low": told["purchase_rank"]["interval"][0],
            "high": told["purchase_rank"]["interval"][1],
            "ndcg": told["ndcg"]["mean"],
            "mrr": told["mrr"]["mean"],
            "auc": told["auc"]["mean"],
            "groups": told["purchase_rank"]["groups"],
        }
        for name, told in test.items()
    ]


# --- Shadow -------------------------------------------------------------------------------------


def _shadow_days(release: ModelRelease) -> QuerySet[ShadowDay]:
    return ShadowDay.objects.filter(release=release.release)[:DAYS_SHOWN]


def _shadow_row(row: ShadowDay) -> ShadowRow:
    def mean(total: float) -> float | None:
        return total / row.strips if row.strips else None

    return ShadowRow(
        day=row.day,
        served=row.served,
        strips=row.strips,
        failed=row.failed,
        correlation=mean(row.correlation),
        overlap=mean(row.overlap),
        shift=mean(row.shift),
        p50=percentile(row.times, 0.5),
        p99=percentile(row.times, 0.99),
    )


# --- Drift --------------------------------------------------------------------------------------


def drift_page(release: ModelRelease) -> dict[str, Any]:
    """The last watched day, worst column first, and the worst of each day before."""
    try:
        found = drift.drift_of(release.release)
        days = drift.worst_by_day(release.release)
    except RankerUnavailableError as error:
        return {"unavailable": str(error)}
    history = [(f"{day:%d %b}: {WORDS.get(name, name)}", _exact(psi, 1)) for day, name, psi in days]
    return {
        "drift": found,
        "columns": [(each, _histogram(each)) for each in found.columns] if found else [],
        "history": plots.bars(history, title="The column that moved most, by day"),
        "noticed": policy.DRIFT_NOTICED,
        "alarm": policy.DRIFT_ALARM,
    }


def _histogram(column: ColumnDrift) -> list[dict[str, Any]]:
    """Of each bin its words, and both shares as heights up to 50."""
    most = max(*column.trained, *column.served, 1e-9)
    wide = 100 / len(column.bins)
    return [
        {
            "words": f"{words}: {trained:.1%} in training, {served:.1%} served",
            "x": f"{wide * place:.1f}",
            "middle": f"{wide * (place + 0.5):.1f}",
            "wide": f"{wide * 0.42:.1f}",
            "trained": f"{50 * trained / most:.1f}",
            "trained_top": f"{50 - 50 * trained / most:.1f}",
            "served": f"{50 * served / most:.1f}",
            "served_top": f"{50 - 50 * served / most:.1f}",
        }
        for place, (words, trained, served) in enumerate(
            zip(column.bins, column.trained, column.served, strict=True)
        )
    ]


def _exact(value: float, count: int) -> Estimate:
    return Estimate(value, float("nan"), float("nan"), count)


def _short(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
