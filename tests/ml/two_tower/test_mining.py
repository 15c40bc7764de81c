"""Semi-hard negatives are those that a loop over FaceNet's definition finds."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from ml.losses import triplet
from ml.two_tower.mining import NOBODY, semi_hard


def naive_semi_hard(distances: np.ndarray, positive: np.ndarray, wrong: np.ndarray) -> list[int]:
    chosen = []
    for row in range(len(distances)):
        negatives = [column for column in range(distances.shape[1]) if wrong[row, column]]
        beyond = [column for column in negatives if distances[row, column] > positive[row]]
        if beyond:
            chosen.append(min(beyond, key=lambda column: distances[row, column]))
        elif negatives:
            chosen.append(max(negatives, key=lambda column: distances[row, column]))
        else:
            chosen.append(NOBODY)
    return chosen


@pytest.mark.parametrize("seed", range(20))
def test_mining_agrees_with_a_naive_loop(seed):
    generator = np.random.default_rng(seed)
    distances = generator.random((12, 30)).astype(np.float32)
    positive = generator.random(12).astype(np.float32)
    wrong = generator.random((12, 30)) < generator.choice([0.05, 0.5, 0.95])
    found = semi_hard(*map(torch.from_numpy, (distances, positive, wrong)))
    assert found.tolist() == naive_semi_hard(distances, positive, wrong)


def test_the_nearest_beyond_the_positive_is_taken_even_past_the_margin():
    distances = torch.tensor([[0.1, 0.9, 0.7, 0.5]])
    wrong = torch.tensor([[True, True, True, False]])
    assert semi_hard(distances, torch.tensor([0.4]), wrong).tolist() == [2]


def test_where_all_negatives_are_too_near_the_farthest_of_them_is_taken():
    distances, wrong = torch.tensor([[0.1, 0.3, 0.2]]), torch.ones(1, 3, dtype=torch.bool)
    assert semi_hard(distances, torch.tensor([0.5]), wrong).tolist() == [1]


def test_the_triplet_loss_is_the_mean_hinge_of_the_anchors_that_have_one():
    """Hinges 0.2 + 0.5 - 0.4 = 0.3 and 0.2 + 0.1 - 0.9 < 0; the third anchor has no negative."""
    distances = torch.tensor([[0.4, 9.0], [9.0, 0.9], [9.0, 9.0]])
    positive, negative = torch.tensor([0.5, 0.1, 0.7]), torch.tensor([0, 1, NOBODY])
    assert triplet(distances, positive, negative, 0.2).item() == pytest.approx(0.3 / 2)


def test_without_any_triplet_the_loss_is_zero_and_not_nan():
    loss = triplet(torch.ones(2, 3), torch.ones(2), torch.tensor([NOBODY, NOBODY]), 0.2)
    assert loss.item() == 0
