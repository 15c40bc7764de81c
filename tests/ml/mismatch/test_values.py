"""Values are learnt from attributes, found in titles, and named by photos."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from ml.mismatch.values import (
    LEAST_LOG_PROBABILITY,
    NOT_STATED,
    KnownValues,
    ValueHead,
    learn_values,
    value_features,
)
from ml.records import ItemRecord

KNOWN = KnownValues({"colour": ("blue", "navy blue", "red"), "gender": ("men", "women")})


def record(title: str, **attributes: str) -> ItemRecord:
    return ItemRecord(title, title, attributes=attributes)


def test_values_of_enough_products_are_known_whatever_the_attribute_is_called():
    records = [record("a", Color="Red")] * 3 + [record("b", Colour="red", Gender="Men")] * 2
    assert learn_values(records, least=2).by_kind == {"colour": ("red",), "gender": ("men",)}
    assert learn_values(records, least=3).by_kind == {"colour": ("red",), "gender": ()}


def test_a_title_states_the_first_and_longest_value_of_each_kind():
    titles = ["Men's NAVY-BLUE shirt", "Navy blue men shirt", "red and blue mug", "mug", "Womens"]
    found = KNOWN.stated(titles)
    assert found.shape == (5, 2)
    assert found[1:].tolist() == [[1, 0], [2, NOT_STATED], [NOT_STATED] * 2, [NOT_STATED, 1]]
    assert found[0, 0] == 1


def test_attributes_go_before_the_title():
    labels = KNOWN.labels([record("red mug", Color="Blue"), record("red mug"), record("mug")])
    assert labels[:, 0].tolist() == [0, 2, NOT_STATED]


def test_each_kind_is_a_distribution_of_its_own():
    head = ValueHead(4, 8, (3, 2), dropout=0.0).eval()
    with torch.inference_mode():
        probabilities = head(torch.randn(5, 4)).exp().numpy()
    np.testing.assert_allclose(probabilities[:, :3].sum(axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(probabilities[:, 3:].sum(axis=1), 1, atol=1e-5)


def test_what_is_not_stated_does_not_train():
    head = ValueHead(4, 8, (3, 2), dropout=0.0)
    rows = torch.randn(2, 4)
    nothing = head.loss(rows, torch.full((2, 2), NOT_STATED))
    one = head.loss(rows, torch.tensor([[1, NOT_STATED], [NOT_STATED, NOT_STATED]]))
    expected = -head(rows)[0, 1]
    assert nothing.item() == 0
    assert one.item() == pytest.approx(expected.item(), abs=1e-6)


def test_features_are_the_stated_values_log_probability_and_that_it_is_stated():
    log_probabilities = np.log(
        np.array([[0.7, 0.2, 0.1, 0.5, 0.5], [0.999, 1e-5, 1e-5, 0.9, 0.1]], dtype=np.float32)
    )
    features = value_features(log_probabilities, np.array([[1, NOT_STATED], [2, 1]]), (3, 2))
    expected = [[np.log(0.2), 1, 0, 0], [LEAST_LOG_PROBABILITY, 1, np.log(0.1), 1]]
    np.testing.assert_allclose(features, expected, rtol=1e-5)


def test_a_catalogue_that_states_no_values_has_no_features_of_them():
    head = ValueHead(4, 8, (0, 0), dropout=0.0).eval()
    stated = KnownValues({"colour": (), "gender": ()}).stated(["red mug"])
    with torch.inference_mode():
        found = value_features(head(torch.randn(1, 4)).numpy(), stated, (0, 0))
    assert found.tolist() == [[0, 0, 0, 0]]
