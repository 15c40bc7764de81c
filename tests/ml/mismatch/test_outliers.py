"""A photo that differs from the rest of its listing stands out in what is counted."""

from __future__ import annotations

import numpy as np
import pytest

from ml.mismatch.outliers import OUTLIER_FEATURES, outlier_features


def test_a_hand_computed_case():
    photos = np.array([[1, 0], [1, 0], [0, 1]], dtype=np.float32)
    features = outlier_features(np.array([-2.0, -1.0, 3.0]), photos)
    assert features.shape == (3, len(OUTLIER_FEATURES))
    # logit, over the mean of the others, mean cosine to the others, that among the others less it
    assert features[2].tolist() == pytest.approx([3.0, 4.5, 0.0, 1.0])
    assert features[0].tolist() == pytest.approx([-2.0, -3.0, 0.5, -0.5])


def test_photos_that_are_all_alike_have_no_outlier():
    photos = np.tile(np.array([0.6, 0.8], dtype=np.float32), (4, 1))
    features = outlier_features(np.zeros(4), photos)
    np.testing.assert_allclose(features, np.tile([0, 0, 1, 0], (4, 1)), atol=1e-6)


def test_two_photos_are_each_others_rest():
    features = outlier_features(np.array([1.0, 2.0]), np.eye(2, dtype=np.float32))
    assert features[:, :3].tolist() == [[1.0, -1.0, 0.0], [2.0, 1.0, 0.0]]
