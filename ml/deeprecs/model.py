"""Two towers that are not shared: how an item is read as the seed, and how as what goes with it.

    x = Σ weight · table[feature] + dense · W        a bag of hashed words, and a vector if any
    h = x + relu(x · A + a) · B                      one hidden layer beside the bag
    score(seed, rec) = scale · cos(h_seed, h_rec) + popularity_weight · log(1 + n_rec)

The optimum of its first term is the logarithm of the Ochiai cosine, up to a constant (training.py).
This file is numpy: what serves answers without torch. `training.py` has the same pass in torch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.deeprecs.features import FIELDS, Bags

FORMAT_VERSION = 1
SEED, REC = "seed", "rec"
PARTS = ("table", "dense", "hidden", "hidden_bias", "out")

Rows = NDArray[np.float32]


@dataclass(frozen=True)
class DeepRecsConfig:
    """Everything but the weights. `name` is the artefact's kind: one architecture, two models.

    `dense_release` names the model whose item vectors (dense_dim,) are read beside the words;
    vectors of another mean nothing here.
    """

    name: str = "deeprecs"
    dim: int = 64
    hidden_dim: int = 64
    fields: tuple[str, ...] = FIELDS
    dense_dim: int = 0
    dense_release: str = ""
    scale: float = 1.0
    # Chosen on held-out seeds: 0 ranks by the Ochiai cosine, ½ by the conditional probability.
    popularity_weight: float = 0.0
    trained_on: tuple[str, ...] = ()

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> DeepRecsConfig:
        """Read what `asdict` wrote; raises KeyError on a field that is missing."""
        named = {one.name: values[one.name] for one in fields(cls)}
        lists = {name: tuple(named[name]) for name in ("fields", "trained_on")}
        return cls(**named | lists)

    def shapes(self, features: int) -> dict[str, tuple[int, ...]]:
        """Of one tower's tensors for so many features."""
        return {
            "table": (features, self.dim),
            "dense": (self.dense_dim, self.dim),
            "hidden": (self.dim, self.hidden_dim),
            "hidden_bias": (self.hidden_dim,),
            "out": (self.hidden_dim, self.dim),
        }


@dataclass(frozen=True)
class Tower:
    """The weights of one side, by the names of PARTS."""

    tensors: Mapping[str, Rows]

    def __call__(self, bags: Bags, dense: Rows | None) -> Rows:
        """Unit rows (n, dim); zero for an item of which nothing is known."""
        summed = bag_sums(self.tensors["table"], bags)  # (n, dim)
        if dense is not None and dense.shape[1]:
            summed = summed + dense @ self.tensors["dense"]
        hidden = np.maximum(summed @ self.tensors["hidden"] + self.tensors["hidden_bias"], 0)
        known = summed.any(axis=1, keepdims=True)
        rows = (summed + hidden @ self.tensors["out"]) * known
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        unit: Rows = (rows / np.maximum(lengths, 1e-12)).astype(np.float32)
        return unit


def bag_sums(table: Rows, bags: Bags) -> Rows:
    """Weighted sums (n, dim) of each item's table rows; zero for an empty bag."""
    sums = np.zeros((len(bags), table.shape[1]), np.float32)
    lengths = np.diff(bags.ends, prepend=0)
    filled = np.flatnonzero(lengths)
    if len(filled):
        weighted = table[bags.rows] * bags.weights[:, None]  # (features, dim)
        sums[filled] = np.add.reduceat(weighted, (bags.ends - lengths)[filled], axis=0)
    return sums
