"""Weights are tuned on later strips, beginning with the seed's."""

from dataclasses import replace

import numpy as np
import pytest

from ml.ranker.fit import fit
from ml.ranker.model import RankerConfig, RankerError
from ml.ranker.tuning import tune
from ml.ranker.weighting import SEED_WEIGHTS
from tests.ml.ranker.strips import COLUMNS, made_strips

CONFIG = RankerConfig(columns=COLUMNS, rounds=15, patience=5)


@pytest.fixture(scope="module")
def tuned():
    shares = []
    learnt, later = made_strips(200, seed=1), made_strips(200, seed=2)
    config, journal = tune(learnt, later, CONFIG, trials=5, progress=shares.append)
    return config, journal, shares, learnt, later


def test_the_first_trial_has_the_seeds_weights(tuned):
    _, journal, _, _, _ = tuned
    first = journal[0].told
    assert {level: first[f"weight_{level}"] for level in SEED_WEIGHTS} == SEED_WEIGHTS
    assert (first["leaves"], first["gain"]) == (CONFIG.leaves, CONFIG.gain)


def test_the_best_trials_config_is_the_answer_and_reaches_its_rank(tuned):
    config, journal, shares, learnt, later = tuned
    best = min(journal, key=lambda trial: trial.purchase_rank)
    _, metrics = fit(learnt, config, later, quiet=True)
    assert metrics["validation_purchase_rank"] == best.purchase_rank
    assert metrics["rounds"] == best.rounds
    assert shares == [0.2, 0.4, 0.6, 0.8, 1.0]


def test_the_same_strips_are_tuned_alike(tuned):
    config, journal, _, learnt, later = tuned
    again, other = tune(learnt, later, CONFIG, trials=5)
    assert (again, other) == (config, journal)


@pytest.mark.parametrize("part", [0, 1])
def test_strips_in_which_nothing_was_bought_choose_nothing(part):
    parts = [made_strips(50, seed=1), made_strips(50, seed=2)]
    parts[part] = replace(parts[part], labels=np.zeros_like(parts[part].labels))
    with pytest.raises(RankerError, match="nothing was bought"):
        tune(*parts, CONFIG, trials=1)
