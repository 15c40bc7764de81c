"""Which trained model answers, and how another compares with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings

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
    """Asked for every answer, so that all processes follow a release at once: it is one row."""
    rows = ModelRelease.objects.filter(kind=kind, state=ModelRelease.State.SERVING)
    folder = rows.values_list("folder", flat=True).first()
    return None if folder is None else Path(settings.ARTEFACTS_DIR) / folder


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


def _figures(metrics: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, float]]:
    for name, value in metrics.items():
        if name == RISK_COVERAGE:
            continue
        if isinstance(value, Mapping):
            yield from _figures(value, f"{prefix}{name}.")
        elif isinstance(value, int | float) and not isinstance(value, bool):
            yield f"{prefix}{name}", float(value)
