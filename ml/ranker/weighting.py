"""How loudly an act speaks in the loss, and the four ways of learning that the seed compares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from .labels import relevances
from .model import LEVELS, Gain, RankerConfig, RankingData, Row, Scheme

# Tuned by the seed on its own log; where our tuning starts.
SEED_WEIGHTS = {"watch": 6.0, "cart": 15.0, "offer": 38.0, "buy_now": 8.0, "purchase": 15.0}
CLICK_AND_PURCHASE_WEIGHTS = {"purchase": 150.0}


@dataclass(frozen=True)
class Arm:
    """One way to learn from the same log."""

    name: str
    scheme: Scheme
    weights: Mapping[str, float] = field(default_factory=dict)

    def of(self, config: RankerConfig) -> RankerConfig:
        return replace(config, scheme=self.scheme, weights=self.weights)


ARMS = (
    Arm("binary purchase", Scheme.PURCHASE),
    Arm("click and purchase", Scheme.CLICK, CLICK_AND_PURCHASE_WEIGHTS),
    Arm("multi-relevance without weights", Scheme.MULTI),
    Arm("multi-relevance, the seed's weights", Scheme.MULTI, SEED_WEIGHTS),
)


def row_weights(data: RankingData, config: RankerConfig) -> Row:
    """What the loss multiplies each row's gradient with, (n,): its label's weight times its inverse
    propensity."""
    of_level = np.array([config.weights.get(level, 1.0) for level in LEVELS])
    weights: Row = of_level[data.labels]
    return weights if data.weights is None else weights * data.weights


def gains(relevance: int, gain: Gain) -> list[float]:
    """Of every relevance from 0 up to this one."""
    steps = range(relevance + 1)
    return [float(2**step - 1 if gain == Gain.EXPONENTIAL else step) for step in steps]


def graded_gains(data: RankingData, config: RankerConfig) -> Row:
    """Of each row, linear in the place of its label on the whole scale: what ndcg is judged by,
    whatever scheme was learnt."""
    whole = replace(config, scheme=Scheme.MULTI)
    return relevances(data.labels, whole).astype(np.float64)
