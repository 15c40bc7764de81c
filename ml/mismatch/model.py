"""Two small heads that bring photos and titles into one space, and what is measured there.

The heads are trained with InfoNCE as CLIP's (Radford et al. 2021). A cosine alone is a poor
evidence: some photos are near to every title. So it is also taken relative to how near photo and
title are to what else there is, as CSLS does (Conneau et al. 2018), with fixed anchors in place of
neighbours.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ml.encoders.heads import Head, TitleHead

KIND = "mismatch"
FORMAT_VERSION = 2
NEAR_ANCHORS = 8  # how many of the nearest anchors "what else there is" means
FEATURES = ("cosine", "over_photo_anchors", "over_title_anchors")


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
    # Kind of value → the values compared with each other, such as colour → (black, navy blue, …).
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    # Chosen from the valid split by `threshold`; over FEATURES, then the constant.
    weights: tuple[float, ...] = (0.0,) * (len(FEATURES) + 1)
    match_below: float = 0.5  # at or under this score the verdict is "match"
    mismatch_above: float = 0.5  # at or over this score the verdict is "mismatch"
    decision: float = 0.5  # where a yes-or-no answer is right most often
    trained_on: tuple[str, ...] = ()  # sources whose train split was seen

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> MismatchConfig:
        """Read what `asdict` wrote; raises KeyError on a field that is missing."""
        named = {one.name: values[one.name] for one in fields(cls)}
        lists = {name: tuple(named[name]) for name in ("weights", "trained_on", "vocabulary")}
        groups = {kind: tuple(values) for kind, values in named["values"].items()}
        return cls(**named | lists | {"values": groups})


class MismatchHeads(nn.Module):
    """Encoder rows to unit rows of the shared space."""

    def __init__(self, config: MismatchConfig, dropout: float = 0.0) -> None:
        super().__init__()
        self.image = Head(config.image_dim, config.hidden_dim, config.shared_dim, dropout)
        self.text = TitleHead(
            config.text_dim, config.hidden_dim, config.shared_dim, dropout, len(config.vocabulary)
        )
        self.log_scale = nn.Parameter(torch.tensor(math.log(15.0)))

    def scale(self) -> Tensor:
        """The inverse temperature of the training, bounded so that no single title rules it."""
        return self.log_scale.exp().clamp(max=40)


def pair_features(
    photos: NDArray[np.float32],
    titles: NDArray[np.float32],
    photo_anchors: NDArray[np.float32],
    title_anchors: NDArray[np.float32],
) -> NDArray[np.float64]:
    """FEATURES (n, 3) of photo rows (n, d) beside title rows (n, d); anchors (a, d), all unit."""
    cosine = (photos * titles).sum(axis=1)
    others = np.stack([_nearness(photos, title_anchors), _nearness(titles, photo_anchors)], axis=1)
    return np.column_stack([cosine, cosine[:, None] - others]).astype(np.float64)


def mismatch_logits(
    features: NDArray[np.float64], weights: tuple[float, ...]
) -> NDArray[np.float64]:
    """Log-odds (n,) of a mismatch."""
    logits: NDArray[np.float64] = features @ np.array(weights[:-1]) + weights[-1]
    return logits


def _nearness(rows: NDArray[np.float32], anchors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Mean cosine (n,) to the nearest anchors."""
    count = min(NEAR_ANCHORS, len(anchors))
    cosines = rows @ anchors.T  # (n, a)
    nearest = np.partition(cosines, len(anchors) - count, axis=1)[:, -count:]
    return np.asarray(nearest.mean(axis=1), dtype=np.float32)
