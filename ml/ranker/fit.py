"""Learn to rank: lambdarank over strips, each row as loud as its act and its inverse propensity.

Everything is seeded and runs on one thread: the same log gives the same trees. Where there are
strips of a later time, boosting ends where their purchases stood highest.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tqdm import tqdm

from ml.artefacts import Artefact, save_artefact

from .checking import column_report, monotone_report
from .evaluate import mean_purchase_rank
from .labels import most_relevance, relevances
from .model import (
    FORMAT_VERSION,
    KIND,
    MODEL_FILE,
    PURCHASE,
    RankerConfig,
    RankerError,
    RankingData,
    Row,
)
from .predict import Ranker
from .weighting import gains, row_weights

if TYPE_CHECKING:
    import lightgbm

PURCHASE_RANK = "purchase_rank"


def fit(
    data: RankingData,
    config: RankerConfig,
    validation: RankingData | None = None,
    *,
    quiet: bool = False,
) -> tuple[Ranker, dict[str, Any]]:
    """The ranker, and what metrics.json says of how it was made.

    `validation` decides how many trees there are. Raises RankerError where nothing was bought in
    either, or nothing tells one row of a strip from another.
    """
    booster, curve = boosted(data, config, validation, quiet=quiet)
    rounds = booster.best_iteration or booster.current_iteration()
    text = booster.model_to_string(num_iteration=rounds, importance_type="gain")
    ranker = Ranker(config, text)
    return ranker, {
        "rounds": rounds,
        "groups": len(data.groups),
        "rows": len(data),
        "purchases": int((data.labels == PURCHASE).sum()),
        "validation_purchase_rank": min(curve, default=None),
        "columns": column_report(ranker, data, booster.feature_importance("gain", rounds)),
        "monotone": monotone_report(ranker, data),
    }


def save_ranker(
    ranker: Ranker,
    folder: Path,
    *,
    metrics: Mapping[str, Any],
    card: str,
    trained: Mapping[str, Any] | None = None,
) -> Artefact:
    """`trained` goes into config.json: what serving needs to know of the data (drift.py)."""
    with tempfile.TemporaryDirectory() as draft:
        trees = Path(draft) / MODEL_FILE
        trees.write_text(ranker.text)
        return save_artefact(
            folder,
            kind=KIND,
            format_version=FORMAT_VERSION,
            config={"config": ranker.config.as_json(), "trained": dict(trained or {})},
            tensors={},
            metrics=metrics,
            card=card,
            files=[trees],
        )


def _check(data: RankingData, config: RankerConfig, which: str) -> None:
    if data.columns != config.columns:
        raise RankerError(f"{which} have other columns than the config")
    if not (data.labels == PURCHASE).any():
        raise RankerError(f"nothing was bought in {which}")
    if data.groups.max() < 2:
        raise RankerError(f"{which} have one place each: there is nothing to order")


def boosted(
    data: RankingData, config: RankerConfig, validation: RankingData | None, *, quiet: bool
) -> tuple[lightgbm.Booster, list[float]]:
    """The trees, and the validation's mean purchase rank after each. Raises RankerError."""
    import lightgbm

    _check(data, config, "the strips to learn from")
    if validation is not None:
        _check(validation, config, "the strips to validate with")
    learnt = _dataset(data, config)
    curve: list[float] = []

    def purchase_rank(scores: Row, _: lightgbm.Dataset) -> tuple[str, float, bool]:
        assert validation is not None
        curve.append(mean_purchase_rank(scores, validation))
        return PURCHASE_RANK, curve[-1], False

    with tqdm(total=config.rounds, desc="trees", disable=quiet, mininterval=2) as bar:
        callbacks: list[Any] = [lambda _: bar.update(1)]
        if validation is not None:
            callbacks.append(lightgbm.early_stopping(config.patience, verbose=False))
        booster = lightgbm.train(
            _parameters(config),
            learnt,
            num_boost_round=config.rounds,
            valid_sets=[] if validation is None else [_dataset(validation, config, learnt)],
            feval=None if validation is None else purchase_rank,
            callbacks=callbacks,
        )
    return booster, curve


def _dataset(
    data: RankingData, config: RankerConfig, reference: lightgbm.Dataset | None = None
) -> lightgbm.Dataset:
    import lightgbm

    return lightgbm.Dataset(
        data.matrix,
        label=relevances(data.labels, config),
        group=data.groups,
        weight=row_weights(data, config),
        feature_name=list(data.columns),
        categorical_feature=list(config.categories),
        reference=reference,
        params={"verbosity": -1},
    )


def _parameters(config: RankerConfig) -> dict[str, Any]:
    return {
        "objective": "lambdarank",
        "metric": "None",
        "label_gain": gains(most_relevance(config), config.gain),
        "lambdarank_truncation_level": config.truncation,
        "num_leaves": config.leaves,
        "learning_rate": config.learning_rate,
        "min_data_in_leaf": config.min_data,
        "lambda_l2": config.l2,
        "monotone_constraints": [config.monotone.get(name, 0) for name in config.columns],
        "monotone_constraints_method": "intermediate",
        "seed": config.seed,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": 1,
        "verbosity": -1,
    }
