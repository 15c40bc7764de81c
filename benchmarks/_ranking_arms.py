"""The arms of the ranking benchmark: ways to learn from one log, and what they are held against.

All have the same strips, candidates and columns. Weights and shapes of trees are chosen on the
validation's time alone; the test's is looked at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.ranker.evaluate import Judged, difference, judge, mean_purchase_rank
from ml.ranker.fit import fit
from ml.ranker.model import PURCHASE, Matrix, RankerConfig, RankingData, Scheme
from ml.ranker.tuning import Trial, tune
from ml.ranker.weighting import ARMS

Row = NDArray[np.float64]
Scorer = Callable[[Matrix], Row]

BINARY = ARMS[0].name
TUNED = "multi-relevance, tuned weights"
POINTWISE = "pointwise binary classifier"
ROUNDS, PATIENCE = 300, 30


@dataclass(frozen=True, eq=False)
class Periods:
    """One after the other in time. Of the validation, the strips in which something was bought."""

    train: RankingData
    validation: RankingData
    test: RankingData


def with_purchases(data: RankingData) -> RankingData:
    """The strips in which something was bought: all that a mean purchase rank looks at."""
    bought = np.bincount(data.group_of[data.labels == PURCHASE], minlength=len(data.groups)) > 0
    rows = bought[data.group_of]
    return RankingData(
        data.matrix[rows], data.labels[rows], data.groups[bought], None, data.columns
    )


def first_places(data: RankingData) -> RankingData:
    """As it is served: every thing as if it stood first."""
    matrix = data.matrix.copy()
    matrix[:, data.columns.index("position")] = 1
    return replace(data, matrix=matrix)


def learnt(periods: Periods, config: RankerConfig, tuned: RankerConfig) -> dict[str, Scorer]:
    """Every arm, fitted; the last is the pointwise classifier."""
    train, validation = periods.train, periods.validation
    configs = {arm.name: arm.of(config) for arm in ARMS} | {TUNED: tuned}
    arms: dict[str, Scorer] = {}
    for name, own in configs.items():
        ranker, _ = fit(train, own, validation, quiet=True)
        arms[name] = ranker.scores
    arms[POINTWISE] = pointwise(periods, config)
    return arms


def tuned_config(
    periods: Periods, config: RankerConfig, trials: int
) -> tuple[RankerConfig, list[Trial]]:
    """By optuna on the validation's strips; begins with the seed's weights."""
    start = replace(config, scheme=Scheme.MULTI)
    return tune(periods.train, periods.validation, start, trials=trials)


def pointwise(periods: Periods, config: RankerConfig) -> Scorer:
    """Purchase or not, place by place, with the same trees and the same way to stop."""
    import lightgbm

    train, validation = periods.train, periods.validation

    def rank(scores: Row, _: Any) -> tuple[str, float, bool]:
        return "purchase_rank", mean_purchase_rank(scores, validation), False

    data = lightgbm.Dataset(
        train.matrix,
        label=train.labels == PURCHASE,
        feature_name=list(config.columns),
        categorical_feature=list(config.categories),
        params={"verbosity": -1},
    )
    watched = lightgbm.Dataset(
        validation.matrix, label=validation.labels == PURCHASE, reference=data
    )
    booster = lightgbm.train(
        {
            "objective": "binary",
            "metric": "None",
            "num_leaves": config.leaves,
            "learning_rate": config.learning_rate,
            "min_data_in_leaf": config.min_data,
            "lambda_l2": config.l2,
            "seed": config.seed,
            "deterministic": True,
            "force_row_wise": True,
            "num_threads": 1,
            "verbosity": -1,
        },
        data,
        num_boost_round=config.rounds,
        valid_sets=[watched],
        feval=rank,
        callbacks=[lightgbm.early_stopping(config.patience, verbose=False)],
    )
    return lambda matrix: np.asarray(booster.predict(matrix), dtype=np.float64)


def bpr(
    pairs: Iterable[tuple[int, int]], people: int, things: int, *, seed: int = 0
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Factors of people and things from who did something with what (implicit's BPR)."""
    from implicit.bpr import BayesianPersonalizedRanking
    from scipy.sparse import coo_matrix

    who, what = np.array(sorted(set(pairs)), dtype=np.int64).T
    seen = coo_matrix((np.ones(len(who), np.float32), (who, what)), shape=(people, things))
    model = BayesianPersonalizedRanking(
        factors=64, iterations=100, learning_rate=0.05, num_threads=1, random_state=seed
    )
    model.fit(seen.tocsr(), show_progress=False)
    return np.asarray(model.user_factors), np.asarray(model.item_factors)


def judged(scores: Mapping[str, Row], data: RankingData, config: RankerConfig) -> dict[str, Judged]:
    return {name: judge(own, data, config) for name, own in scores.items()}


def pooled(runs: Sequence[Mapping[str, Judged]]) -> dict[str, Judged]:
    """Of several markets: their groups side by side."""
    return {
        name: Judged(
            {
                measure: np.concatenate([run[name].values[measure] for run in runs])
                for measure in runs[0][name].values
            }
        )
        for name in runs[0]
    }


def summary(arms: Mapping[str, Judged], baseline: str = BINARY) -> dict[str, dict[str, Any]]:
    """By arm and measure: mean, interval, groups, and the paired difference to the baseline."""
    found: dict[str, dict[str, Any]] = {}
    for name, own in arms.items():
        found[name] = own.summary()
        for measure in own.values:
            against = difference(own, arms[baseline], measure)
            found[name][measure] |= {
                "relative": against.relative,
                "relative_interval": list(against.relative_interval),
            }
    return found


def print_arms(title: str, found: Mapping[str, Mapping[str, Any]]) -> None:
    measures = [name for name in next(iter(found.values())) if name != "auc"]
    print(f"\n{title}")
    print(f"{'':<38}" + "".join(f"{_NAMES.get(name, name):>34}" for name in measures))
    for arm, own in found.items():
        print(f"{arm:<38}" + "".join(f"{_cell(own[name]):>34}" for name in measures))


_NAMES = {
    "purchase_rank": "purchase rank (lower is better)",
    "ndcg": "ndcg@10",
    "mrr": "MRR",
    "true_purchases": "true purchases a 1,000 strips",
}


def _cell(told: Mapping[str, Any]) -> str:
    low, high = told["relative_interval"]
    mean = told["mean"]
    shown = f"{mean:.3f}" if mean < 10 else f"{mean:.2f}"
    return f"{shown} {told['relative']:+.1%} [{low:+.1%}, {high:+.1%}]"
