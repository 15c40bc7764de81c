"""Experiments as staff would make them, and people who come to a strip."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from recommender.models import Experiment, ExperimentLayer

SURFACES = ["similar", "picked", "because"]
ARMS = [
    {"name": "control", "share": 0.5, "overrides": {}},
    {"name": "bold", "share": 0.5, "overrides": {"ad_weight": 0.6}},
]


@pytest.fixture
def ranking(db) -> ExperimentLayer:
    return _layer("ranking", ["ranker"])


@pytest.fixture
def reranking(db) -> ExperimentLayer:
    return _layer("re-ranking", ["ad_weight", "most_of_seller", "relevance_share"])


def _layer(name: str, fields: list[str]) -> ExperimentLayer:
    made, _ = ExperimentLayer.objects.update_or_create(
        name=name, defaults={"surfaces": SURFACES, "fields": fields, "salt": f"layer {name}"}
    )
    return made


@pytest.fixture
def make_experiment(reranking) -> Callable[..., Experiment]:
    """One that runs on all traffic of the similar strip, unless told otherwise."""

    def make(key: str = "bolder", **fields: Any) -> Experiment:
        defaults = {
            "layer": reranking,
            "surfaces": ["similar"],
            "unit": "session",
            "hypothesis": "More promotion costs nobody a purchase.",
            "metric": "ctr",
            "planned_units": 1000,
            "arms": ARMS,
            "salt": f"salt of {key}",
            "first_bucket": 0,
            "end_bucket": 10_000,
            "state": Experiment.State.RUNNING,
            "started_at": timezone.now(),
        }
        return Experiment.objects.create(key=key, **(defaults | fields))

    return make


@pytest.fixture
def visit() -> str:
    return uuid.uuid4().hex
