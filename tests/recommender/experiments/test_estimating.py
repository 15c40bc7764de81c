from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from recommender.experiments.estimating import (
    NothingExploredError,
    choice_value,
    was_explored,
)
from recommender.features import FIRST_PLACE, NAMES
from recommender.models import ModelRelease
from recommender.ranking.dataset import LoggedStrip
from recommender.ranking.seen import SeenStrip

CTR, POSITION = NAMES.index("ctr"), NAMES.index("position")


def strips(count: int, seed: int = 1) -> list[LoggedStrip]:
    """Four places each, the third explored. What has a high `ctr` is clicked every second time,
    the rest every tenth; half of the explored things are high."""
    rng = np.random.default_rng(seed)
    made = []
    for _ in range(count):
        matrix = np.zeros((4, len(NAMES)), dtype=np.float32)
        matrix[:, CTR] = [0.9, 0.5, rng.choice([0.1, 0.8]), 0.4]
        matrix[:, POSITION] = [1, 2, 3, 4]
        rate = 0.5 if matrix[2, CTR] > 0.5 else 0.1
        acts = {"click"} if rng.random() < rate else set()
        made.append(
            LoggedStrip(
                matrix=matrix,
                acts=({"click"}, set(), acts, set()),
                formats=np.zeros(4, dtype=np.int8),
                weights=np.array([1.0, 1.01, 5.0, 1.01]),
                shown_on=date(2026, 3, 2),
            )
        )
    return made


def test_a_ranker_that_sees_what_is_liked_chooses_better_than_chance_and_its_opposite():
    log = strips(1500)

    good = choice_value("good", log, lambda matrix: matrix[:, CTR].astype(float))
    chance = choice_value("chance", log, lambda matrix: np.ones(len(matrix)))
    bad = choice_value("bad", log, lambda matrix: -matrix[:, CTR].astype(float))

    for found, truth in ((good, 0.5), (chance, 0.3), (bad, 0.1)):
        assert found.clicks.low <= truth <= found.clicks.high
    assert bad.clicks.high < chance.clicks.low and chance.clicks.high < good.clicks.low
    assert chance.kept == chance.explored == 1500
    assert good.kept + bad.kept == 1500
    assert good.purchases.value == 0


def test_things_are_scored_as_if_they_stood_first():
    seen = []

    def score(matrix):
        seen.append(matrix[:, POSITION].copy())
        return np.ones(len(matrix))

    log = strips(100)
    choice_value("any", log, score)

    assert all((positions == FIRST_PLACE).all() for positions in seen)
    assert log[0].matrix[:, POSITION].tolist() == [1, 2, 3, 4]


def test_too_few_places_are_said_to_be_too_few():
    with pytest.raises(NothingExploredError, match="30 places were left to chance"):
        choice_value("any", strips(30), lambda matrix: np.ones(len(matrix)))


@pytest.mark.parametrize(
    ("propensities", "explored"),
    [([1.0, 0.99], False), ([1.0, 0.0004], True), ([], False), ([1.0], False)],
)
def test_a_strip_says_whether_chance_had_a_hand_in_it(propensities, explored):
    strip = SeenStrip(
        strip="similar", seed_id=None, seed="", listings=(1, 2), positions=(1, 2),
        served={"propensities": propensities}, user_id=None, session_key="v",
        shown_at=datetime(2026, 3, 2, tzinfo=UTC), acts=(set(), set()),
    )  # fmt: skip

    assert was_explored(strip) is explored


@pytest.mark.django_db
def test_the_command_says_what_is_missing():
    with pytest.raises(CommandError, match="“abc” is none of those registered"):
        call_command("estimate_policy", "--release", "abc")
    ModelRelease.objects.create(kind="ranker", release="abc", folder="somewhere")
    with pytest.raises(CommandError, match="--days: read one day at least"):
        call_command("estimate_policy", "--release", "abc", "--days", "0")
    with pytest.raises(CommandError, match="0 places were left to chance"):
        call_command("estimate_policy", "--release", "abc")
