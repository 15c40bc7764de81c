"""The training loop that every torch model shares: seed, batches, early stop, progress."""

from __future__ import annotations

import copy
import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from tqdm import tqdm


class FitError(Exception):
    """Training produced something that must not be saved."""


@dataclass(frozen=True)
class FitConfig:
    epochs: int
    batch_size: int
    learning_rate: float
    weight_decay: float = 1e-4
    warmup: float = 0.05  # share of all steps
    patience: int = 10  # epochs without a better validation score before stopping
    gradient_norm: float = 1.0
    seed: int = 0


@dataclass(frozen=True)
class FitResult:
    best_epoch: int
    best_score: float
    history: list[dict[str, float]]


def seed_everything(seed: int) -> None:
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)


def batches(
    count: int, size: int, generator: np.random.Generator
) -> Iterator[np.ndarray[Any, Any]]:
    """Shuffled index batches; a short last one is dropped: in-batch negatives need peers."""
    order = generator.permutation(count)
    stop = count - size + 1 if count >= size else 1
    for start in range(0, stop, size):
        yield order[start : start + size]


def fit_module(
    module: torch.nn.Module,
    *,
    count: int,
    loss_of: Callable[[np.ndarray[Any, Any]], torch.Tensor],
    score: Callable[[], float],
    config: FitConfig,
    label: str,
) -> FitResult:
    """Train `module` in place and leave it at its best validation epoch.

    `loss_of` takes the indices of a batch and returns a scalar; `score` is the validation metric,
    higher is better. AdamW, linear warm-up then cosine decay to zero. Raises FitError on a
    non-finite loss, naming epoch and step.
    """
    seed_everything(config.seed)
    generator = np.random.default_rng(config.seed)
    trainable = [parameter for parameter in module.parameters() if parameter.requires_grad]
    optimiser = torch.optim.AdamW(
        trainable, lr=config.learning_rate, weight_decay=config.weight_decay
    )
    steps = config.epochs * max(1, count // config.batch_size)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, _warmup_cosine(steps, config.warmup))
    best_score, best_epoch, best_state = -math.inf, -1, copy.deepcopy(module.state_dict())
    history: list[dict[str, float]] = []
    for epoch in range(config.epochs):
        module.train()
        losses = []
        progress = tqdm(
            batches(count, config.batch_size, generator),
            total=max(1, count // config.batch_size),
            desc=f"{label} {epoch + 1}/{config.epochs}",
            mininterval=5,
        )
        for step, batch in enumerate(progress):
            loss = loss_of(batch)
            if not torch.isfinite(loss):
                raise FitError(f"{label}: loss is {loss.item()} at epoch {epoch + 1}, step {step}")
            optimiser.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(trainable, config.gradient_norm)
            optimiser.step()
            schedule.step()
            losses.append(loss.item())
        module.eval()
        with torch.inference_mode():
            reached = score()
        history.append({"epoch": epoch + 1, "loss": float(np.mean(losses)), "score": reached})
        loss_now = history[-1]["loss"]
        tqdm.write(f"{label} epoch {epoch + 1}: loss {loss_now:.4f}, score {reached:.4f}")
        if reached > best_score:
            best_score, best_epoch = reached, epoch
            best_state = copy.deepcopy(module.state_dict())
        elif epoch - best_epoch >= config.patience:
            break
    module.load_state_dict(best_state)
    return FitResult(best_epoch + 1, best_score, history)


def _warmup_cosine(steps: int, warmup: float) -> Callable[[int], float]:
    warm = max(1, int(steps * warmup))

    def factor(step: int) -> float:
        if step < warm:
            return (step + 1) / warm
        done = (step - warm) / max(1, steps - warm)
        return 0.5 * (1 + math.cos(math.pi * min(1.0, done)))

    return factor
