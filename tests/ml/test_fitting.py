"""The shared training loop learns, stops early, keeps its best epoch, and refuses nonsense."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from ml.fitting import FitConfig, FitError, batches, fit_module


def config(**changes) -> FitConfig:
    values = {"epochs": 30, "batch_size": 16, "learning_rate": 0.1, "weight_decay": 0.0}
    return FitConfig(**values | changes)


class Line:
    """Data on y = 3x - 1, a linear model, and its loss."""

    def __init__(self) -> None:
        torch.manual_seed(0)
        self.x = torch.linspace(-1, 1, 128)[:, None]
        self.y = 3 * self.x - 1
        self.model = torch.nn.Linear(1, 1)

    def loss_of(self, batch: np.ndarray) -> torch.Tensor:
        return (self.model(self.x[batch]) - self.y[batch]).pow(2).mean()

    def score(self) -> float:
        return -float((self.model(self.x) - self.y).pow(2).mean())

    def fit(self, **changes):
        return fit_module(
            self.model,
            count=len(self.x),
            loss_of=changes.pop("loss_of", self.loss_of),
            score=changes.pop("score", self.score),
            config=config(**changes),
            label="line",
        )


def test_a_line_is_learnt():
    line = Line()
    result = line.fit()
    assert line.model.weight.item() == pytest.approx(3, abs=0.05)
    assert line.model.bias.item() == pytest.approx(-1, abs=0.05)
    assert result.history[-1]["loss"] < result.history[0]["loss"]


def test_equal_seeds_give_equal_weights_and_others_do_not():
    weights = []
    for seed in (1, 1, 2):
        line = Line()
        line.fit(epochs=2, seed=seed)
        weights.append(line.model.weight.item())
    assert weights[0] == weights[1] != weights[2]


def test_the_best_epoch_is_what_remains():
    line = Line()
    scores = iter([0.2, 0.9, 0.4, 0.3])
    seen = []

    def score() -> float:
        seen.append(line.model.weight.item())
        return next(scores)

    result = line.fit(epochs=4, score=score)
    assert (result.best_epoch, result.best_score) == (2, 0.9)
    assert line.model.weight.item() == seen[1] != seen[3]


def test_it_stops_when_patience_runs_out():
    result = Line().fit(epochs=20, patience=3, score=lambda: 0.5)
    assert len(result.history) == 4 and result.best_epoch == 1


def test_a_loss_that_is_not_finite_names_epoch_and_step():
    line = Line()
    with pytest.raises(FitError, match="loss is nan at epoch 1, step 0"):
        line.fit(loss_of=lambda batch: line.loss_of(batch) * float("nan"))


def test_frozen_parameters_stay():
    line = Line()
    line.model.bias.requires_grad_(False)
    before = line.model.bias.item()
    line.fit(epochs=3)
    assert line.model.bias.item() == before


def test_the_score_is_taken_in_evaluation_mode():
    line = Line()
    modes = []
    line.fit(epochs=2, score=lambda: modes.append(line.model.training) or 0.0)
    assert modes == [False, False]


def test_batches_visit_every_index_once_and_drop_a_short_rest():
    found = list(batches(10, 3, np.random.default_rng(0)))
    assert [len(batch) for batch in found] == [3, 3, 3]
    assert len(set(np.concatenate(found).tolist())) == 9


def test_fewer_samples_than_a_batch_make_one_batch():
    (only,) = batches(3, 8, np.random.default_rng(0))
    assert sorted(only.tolist()) == [0, 1, 2]
