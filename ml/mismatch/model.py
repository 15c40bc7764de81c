"""Two small heads that bring photos and titles into one space, and what is measured there.

The heads are trained with InfoNCE as CLIP's (Radford et al. 2021). A cosine alone is a poor
evidence: some photos are near to every title. So it is also taken relative to how near photo and
title are to what else there is, as CSLS does (Conneau et al. 2018), with fixed anchors in place of
neighbours.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ml.encoders.heads import Head, TitleHead
from ml.mismatch.outliers import OUTLIER_FEATURES
from ml.mismatch.values import KINDS, KnownValues, ValueHead, value_features

KIND = "mismatch"
FORMAT_VERSION = 3
NEAR_ANCHORS = 8  # how many of the nearest anchors "what else there is" means
FEATURES = (
    "cosine",
    "over_photo_anchors",
    "over_title_anchors",
    *(name for kind in KINDS for name in (kind, f"{kind}_stated")),
)


@dataclass(frozen=True)
class MismatchConfig:
    """Everything but the weights. The releases say whose vectors the heads were trained on."""

    image_dim: int
    text_dim: int
    image_release: str
    text_release: str
    shared_dim: int = 256
    hidden_dim: int = 512
    vocabulary: tuple[str, ...] = ()  # words with a vector of their own
    # Kind of value → those that titles are asked about: colour → (black, navy blue, …).
    values: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: dict.fromkeys(KINDS, ()))
    # Chosen from the valid split by `calibration`; over FEATURES, then the constant.
    weights: tuple[float, ...] = (0.0,) * (len(FEATURES) + 1)
    slopes: tuple[float, float, float] = (1.0, 1.0, 0.0)  # of log-odds under 0, over 0, constant
    hard_share: float = 0.0  # of the wrong titles that all these were fitted to
    match_below: float = 0.5  # at or under this score the verdict is "match"
    mismatch_above: float = 0.5  # at or over this score the verdict is "mismatch"
    # Category's name in lower case → its own (match_below, mismatch_above).
    category_thresholds: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    decision: float = 0.5  # where a yes-or-no answer is right most often
    # Over OUTLIER_FEATURES, then the constant; and where a photo is called another thing's.
    outlier_weights: tuple[float, ...] = (0.0,) * (len(OUTLIER_FEATURES) + 1)
    outlier_above: float = 1.0
    trained_on: tuple[str, ...] = ()  # sources whose train split was seen

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> MismatchConfig:
        """Read what `asdict` wrote; raises KeyError on a field that is missing."""
        named = {one.name: values[one.name] for one in fields(cls)}
        lists = ("weights", "slopes", "outlier_weights", "trained_on", "vocabulary")
        groups = ("values", "category_thresholds")
        return cls(
            **named
            | {name: tuple(named[name]) for name in lists}
            | {name: {k: tuple(v) for k, v in named[name].items()} for name in groups}
        )

    def thresholds(self, category: Sequence[str] = ()) -> tuple[float, float]:
        """(match_below, mismatch_above) of the deepest name in the path that has its own."""
        for name in reversed(category):
            if name.lower() in self.category_thresholds:
                return self.category_thresholds[name.lower()]
        return self.match_below, self.mismatch_above

    @property
    def known_values(self) -> KnownValues:
        return KnownValues(self.values)

    @property
    def value_sizes(self) -> tuple[int, ...]:
        """How many values each kind has."""
        return tuple(len(values) for values in self.values.values())


class MismatchHeads(nn.Module):
    """Encoder rows to unit rows of the shared space."""

    def __init__(self, config: MismatchConfig, dropout: float = 0.0) -> None:
        super().__init__()
        self.image = Head(config.image_dim, config.hidden_dim, config.shared_dim, dropout)
        self.text = TitleHead(
            config.text_dim, config.hidden_dim, config.shared_dim, dropout, len(config.vocabulary)
        )
        self.values = ValueHead(
            config.shared_dim, config.hidden_dim // 2, config.value_sizes, dropout
        )
        self.log_scale = nn.Parameter(torch.tensor(math.log(15.0)))

    def scale(self) -> Tensor:
        """The inverse temperature of the training, bounded so that no single title rules it."""
        return self.log_scale.exp().clamp(max=40)


@dataclass(frozen=True)
class TitleRows:
    """Titles as they are judged: unit rows of the shared space, and the values that they state."""

    vectors: NDArray[np.float32]  # (n, shared_dim)
    stated: NDArray[np.int64]  # (n, kinds) into the values of each kind, or NOT_STATED

    def take(self, rows: NDArray[np.int64]) -> TitleRows:
        return TitleRows(self.vectors[rows], self.stated[rows])


def pair_features(
    photos: NDArray[np.float32],
    titles: TitleRows,
    anchors: tuple[NDArray[np.float32], NDArray[np.float32]],
    log_probabilities: NDArray[np.float32],
    value_sizes: Sequence[int],
) -> NDArray[np.float64]:
    """FEATURES (n, f) of photo rows (n, d) beside titles.

    `anchors` are unit rows (a, d) of photos and of titles; `log_probabilities` (n, v) are what a
    ValueHead makes of the photos.
    """
    cosine = (photos * titles.vectors).sum(axis=1)
    others = [_nearness(photos, anchors[1]), _nearness(titles.vectors, anchors[0])]
    relative = cosine[:, None] - np.stack(others, axis=1)
    stated = value_features(log_probabilities, titles.stated, value_sizes)
    return np.column_stack([cosine, relative, stated]).astype(np.float64)


def mismatch_logits(
    features: NDArray[np.float64], weights: tuple[float, ...]
) -> NDArray[np.float64]:
    """Log-odds (n,) of a mismatch."""
    logits: NDArray[np.float64] = features @ np.array(weights[:-1]) + weights[-1]
    return logits


def calibrated(
    logits: NDArray[np.float64], slopes: tuple[float, float, float]
) -> NDArray[np.float64]:
    """Log-odds (n,) stretched by a slope on either side of 0, and shifted.

    A linear model of such evidence is too timid where all of it agrees.
    """
    stretched: NDArray[np.float64] = two_sided(logits) @ np.array(slopes[:2]) + slopes[2]
    return stretched


def two_sided(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n, 2): what of each log-odds is under 0, and what is over."""
    return np.column_stack([np.minimum(logits, 0), np.maximum(logits, 0)])


def _nearness(rows: NDArray[np.float32], anchors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Mean cosine (n,) to the nearest anchors."""
    count = min(NEAR_ANCHORS, len(anchors))
    cosines = rows @ anchors.T  # (n, a)
    nearest = np.partition(cosines, len(anchors) - count, axis=1)[:, -count:]
    return np.asarray(nearest.mean(axis=1), dtype=np.float32)
