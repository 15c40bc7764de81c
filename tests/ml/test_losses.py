"""Losses give the values that a pencil gives."""

from __future__ import annotations

import math

import pytest
import torch

from ml.losses import cosine_distance, info_nce, photo_title_contrast


def nothing(rows: int, columns: int) -> torch.Tensor:
    return torch.zeros(rows, columns, dtype=torch.bool)


def test_info_nce_of_equal_logits_is_the_logarithm_of_the_choices():
    loss = info_nce(torch.zeros(2, 5), torch.tensor([0, 3]), nothing(2, 5))
    assert loss.item() == pytest.approx(math.log(5))


def test_an_ignored_column_is_no_choice():
    ignored = nothing(1, 5)
    ignored[0, 3:] = True
    loss = info_nce(torch.tensor([[0.0, 0, 0, 50, 50]]), torch.tensor([0]), ignored)
    assert loss.item() == pytest.approx(math.log(3))


def test_the_right_column_counts_even_where_it_is_marked():
    ignored = torch.ones(1, 3, dtype=torch.bool)
    assert info_nce(torch.zeros(1, 3), torch.tensor([1]), ignored).item() == pytest.approx(0)


def test_contrast_is_the_mean_of_both_directions():
    """One photo direction sees four titles, the title direction two photos: (ln 4 + ln 2) / 2."""
    loss = photo_title_contrast(torch.zeros(2, 4), nothing(2, 4))
    assert loss.item() == pytest.approx((math.log(4) + math.log(2)) / 2)


def test_cosine_distance_ignores_length():
    first = torch.tensor([[1.0, 0.0], [0.0, 2.0]])
    second = torch.tensor([[5.0, 0.0], [0.0, -1.0]])
    assert cosine_distance(first, second).item() == pytest.approx((0 + 2) / 2)
