"""Choose sample weights and the shape of trees on strips of a later time, as the seed did.

The first trial has the seed's weights; then a seeded TPE looks on. What is judged is where that
time's purchases stand on average.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from .fit import boosted
from .model import Gain, RankerConfig, RankingData
from .weighting import SEED_WEIGHTS

if TYPE_CHECKING:
    import optuna

Progress = Callable[[float], None]
LEAST_TRIALS = 25
WEIGHTS = (1.0, 100.0)
# No more leaves than are served in time: a thousand rows in a few milliseconds (model.py, rounds).
LEAVES, LEARNING_RATE, MIN_DATA = (7, 31), (0.04, 0.25), (10, 200)


@dataclass(frozen=True)
class Trial:
    """`purchase_rank` is the mean on the validation's strips; lower is better."""

    number: int
    purchase_rank: float
    rounds: int
    told: dict[str, Any]

    def as_json(self) -> dict[str, Any]:
        return {
            "number": self.number,
            "purchase_rank": self.purchase_rank,
            "rounds": self.rounds,
            **self.told,
        }


def tune(
    data: RankingData,
    validation: RankingData,
    config: RankerConfig,
    *,
    trials: int = LEAST_TRIALS,
    progress: Progress = lambda share: None,
) -> tuple[RankerConfig, list[Trial]]:
    """The best config, and every trial in its turn; the first trial is `config` with the seed's
    weights. Raises RankerError as `fit` does."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=config.seed))
    study.enqueue_trial(_start(config))
    journal: list[Trial] = []

    def judge(trial: optuna.Trial) -> float:
        tried = _suggested(trial, config)
        _, curve = boosted(data, tried, validation, quiet=True)
        best = min(curve)
        told = dict(sorted(trial.params.items()))
        journal.append(Trial(trial.number, best, curve.index(best) + 1, told))
        progress(len(journal) / trials)
        return best

    study.optimize(judge, n_trials=trials)
    return _suggested(study.best_trial, config), journal


def _start(config: RankerConfig) -> dict[str, Any]:
    weights = {f"weight_{level}": weight for level, weight in SEED_WEIGHTS.items()}
    return weights | {
        "gain": config.gain.value,
        "leaves": config.leaves,
        "learning_rate": config.learning_rate,
        "min_data": config.min_data,
    }


def _suggested(
    trial: optuna.Trial | optuna.trial.FrozenTrial, config: RankerConfig
) -> RankerConfig:
    weights = {
        level: trial.suggest_float(f"weight_{level}", *WEIGHTS, log=True) for level in SEED_WEIGHTS
    }
    rate = trial.suggest_float("learning_rate", *LEARNING_RATE, log=True)
    return replace(
        config,
        weights={level: _rounded(weight) for level, weight in weights.items()},
        gain=Gain(trial.suggest_categorical("gain", [each.value for each in Gain])),
        leaves=trial.suggest_int("leaves", *LEAVES, log=True),
        learning_rate=_rounded(rate),
        min_data=trial.suggest_int("min_data", *MIN_DATA, log=True),
    )


def _rounded(value: float) -> float:
    """Three figures: more would only look like knowledge."""
    return round(value, 2 - math.floor(math.log10(value)))
