"""Which trained model answers, and how another compares with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from listing_assistant.remembered import Remembered
from recommender.models import ModelRelease

# In metrics.json: {attribute: [[coverage, precision, threshold], …]}.
RISK_COVERAGE = "risk_coverage"


@dataclass(frozen=True)
class ComparedMetric:
    """A figure of a release beside that of the release in service; either may lack it."""

    name: str
    ours: float | None
    theirs: float | None

    @property
    def difference(self) -> float | None:
        return None if self.ours is None or self.theirs is None else self.ours - self.theirs


def release_serving(kind: str) -> ModelRelease | None:
    """None: the folder of that name under ARTEFACTS_DIR answers, or the bundled model."""
    return ModelRelease.objects.filter(kind=kind, state=ModelRelease.State.SERVING).first()


def released_folder(kind: str) -> Path | None:
    """Asked for every answer; all processes follow a release within REMEMBERED_SECONDS."""
    folder = _folders_in_service().get(kind)
    return None if folder is None else Path(settings.ARTEFACTS_DIR) / folder


def _read_folders() -> dict[str, str]:
    """Of all kinds, in plain SQL: a strip asks for three of them."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT kind, folder FROM {ModelRelease._meta.db_table} WHERE state = %s",
            [ModelRelease.State.SERVING.value],
        )
        return dict(cursor.fetchall())


_folders_in_service = Remembered(_read_folders)


def release_before(serving: ModelRelease) -> ModelRelease | None:
    """The one that was in service before this one; None where the bundled model was."""
    earlier = ModelRelease.objects.filter(
        kind=serving.kind, served_from__lt=serving.served_from
    ).exclude(pk=serving.pk)
    return earlier.order_by("-served_from").first()


def compared(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> list[ComparedMetric]:
    """The figures of two metrics.json, by their path: "known.f1"."""
    mine, others = dict(_figures(ours)), dict(_figures(theirs))
    names = list(dict.fromkeys([*mine, *others]))
    return [ComparedMetric(name, mine.get(name), others.get(name)) for name in names]


@dataclass(frozen=True)
class RiskCurve:
    """One attribute's (coverage, precision) as points of a picture 100 × 50, and three figures."""

    attribute: str
    points: str
    coverage_at_95: str
    coverage_at_90: str
    precision_of_all: str


def risk_coverage(metrics: Mapping[str, Any]) -> list[RiskCurve]:
    """By attribute, in the order of names; empty for models without curves."""
    curves = metrics.get(RISK_COVERAGE, {})
    return [_curve(name, sorted(points)) for name, points in sorted(curves.items()) if points]


def _curve(name: str, points: Sequence[Sequence[float]]) -> RiskCurve:
    return RiskCurve(
        attribute=name,
        # Below one half right nobody looks for detail: the picture begins there.
        points=" ".join(
            f"{100 * coverage:.1f},{100 * min(0.5, 1 - precision):.1f}"
            for coverage, precision, *_ in points
        ),
        coverage_at_95=_percent(_coverage_at(points, 0.95)),
        coverage_at_90=_percent(_coverage_at(points, 0.90)),
        precision_of_all=_percent(points[-1][1]),
    )


def _coverage_at(points: Sequence[Sequence[float]], precision: float) -> float:
    """The most that can be answered while so many answers are right."""
    return max((point[0] for point in points if point[1] >= precision), default=0.0)


def _percent(share: float) -> str:
    return f"{share:.0%}"


def _figures(metrics: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, float]]:
    for name, value in metrics.items():
        if name == RISK_COVERAGE:
            continue
        if isinstance(value, Mapping):
            yield from _figures(value, f"{prefix}{name}.")
        elif isinstance(value, int | float) and not isinstance(value, bool):
            yield f"{prefix}{name}", float(value)


def comparison_lines(release: ModelRelease, serving: ModelRelease | None) -> Iterator[str]:
    """A table for terminals: the figures of a release beside those of the one in service."""
    yield f"{'':<44}{release.release:>14}{serving.release if serving else 'bundled':>14}"
    for row in compared(release.metrics, serving.metrics if serving else {}):
        yield f"{row.name:<44}{_short(row.ours):>14}{_short(row.theirs):>14}"


def _short(value: float | None) -> str:
    return "–" if value is None else f"{value:.4g}"
