"""The towers in torch, and the loss whose optimum is the log of the Ochiai cosine.

A batch holds pairs drawn by how often they were bought together, so its items are drawn with
p(b) = Σ_a n_ab / N. A softmax over the batch has its optimum where its logits are
log P(b|a) / p(b), up to a constant of the row (van den Oord et al. 2018). With the logits
f(a, b) + ½ log n_b - log p(b) that is f = log P(b|a) / √n_b; the same along the columns makes f
symmetric in its normalisation: f = log n_ab / √(n_a n_b) and one constant. What is popular is
neither pushed down as by pointwise mutual information nor up as by the bare conditional.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from ml.deeprecs.features import Bags
from ml.deeprecs.model import REC, SEED, DeepRecsConfig, Rows
from ml.deeprecs.pairs import Pairs
from ml.fitting import FitConfig


@dataclass(frozen=True)
class DeepRecsFitConfig:
    fit: FitConfig = field(
        default_factory=lambda: FitConfig(
            epochs=30, batch_size=512, learning_rate=2e-3, weight_decay=1e-2, patience=5
        )
    )
    dim: int = 64
    hidden_dim: int = 64
    feature_dropout: float = 0.3
    dropout: float = 0.2
    first_scale: float = 8.0
    least_items: int = 1  # of a feature that gets a row
    most_features: int = 30_000


class TorchTower(nn.Module):
    """`model.Tower` while it learns."""

    def __init__(self, config: DeepRecsConfig, features: int, dropout: float) -> None:
        super().__init__()
        shapes = config.shapes(features)
        deviations = {"table": config.dim**-0.5, "dense": config.dim**-0.5, "hidden": 0.1}
        self.parts = nn.ParameterDict(
            {
                name: nn.Parameter(torch.randn(shape) * deviations.get(name, 0.0))
                for name, shape in shapes.items()
            }
        )
        self.dropout = dropout

    def forward(self, bags: Bags, dense: Tensor, kept: Tensor | None = None) -> Tensor:
        """Unit rows (n, dim). `kept` (features,) weighs the features of the bags besides."""
        weights = torch.from_numpy(bags.weights)
        starts = torch.from_numpy(np.concatenate([[0], bags.ends[:-1]]))
        summed = F.embedding_bag(
            torch.from_numpy(bags.rows),
            self.parts["table"],
            starts,
            mode="sum",
            per_sample_weights=weights if kept is None else weights * kept,
        )  # (n, dim)
        summed = summed + dense @ self.parts["dense"]
        hidden = F.relu(summed @ self.parts["hidden"] + self.parts["hidden_bias"])
        hidden = F.dropout(hidden, self.dropout, self.training)
        return F.normalize(summed + hidden @ self.parts["out"], dim=1)


class DualEncoder(nn.Module):
    """Both towers and the scale of their cosine."""

    def __init__(
        self, config: DeepRecsConfig, features: int, dropout: float, first_scale: float
    ) -> None:
        super().__init__()
        self.towers = nn.ModuleDict(
            {side: TorchTower(config, features, dropout) for side in (SEED, REC)}
        )
        self.log_scale = nn.Parameter(torch.tensor(float(np.log(first_scale))))

    def tensors(self, side: str) -> dict[str, Rows]:
        """A tower's weights by name, copied."""
        named = self.towers[side].named_parameters()
        return {name.partition(".")[2]: part.detach().numpy().copy() for name, part in named}

    @property
    def scale(self) -> float:
        return float(self.log_scale.detach().exp())


class DeepRecsTraining:
    """The loss of a batch of observations: each a pair, as often as it was bought together."""

    def __init__(
        self,
        encoder: DualEncoder,
        bags: Bags,
        dense: Rows,
        pairs: Pairs,
        config: DeepRecsFitConfig,
    ) -> None:
        self.encoder, self.bags, self.config = encoder, bags, config
        self.dense = torch.from_numpy(dense)
        self.observed = np.repeat(np.arange(len(pairs)), pairs.counts)
        self.pairs = pairs
        items = len(pairs.item_counts)
        self.corrections = {
            side: torch.from_numpy(_correction(rows, pairs, items))
            for side, rows in ((SEED, pairs.seeds), (REC, pairs.recs))
        }
        self.generator = torch.Generator().manual_seed(config.fit.seed)

    def loss_of(self, batch: NDArray[np.int64]) -> Tensor:
        """Mean of the softmax along rows and along columns of all pairs of the batch."""
        chosen = self.observed[batch]
        seeds, recs = self.pairs.seeds[chosen], self.pairs.recs[chosen]
        scores = self._rows(SEED, seeds) @ self._rows(REC, recs).T  # (batch, batch)
        scores = scores * self.encoder.log_scale.exp()
        right = torch.arange(len(batch))
        along = F.cross_entropy(scores + self.corrections[REC][recs][None, :], right)
        across = F.cross_entropy(scores.T + self.corrections[SEED][seeds][None, :], right)
        return (along + across) / 2

    def _rows(self, side: str, items: NDArray[np.int64]) -> Tensor:
        bags = self.bags.of(items)
        kept = torch.rand(len(bags.rows), generator=self.generator) >= self.config.feature_dropout
        dense = self.dense[torch.from_numpy(items)]
        rows: Tensor = self.encoder.towers[side](
            bags, dense, kept.float() / (1 - self.config.feature_dropout)
        )
        return rows


def _correction(rows: NDArray[np.int64], pairs: Pairs, items: int) -> NDArray[np.float32]:
    """½ log n - log p of every item (items,), p being how it is drawn on this side."""
    drawn = np.bincount(rows, weights=pairs.counts, minlength=items) / max(1, pairs.counts.sum())
    counts = np.maximum(pairs.item_counts, 1)
    logs = np.log(counts) / 2 - np.log(np.maximum(drawn, 1e-12))
    return np.where(drawn > 0, logs, 0).astype(np.float32)
