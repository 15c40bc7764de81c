"""Which of a listing's photos shows another thing than the rest: one wrong among right ones."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

OUTLIER_FEATURES = ("logit", "logit_over_others", "cosine_to_others", "cosine_under_others")
LEAST_PHOTOS = 3  # of two that disagree nobody can say which is the other thing's


def outlier_features(
    logits: NDArray[np.float64], photos: NDArray[np.float32]
) -> NDArray[np.float64]:
    """OUTLIER_FEATURES (n, f) of the n ≥ 2 photos of one listing.

    logits (n,) of a mismatch of each photo with the title; photos (n, d) are unit rows.
    """
    count = len(photos)
    cosines = (photos @ photos.T).astype(np.float64)
    np.fill_diagonal(cosines, 0.0)
    to_others = cosines.sum(axis=1) / (count - 1)
    # How alike the others are among themselves: a listing of varied photos has no outlier.
    pairs_without = max(1, (count - 1) * (count - 2))
    among_others = (cosines.sum() - 2 * cosines.sum(axis=1)) / pairs_without
    other_logits = (logits.sum() - logits) / (count - 1)
    return np.column_stack([logits, logits - other_logits, to_others, among_others - to_others])
