"""Hyperplanes project and translate as the paper says, checked by hand and by a naive loop."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from ml.losses import norm_excess, orthogonality_excess
from ml.two_tower.transh import GOES_WITH, IMAGE_OF, SIMILAR_TO, Hyperplanes


def hyperplane(normal: list[float], translation: list[float]) -> Hyperplanes:
    """One relation in three dimensions with these two vectors."""
    planes = Hyperplanes(3, [GOES_WITH])
    with torch.no_grad():
        planes.normals.copy_(torch.tensor([normal]))
        planes.translations.copy_(torch.tensor([translation]))
    return planes


def test_a_hand_computed_pair_is_where_the_relation_says():
    """w = (0, 0.6, 0.8), so (1, 2, 1) has 2 along it, and projects to (1, 0.8, -0.6)."""
    planes = hyperplane([0, 3, 4], [1, 0, 0])
    head, tail = torch.tensor([[1.0, 2.0, 1.0]]), torch.tensor([[2.0, 6.8, 7.4]])
    assert planes.project(head, GOES_WITH)[0].tolist() == pytest.approx([1, 0.8, -0.6])
    assert planes.translate(head, GOES_WITH)[0].tolist() == pytest.approx([2, 0.8, -0.6])
    # The tail is the translated head plus ten times w: the hyperplane does not see the difference.
    assert planes.distances(head, tail, GOES_WITH).item() == pytest.approx(0, abs=1e-4)


def test_a_normal_of_any_length_counts_as_a_unit_one():
    short, long = hyperplane([0, 0.3, 0.4], [1, 0, 0]), hyperplane([0, 30, 40], [1, 0, 0])
    rows = torch.randn(5, 3, generator=torch.Generator().manual_seed(1))
    assert long.w(GOES_WITH).norm().item() == pytest.approx(1)
    assert torch.allclose(short.project(rows, GOES_WITH), long.project(rows, GOES_WITH), atol=1e-6)


def test_what_is_projected_has_nothing_along_the_normal_and_stays_when_projected_again():
    planes = Hyperplanes(16)
    rows = torch.randn(7, 16)
    for relation in (IMAGE_OF, SIMILAR_TO, GOES_WITH):
        once = planes.project(rows, relation)
        assert torch.allclose(once @ planes.w(relation), torch.zeros(7), atol=1e-5)
        assert torch.allclose(planes.project(once, relation), once, atol=1e-5)


def test_distances_agree_with_the_formula_of_the_paper_in_a_naive_loop():
    torch.manual_seed(3)
    planes = Hyperplanes(6)
    heads, tails = torch.randn(4, 6), torch.randn(5, 6)
    found = planes.distances(heads, tails, SIMILAR_TO).detach().numpy()
    w = planes.w(SIMILAR_TO).detach().numpy()
    d = planes.d(SIMILAR_TO).detach().numpy()
    for row, head in enumerate(heads.numpy()):
        for column, tail in enumerate(tails.numpy()):
            gap = (head - w.dot(head) * w) + d - (tail - w.dot(tail) * w)
            assert found[row, column] == pytest.approx(np.sum(gap**2), rel=1e-4)


def test_without_hyperplanes_nothing_is_moved_and_nothing_is_learnt():
    planes = Hyperplanes(4, flat=True)
    rows = torch.randn(3, 4)
    assert torch.equal(planes.translate(rows, IMAGE_OF), rows)
    assert not any(parameter.requires_grad for parameter in planes.parameters())


def test_an_unknown_relation_is_named_beside_the_known_ones():
    with pytest.raises(ValueError, match=r"'eats'.*image-of, similar-to, goes-with"):
        Hyperplanes(4).project(torch.zeros(1, 4), "eats")


def test_orthogonality_by_hand():
    """d = (3, 4, 0) has 0.8 of its length along w = (0, 1, 0): 0.64 - 0.01² is too much."""
    excess = orthogonality_excess(torch.tensor([[0.0, 5, 0]]), torch.tensor([[3.0, 4, 0]]), 0.01)
    assert excess.item() == pytest.approx(0.64 - 0.0001)


def test_a_translation_in_its_hyperplane_costs_nothing():
    normals, translations = torch.tensor([[0.0, 0, 2]]), torch.tensor([[3.0, 4, 0.01]])
    assert orthogonality_excess(normals, translations, slack=0.01).item() == 0


def test_minimising_the_constraint_turns_the_translation_into_the_hyperplane():
    torch.manual_seed(0)
    planes = Hyperplanes(8)
    with torch.no_grad():
        planes.translations.copy_(planes.normals + 0.1 * torch.randn(3, 8))
    optimiser = torch.optim.Adam(planes.parameters(), lr=0.02)
    for _ in range(300):
        optimiser.zero_grad()
        orthogonality_excess(planes.normals, planes.translations, slack=0.01).backward()
        optimiser.step()
    for relation in (IMAGE_OF, SIMILAR_TO, GOES_WITH):
        cosine = torch.cosine_similarity(planes.w(relation), planes.d(relation), dim=0)
        assert abs(cosine.item()) <= 0.011


def test_only_what_is_longer_than_one_breaks_the_norm_constraint():
    """Lengths 2, 1 and 0.5: (4 - 1 + 0 + 0) / 3."""
    rows = torch.tensor([[2.0, 0], [0.6, 0.8], [0.5, 0]])
    assert norm_excess(rows).item() == pytest.approx(1.0)
