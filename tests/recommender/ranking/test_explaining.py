"""What staff are told of a strip: the figures are the ranker's own, the moves the re-ranking's."""

from __future__ import annotations

import numpy as np
import pytest

from recommender.features import COLUMNS, NAMES
from recommender.ranking.inference import rank
from recommender.recall_sets.base import Candidate
from recommender.reranking import Move, Reranked, Slot
from recommender.similar.explaining import explain_slots
from recommender.similar.recipe import BY_SIMILARITY

from .conftest import rows_of

pytestmark = pytest.mark.django_db

IDS = [11, 12, 13, 14]
MOVES = (Move("ad_rate", before=3, after=1, cost=0.02),)
STRIP = Reranked([Slot(2, 1.0, MOVES), Slot(0, 0.9)], costs={})
SOURCES = {
    13: {"joint": Candidate(13, 0.8, reason="alike"), "co_viewed": Candidate(13, 0.2, support=9)}
}


def explained(scores, matrix, ranker):
    return explain_slots(
        listing_ids=IDS, scores=scores, matrix=matrix, sources=SOURCES, reranked=STRIP,
        ranker=ranker,
    )  # fmt: skip


@pytest.mark.parametrize("named", [True, False])
def test_contributions_and_what_all_share_add_up_to_the_score(in_service, named):
    matrix = rows_of(4, seed=5)
    matrix[2, NAMES.index("age")] = np.nan
    answer = rank(matrix, budget_ms=5000)
    slots = explained(answer.scores, matrix, answer.release if named else "")
    assert list(slots) == [13, 11]
    for row, told in zip((2, 0), slots.values(), strict=True):
        total = told.base + sum(feature.contribution for feature in told.features)
        assert total == pytest.approx(answer.scores[row], abs=1e-6)
        assert told.score == answer.scores[row]


def test_the_features_that_matter_stand_first_and_bars_compare_within_the_strip(in_service):
    matrix = rows_of(4, seed=5)
    slots = explained(rank(matrix, budget_ms=5000).scores, matrix, "")
    bars = [feature.bar for told in slots.values() for feature in told.features]
    assert max(map(abs, bars)) == 1
    for told in slots.values():
        sizes = [abs(feature.contribution) for feature in told.features]
        assert sizes == sorted(sizes, reverse=True)
        assert {feature.name for feature in told.features} == {column.name for column in COLUMNS}


def test_without_a_ranker_values_are_told_and_nothing_is_shared_out():
    matrix = rows_of(4, seed=5)
    matrix[2, NAMES.index("age")] = np.nan
    told = explained(np.array([0.4, 0.3, 0.2, 0.1]), matrix, BY_SIMILARITY)[13]
    assert told.base is None
    values = {feature.name: feature.value for feature in told.features}
    assert values["age"] is None
    assert values["ctr"] == pytest.approx(float(matrix[2, NAMES.index("ctr")]))
    assert {feature.contribution for feature in told.features} == {None}


def test_a_slot_says_what_found_it_and_what_moved_it():
    scores = np.array([0.4, 0.3, 0.2, 0.1])
    slots = explained(scores, rows_of(4), BY_SIMILARITY)
    assert [(said.recall_set, said.support) for said in slots[13].sets] == [
        ("joint", 0), ("co_viewed", 9),
    ]  # fmt: skip
    assert (slots[13].rank, slots[13].moves, slots[11].rank) == (3, MOVES, 1)
    assert slots[11].sets == ()
