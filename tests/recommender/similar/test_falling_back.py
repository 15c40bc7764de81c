"""A ranker that is missing, corrupt or slow: similarity ranks, in time, and it is said."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable

import numpy as np
import pytest
from django.utils import timezone
from prometheus_client import REGISTRY

from listing_assistant.listings.models import Listing
from recommender.features import NAMES
from recommender.models import Experiment, ExperimentLayer, Exposure
from recommender.ranking import inference
from recommender.similar.engine import likeness
from recommender.similar.served import read_served
from recommender.similar.strip import similar_strip
from tests.recommender.ranking.conftest import Hanging

pytestmark = pytest.mark.django_db


@pytest.fixture
def beside(make_beside, ranker_folder) -> list[Listing]:
    """By likeness in this order, by the ranker in the opposite one."""
    return [make_beside(5 + 10 * n, price=0.5 + n) for n in range(3)]


def fallbacks(reason: str) -> float:
    labels = {"strip": "similar", "reason": reason}
    return REGISTRY.get_sample_value("similar_ranker_fallbacks_total", labels) or 0.0


def shows_by_likeness(seed: Listing, beside: list[Listing], reason: str) -> bool:
    """And counts it, and says so to staff and in the log."""
    before = fallbacks(reason)
    strip = similar_strip(seed, session_key="visit")
    assert fallbacks(reason) == before + 1
    assert read_served(strip.served)["ranker"] == "similarity"
    told = similar_strip(seed, session_key="visit", explain=True).explanation
    assert (told.ranker, told.fallback) == ("similarity", reason)
    return [slot.listing_id for slot in strip.slots] == [each.pk for each in beside]


def test_with_its_ranker_a_strip_is_in_the_rankers_order(seed, beside):
    shown = [slot.listing_id for slot in similar_strip(seed).slots]
    assert shown == [each.pk for each in reversed(beside)]


def test_a_missing_ranker_is_done_without(seed, beside, ranker_folder):
    shutil.rmtree(ranker_folder)
    ranker_folder.mkdir()
    assert shows_by_likeness(seed, beside, "missing")


@pytest.mark.parametrize("name", ["model.txt", "config.json", "SHA256SUMS"])
def test_a_corrupt_ranker_is_done_without(seed, beside, ranker_folder, name):
    path = ranker_folder / name
    path.write_text(path.read_text()[:-20] + "x")
    inference._loaded.cache_clear()
    assert shows_by_likeness(seed, beside, "corrupt")


def test_a_slow_ranker_is_waited_for_within_its_time_and_done_without(
    seed, beside, settings, monkeypatch
):
    settings.RANKER_BUDGET_MS = 50
    hanging = Hanging()
    monkeypatch.setattr(inference, "ranker_of", lambda folder: hanging)
    started = time.monotonic()
    assert shows_by_likeness(seed, beside, "slow")
    # It hangs for thirty seconds: a strip that waited for it would be far beyond its budget.
    assert time.monotonic() - started < 15
    assert hanging.asked == 1
    hanging.may_go.set()


def test_a_ranker_that_makes_no_numbers_is_done_without(seed, beside, monkeypatch):
    class Broken(Hanging):
        def scores(self, matrix: np.ndarray) -> np.ndarray:
            return np.full(len(matrix), np.nan)

    monkeypatch.setattr(inference, "ranker_of", lambda folder: Broken())
    assert shows_by_likeness(seed, beside, "failed")


@pytest.fixture
def ranked_by(db) -> Callable[[str], None]:
    """Makes an experiment of one arm, that everybody is in, ask for a ranker."""

    def ask(ranker: str) -> None:
        layer = ExperimentLayer.objects.create(
            name="all", surfaces=["similar"], fields=["ranker"], salt="layer"
        )
        Experiment.objects.create(
            key="ranked otherwise",
            layer=layer,
            surfaces=["similar"],
            unit="session",
            hypothesis="It is no worse.",
            metric="ctr",
            planned_units=1000,
            arms=[{"name": "other", "share": 1.0, "overrides": {"ranker": ranker}}],
            salt="arms",
            first_bucket=0,
            end_bucket=10_000,
            state=Experiment.State.RUNNING,
            started_at=timezone.now(),
        )

    return ask


def test_a_recipe_may_ask_for_likeness(seed, beside, ranked_by):
    ranked_by("similarity")
    assert shows_by_likeness(seed, beside, "asked")


def test_a_recipe_may_name_a_release_that_is_gone(seed, beside, ranked_by):
    ranked_by("0123456789ab")
    assert shows_by_likeness(seed, beside, "missing")


def test_people_are_exposed_when_they_are_shown_it_and_robots_and_staff_are_not(
    seed, beside, ranked_by
):
    ranked_by("similarity")
    similar_strip(seed, session_key="robot", device="")
    similar_strip(seed, session_key="staff", device="desktop", explain=True)
    assert not Exposure.objects.exists()
    for _ in range(2):
        similar_strip(seed, session_key="person", device="desktop")
    assert [(each.unit, each.arm) for each in Exposure.objects.all()] == [("sperson", "other")]


def test_what_has_no_vector_stands_behind_by_its_title_then_by_its_age():
    matrix = np.full((4, len(NAMES)), np.nan, dtype=np.float32)
    matrix[:, NAMES.index("age")] = [5, 1, 2, 3]
    matrix[0, NAMES.index("joint_similarity")] = -0.9
    matrix[1, NAMES.index("text_similarity")] = 0.9
    assert np.argsort(-likeness(matrix)).tolist() == [0, 1, 2, 3]
