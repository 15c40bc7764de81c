"""A report as one HTML page that needs nothing else, and as JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from django.template.loader import render_to_string

from recommender.reports import plots
from recommender.reports.curves import CurvePoint
from recommender.reports.evaluating import Report
from recommender.reports.figures import Segment, SetFigures
from recommender.reports.findings import findings, interval, percent
from recommender.reports.measures import Estimate

TEMPLATE = "recommender/reports/report.html"
Row = list[str]

QUALITY = (
    *("Set", "Recall, by product", "Recall, by listing", "Precision", "nDCG"),
    *("Known relevance", "Known misfits shown"),
)
REACH = (
    *("Set", "Coverage", "Full", "Alone", "Unsuitable", "Catalogue shown", "Places to popular"),
    *("Gini", "Surprise, bits", "p50, ms", "p99, ms"),
)
CURVE = ("Least cosine", "Coverage", "Recall, by product", "Filled places that hold a purchase")
SEGMENT = ("", "Occasions", "All sets", "Baseline")


@dataclass(frozen=True)
class Table:
    heads: Sequence[str]
    rows: list[Row]


def as_html(report: Report) -> str:
    return render_to_string(TEMPLATE, context(report))


def as_json(report: Report) -> str:
    """Figures that are not known are null."""
    return json.dumps(plain(asdict(report)), indent=1)


def plain(value: Any) -> Any:
    """For JSON: days as text, NaN as None."""
    if isinstance(value, dict):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if isinstance(value, date):
        return value.isoformat()
    return None if isinstance(value, float) and math.isnan(value) else value


def context(report: Report) -> dict[str, Any]:
    return {
        "report": report,
        "findings": findings(report),
        "quality": Table(QUALITY, [_quality(each) for each in report.sets]),
        "reach": Table(REACH, [_reach(each) for each in report.sets]),
        "plots": _plots(report),
        "segments": [
            ("How the listing was met", _segments(report.by_act)),
            ("How often its product was bought before", _segments(report.by_warmth)),
            ("Its department", _segments(report.by_department)),
        ],
        "ladder": _shares("Lowest step", report.ladder.lowest_step),
        "items": _shares("Step", report.ladder.items),
    }


def _quality(one: SetFigures) -> Row:
    return [
        one.name,
        _with_interval(one.by_product.recall),
        _with_interval(one.by_item.recall),
        _decimal(one.by_product.precision.mean),
        _decimal(one.by_product.ndcg.mean),
        percent(one.relevance),
        percent(one.misfit_shown),
    ]


def _reach(one: SetFigures) -> Row:
    return [
        one.name,
        percent(one.coverage),
        percent(one.full),
        percent(one.alone),
        percent(one.unsuitable),
        percent(one.catalogue),
        percent(one.head),
        _decimal(one.gini),
        _decimal(one.surprise),
        _milliseconds(one.p50_ms),
        _milliseconds(one.p99_ms),
    ]


def _segments(segments: Sequence[Segment]) -> Table:
    rows = [
        [
            each.name,
            str(each.merged.count),
            _with_interval(each.merged),
            _with_interval(each.baseline),
        ]
        for each in segments
    ]
    return Table(SEGMENT, rows)


def _shares(head: str, shares: Mapping[str, float]) -> Table:
    return Table((head, "Share"), [[name, percent(share)] for name, share in shares.items()])


def _plots(report: Report) -> dict[str, Any]:
    recall = [(each.name, each.by_product.recall) for each in report.sets]
    return {
        "recall": plots.bars(recall, title="Recall by product of each set"),
        "adding": plots.bars(
            [(each.name, each.recall) for each in report.adding],
            title="Recall as sets join one after the other",
        ),
        "removing": plots.bars(
            [(each.name, each.gain) for each in report.removing],
            title="Recall that is lost when a set is taken out",
        ),
        "overlap": plots.heat(report.names, report.overlap, title="What sets propose in common"),
        "curves": [(name, *_curve(name, points)) for name, points in report.curves.items()],
    }


def _curve(name: str, points: Sequence[CurvePoint]) -> tuple[str, Table]:
    plot = plots.line(
        [plots.Point(100 * each.coverage, each.quality) for each in points],
        title=f"Coverage and quality of {name}",
        x_title="coverage, % of listings",
        y_title="share of filled places that hold a purchase",
    )
    rows = [
        [
            f"{each.threshold:g}",
            percent(each.coverage),
            _with_interval(each.recall),
            _with_interval(each.quality),
        ]
        for each in points
    ]
    return plot, Table(CURVE, rows)


def _with_interval(estimate: Estimate) -> str:
    return f"{percent(estimate.mean)} ({interval(estimate)})"


def _decimal(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.3f}"


def _milliseconds(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.1f}"
