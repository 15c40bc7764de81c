"""Ways to keep a thing's place out of its score, on the simulated market where the bias is known.

All learn from the same strips, with the seed's weights. The column of the place takes the bias into
a column that is the first place for all when served; inverse propensities weigh what was acted on
by how seldom eyes get so far, as estimated from the strips' own exploration: what was put into a
place by chance is opened there as often as the place is seen.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from _ranking_arms import Row, first_places, judged, print_arms, summary
from _ranking_compared import (
    LISTS,
    QUICK_LISTS,
    TRUTH,
    Study,
    last_study,
    true_purchases,
    whole_lists,
)
from _ranking_market import CHOOSE_FROM, LEARN_FROM, Market
from sklearn.isotonic import IsotonicRegression

from listing_assistant.demo.similar import EXPLORED, PLACES, examination
from ml.ranker.evaluate import Judged
from ml.ranker.fit import fit
from ml.ranker.model import NONE, RankingData
from ml.ranker.weighting import ARMS

NEITHER, COLUMN, WEIGHTS = "neither", "column of the place", "inverse propensities"
# What inverse propensities may rise to; the rare would drown the rest.
MOST_WEIGHT = 10.0


def print_position(quick: bool) -> dict[str, Any]:
    own = last_study(quick)
    lists = whole_lists(own, QUICK_LISTS if quick else LISTS)
    seen = estimated_examination(own.market)
    config = ARMS[-1].of(own.config)
    validation, test = own.periods.validation, own.periods.test
    runs: dict[str, Judged] = {}
    for name, data in _ways(own, seen).items():
        ranker, _ = fit(data, config, validation, quiet=True)
        found = judged({name: ranker.scores(test.matrix)}, test, own.config)[name]
        truth = true_purchases(ranker.scores(lists.matrix), lists)
        runs[name] = Judged({**found.values, TRUTH: truth})
    figures = summary(runs, baseline=NEITHER)
    print_arms("The place, kept out of the score (beside neither)", figures)
    known = [examination(place) for place in range(1, PLACES + 1)]
    print("eyes get so far: " + " ".join(f"{each:.2f}" for each in known))
    print("  as estimated:  " + " ".join(f"{each:.2f}" for each in seen))
    return {"arms": figures, "examination": known, "estimated": seen.tolist()}


def estimated_examination(market: Market) -> Row:
    """(PLACES,) beside the first, from what stood where it did by chance alone."""
    places, propensities, opened = market.places(LEARN_FROM, CHOOSE_FROM)
    # Any that is left has the same propensity; the best of those left far more.
    by_chance = propensities <= EXPLORED
    shown = np.bincount(places[by_chance], minlength=PLACES + 1)[1:]
    clicks = np.bincount(places[by_chance & opened], minlength=PLACES + 1)[1:]
    rates = (clicks + 0.5) / (shown + 1)
    # Nobody's eyes come back up: what chance says else is levelled out.
    level = IsotonicRegression(increasing=False)
    falling = level.fit_transform(np.arange(PLACES), rates, sample_weight=shown)
    beside_first: Row = falling / falling[0]
    return beside_first


def _ways(own: Study, seen: Row) -> dict[str, RankingData]:
    placed = own.train.data
    blind = first_places(placed)
    inverse = np.minimum(1 / seen[own.train.positions - 1], MOST_WEIGHT)
    weights = np.where(placed.labels == NONE, 1.0, inverse)
    return {
        NEITHER: blind,
        COLUMN: placed,
        WEIGHTS: replace(blind, weights=weights),
        f"{COLUMN} and weights": replace(placed, weights=weights),
    }
