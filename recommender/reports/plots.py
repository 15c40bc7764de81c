"""Plots as inline SVG: they follow the page's colours, need no script and print well."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from recommender.reports.measures import Estimate

WIDTH, ROW, LABEL, MARGIN = 640, 24, 190, 56
HEIGHT, PAD = 260, 44
DOT = '<circle class="dot" cx="{}" cy="{}" r="4"><title>{}: {}</title></circle>'
Scale = Callable[[float], float]


@dataclass(frozen=True)
class Point:
    """A value at `x` with its interval."""

    x: float
    y: Estimate


def bars(rows: Sequence[tuple[str, Estimate]], *, title: str) -> SafeString:
    """A bar for each mean with its interval as a whisker; NaN has none. Zero is in the picture."""
    ends = [value for _, e in rows for value in (e.low, e.high, e.mean) if not math.isnan(value)]
    low, high = min([0.0, *ends]), max([0.0, *ends])
    span = (high - low) or 1.0

    def x(value: float) -> float:
        return LABEL + (WIDTH - LABEL - MARGIN) * (value - low) / span

    drawn = [_bar(n, name, estimate, x) for n, (name, estimate) in enumerate(rows)]
    height = ROW * len(rows) + 8
    zero = format_html('<line class="axis" x1="{0}" x2="{0}" y1="0" y2="{1}"/>', _n(x(0.0)), height)
    return _svg(title, height, format_html_join("", "{}", ((each,) for each in drawn)) + zero)


def _bar(number: int, name: str, estimate: Estimate, x: Scale) -> SafeString:
    top = number * ROW + 4
    label = format_html(
        '<text class="label" x="{}" y="{}">{}</text>', LABEL - 8, top + ROW - 10, name
    )
    if math.isnan(estimate.mean):
        return label
    start, end = sorted((x(0.0), x(estimate.mean)))
    bar = format_html(
        '<rect class="{}" x="{}" y="{}" width="{}" height="{}"><title>{}: {}</title></rect>',
        "bar" if estimate.mean >= 0 else "bar bad",
        _n(start), top, _n(max(1.0, end - start)), ROW - 8, name, _in_words(estimate),
    )  # fmt: skip
    whisker = _whisker(x(estimate.low), x(estimate.high), top + (ROW - 8) / 2)
    value = format_html(
        '<text class="value" x="{}" y="{}">{}</text>',
        _n(max(x(estimate.high), end) + 6), top + ROW - 10, _short(estimate.mean),
    )  # fmt: skip
    return label + bar + whisker + value


def _whisker(start: float, end: float, y: float) -> SafeString:
    if math.isnan(start) or math.isnan(end):
        return SafeString("")
    return format_html(
        '<line class="whisker" x1="{}" x2="{}" y1="{}" y2="{}"/>', _n(start), _n(end), _n(y), _n(y)
    )


def heat(names: Sequence[str], cells: Sequence[Sequence[float]], *, title: str) -> SafeString:
    """A square table of shares, 0 to 1: the darker, the more."""
    side = min(44, (WIDTH - LABEL) // max(1, len(names)))
    drawn = [
        _cell(LABEL + column * side, 20 + row * side, side, cells[row][column], ours, theirs)
        for row, ours in enumerate(names)
        for column, theirs in enumerate(names)
    ]
    rows = [
        format_html(
            '<text class="label" x="{}" y="{}">{}</text>',
            LABEL - 8, 20 + row * side + side / 2 + 4, f"{row + 1}  {name}",
        )
        for row, name in enumerate(names)
    ]  # fmt: skip
    heads = [
        format_html(
            '<text class="head" x="{}" y="14">{}</text>', LABEL + n * side + side / 2, n + 1
        )
        for n in range(len(names))
    ]
    parts = ((each,) for each in [*drawn, *rows, *heads])
    return _svg(title, 28 + side * len(names), format_html_join("", "{}", parts))


def _cell(x: int, y: int, side: int, share: float, ours: str, theirs: str) -> SafeString:
    known = not math.isnan(share)
    said = f"{share:.0%} of {ours} is in {theirs}" if known else f"{ours} proposed nothing"
    return format_html(
        '<rect class="cell" x="{}" y="{}" width="{}" height="{}" fill-opacity="{}">'
        '<title>{}</title></rect><text class="in-cell" x="{}" y="{}">{}</text>',
        x, y, side - 2, side - 2, _n(share if known else 0.0), said,
        x + side / 2 - 1, y + side / 2 + 3, f"{100 * share:.0f}" if known else "–",
    )  # fmt: skip


def line(points: Sequence[Point], *, title: str, x_title: str, y_title: str) -> SafeString:
    """Means joined in their order, intervals as whiskers; both axes begin at 0."""
    known = [point for point in points if not math.isnan(point.y.mean)]
    right = max([point.x for point in known], default=1.0) or 1.0
    most = max([p.y.high for p in known if not math.isnan(p.y.high)], default=1.0) or 1.0

    def place(x: float, y: float) -> tuple[str, str]:
        across = PAD + (WIDTH - 2 * PAD) * x / right
        return _n(across), _n(HEIGHT - PAD - (HEIGHT - 2 * PAD) * y / most)

    path = " ".join(",".join(place(point.x, point.y.mean)) for point in known)
    parts = [
        format_html('<polyline class="curve" points="{}"/>', path),
        _axes(right, most, x_title, y_title),
    ]
    for point in known:
        x, y = place(point.x, point.y.mean)
        _, low = place(point.x, point.y.low)
        _, high = place(point.x, point.y.high)
        parts.append(
            format_html('<line class="whisker" x1="{0}" x2="{0}" y1="{1}" y2="{2}"/>', x, low, high)
        )
        parts.append(format_html(DOT, x, y, _short(point.x), _in_words(point.y)))
    return _svg(title, HEIGHT, format_html_join("", "{}", ((each,) for each in parts)))


def band(points: Sequence[Point], *, title: str, x_title: str, y_title: str) -> SafeString:
    """Means joined in their order inside the band of their intervals, and the line of zero."""
    known = [point for point in points if not math.isnan(point.y.mean)]
    left, right = known[0].x, max(known[-1].x, known[0].x + 1)
    low = min(0.0, *(point.y.low for point in known))
    high = max(0.0, *(point.y.high for point in known))
    span = (high - low) or 1.0

    def place(x: float, y: float) -> tuple[str, str]:
        across = PAD + (WIDTH - 2 * PAD) * (x - left) / (right - left)
        return _n(across), _n(HEIGHT - PAD - (HEIGHT - 2 * PAD) * (y - low) / span)

    def joined(corners: Sequence[tuple[float, float]]) -> str:
        return " ".join(",".join(place(x, y)) for x, y in corners)

    lows = [(point.x, point.y.low) for point in known]
    highs = [(point.x, point.y.high) for point in known]
    _, zero = place(left, 0.0)
    _, top = place(left, high)
    _, bottom = place(left, low)
    body = format_html(
        '<polygon class="band" points="{0}"/><polyline class="curve" points="{1}"/>'
        '<line class="axis" x1="{2}" x2="{3}" y1="{4}" y2="{4}"/>'
        '<text class="value" x="4" y="{5}">{6}</text><text class="value" x="4" y="{7}">{8}</text>'
        '<text class="value" x="4" y="14">{9}</text>'
        '<text class="head" x="{10}" y="{11}">{12}</text>'
        '<text class="head" x="{2}" y="{13}">{14}</text>'
        '<text class="head" x="{3}" y="{13}">{15}</text>',
        joined([*lows, *reversed(highs)]), joined([(point.x, point.y.mean) for point in known]),
        PAD, WIDTH - PAD, zero, top, _short(high), bottom, _short(low), y_title,
        WIDTH / 2, HEIGHT - 8, x_title, HEIGHT - PAD + 16, _short(left), _short(right),
    )  # fmt: skip
    dots = ((*place(point.x, point.y.mean), _short(point.x), _in_words(point.y)) for point in known)
    return _svg(title, HEIGHT, body + format_html_join("", DOT, dots))


def _axes(right: float, top: float, x_title: str, y_title: str) -> SafeString:
    floor, end = HEIGHT - PAD, WIDTH - PAD
    return format_html(
        '<line class="axis" x1="{0}" x2="{1}" y1="{2}" y2="{2}"/>'
        '<line class="axis" x1="{0}" x2="{0}" y1="{0}" y2="{2}"/>'
        '<text class="head" x="{3}" y="{4}">{5}</text>'
        '<text class="value" x="{0}" y="{6}">{7}</text>'
        '<text class="label" x="{1}" y="{8}">{9}</text>'
        '<text class="value" x="4" y="{10}">{11}</text>',
        PAD, end, floor, WIDTH / 2, HEIGHT - 8, x_title, PAD - 12, y_title,
        floor + 16, _short(right), PAD + 4, _short(top),
    )  # fmt: skip


def _svg(title: str, height: float, body: SafeString) -> SafeString:
    return format_html(
        '<svg viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>',
        WIDTH,
        _n(height),
        title,
        body,
    )


def _in_words(estimate: Estimate) -> str:
    return (
        f"{_short(estimate.mean)}, 95 % interval {_short(estimate.low)} to "
        f"{_short(estimate.high)}, of {estimate.count}"
    )


def _short(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.3g}"


def _n(value: float) -> str:
    return f"{value:.1f}" if value >= 1 or value == 0 else f"{value:.2f}"
