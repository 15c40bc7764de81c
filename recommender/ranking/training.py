"""A marketplace's log to a ranker.

1  read what was seen and done, as the ranker saw it (dataset.py)
2  cut it by time: strips to learn from, to choose by, to judge by
3  order the labels by what led to purchases in the first part
4  tune weights and trees on the second, then learn from both with as many trees as were best
5  judge on the third, beside the release in service, likeness and popularity
6  save with the distribution of its columns, register as a candidate
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, timedelta
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import numpy as np
from django.utils import timezone

from recommender import policy
from recommender.features import COLUMNS, FIRST_PLACE, NAMES
from recommender.items.columns import FORMATS
from recommender.models import ModelRelease
from recommender.ranking import inference
from recommender.ranking.dataset import LoggedStrip, Read, read_log
from recommender.ranking.inference import KIND, RankerUnavailableError
from recommender.ranking.seen import SeenStrip
from recommender.releases.services import register
from recommender.releases.training import TrainingError, new_folder

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ml.ranker.model import RankerConfig, RankingData
    from ml.ranker.predict import Ranker
    from ml.ranker.tuning import Trial

    Scores = NDArray[np.float64]

Progress = Callable[[float, str], None]
POSITION = "position"
# Numbers that mean something on this site alone: a ranker that is made for others learns none.
SITES_OWN = ("department",)
IN_SERVICE = "in service"
SIMULATED = (
    "Acts of the demo's simulated people: made up, by rules that are in the code; no real people."
)
MARKETPLACE = "Acts of this marketplace's people with the strips that they were shown."


@dataclass(frozen=True)
class Parts:
    """By time. `learnt` and `validation` have the places where things stood, of which a ranker
    learns; the test's are as served."""

    learnt: RankingData
    validation: RankingData
    test: RankingData
    config: RankerConfig
    told: dict[str, Any]


def train(
    *,
    days: int,
    trials: int,
    progress: Progress,
    source: str = MARKETPLACE,
    command: str = "",
    for_others: bool = False,
) -> ModelRelease:
    """A candidate; `for_others` learns nothing of SITES_OWN. Raises TrainingError where too little
    was seen or bought."""
    from ml.ranker.card import write_card
    from ml.ranker.fit import save_ranker

    parts = read_parts(days, lambda share: progress(0.4 * share, "reading the log"))
    unknown = SITES_OWN if for_others else ()
    parts = _without(parts, unknown)
    ranker, metrics = _fitted(parts, trials, lambda share: progress(0.4 + 0.5 * share, "tuning"))
    progress(0.95, "judging")
    metrics |= parts.told | {"test": _judged(ranker, parts)}
    card = write_card(ranker.config, metrics, source=source, command=command)
    folder = new_folder(KIND) / KIND
    save_ranker(
        ranker, folder, metrics=metrics, card=card, trained=_trained(ranker, parts, unknown)
    )
    return register(kind=KIND, folder=folder)


def read_parts(days: int, progress: Callable[[float], None] = lambda share: None) -> Parts:
    """The last whole days of which it is known what came of them. Raises TrainingError."""
    from ml.ranker.labels import conversions, order_by_conversion, shares_of
    from ml.ranker.model import RankerConfig

    first, last = days_to_learn_from(days)
    read = log_of(first, last, progress=progress)
    strips = read.strips
    if len(strips) < policy.LEAST_STRIPS_LEARNT:
        raise TrainingError(
            f"People did something in {len(strips)} of the {read.seen} strips that they saw from"
            f" {first} to {last}; {policy.LEAST_STRIPS_LEARNT} are needed. Learn from more days"
            " (--days), or wait for more visitors."
        )
    second, third = _cuts(len(strips))
    masks = np.concatenate([_masks(strip) for strip in strips[:second]])
    order = order_by_conversion(conversions(masks))
    cut = [strips[:second], strips[second:third], strips[third:]]
    learnt, validation, test = (_data(part, order) for part in cut)
    config = RankerConfig(
        columns=NAMES,
        order=order,
        categories=tuple(column.name for column in COLUMNS if column.is_category),
        monotone={column.name: column.monotone for column in COLUMNS if column.monotone},
    )
    told = {
        "strips_seen": read.seen,
        "days": [[str(part[0].shown_on), str(part[-1].shown_on)] for part in cut],
        "label_shares": shares_of(conversions(masks)),
        "label_order": list(order),
    }
    parts = Parts(learnt, validation, _as_served(test), config, told)
    _check(parts)
    return parts


def log_of(
    first: date,
    last: date,
    *,
    progress: Callable[[float], None] = lambda share: None,
    wanted: Callable[[SeenStrip], bool] = attrgetter("is_acted_on"),
) -> Read:
    """As `read_log`. Raises TrainingError where vectors are missing and cannot be made."""
    from ml.artefacts import ArtefactError

    try:
        return read_log(first, last, progress=progress, wanted=wanted)
    except ArtefactError as error:
        raise TrainingError(f"What was sold needs vectors again, and {error}.") from error


def days_to_learn_from(days: int) -> tuple[date, date]:
    """First and last: what was seen on the last one can still lead to a purchase today."""
    today = timezone.now().astimezone(UTC).date()
    last = today - timedelta(days=1) - policy.AFTER_A_STRIP
    return last - timedelta(days=days - 1), last


def _cuts(count: int) -> tuple[int, int]:
    third = round(count * (1 - policy.TEST_SHARE))
    return round(count * (1 - policy.TEST_SHARE - policy.VALIDATION_SHARE)), third


def _masks(strip: LoggedStrip) -> NDArray[np.int64]:
    from ml.ranker.labels import acts_mask

    told = zip(strip.acts, strip.formats.tolist(), strict=True)
    return np.array([acts_mask(acts, FORMATS[form]) for acts, form in told], dtype=np.int64)


def _data(strips: Sequence[LoggedStrip], order: Sequence[str]) -> RankingData:
    from ml.ranker.labels import strongest
    from ml.ranker.model import RankingData

    return RankingData(
        matrix=np.concatenate([strip.matrix for strip in strips]),
        labels=strongest(np.concatenate([_masks(strip) for strip in strips]), order),
        groups=np.array([len(strip.matrix) for strip in strips], dtype=np.int64),
        weights=np.concatenate([strip.weights for strip in strips]),
        columns=NAMES,
    )


def _as_served(data: RankingData) -> RankingData:
    """Serving ranks everything as if it stood first; so is it judged."""
    matrix = data.matrix.copy()
    matrix[:, NAMES.index(POSITION)] = FIRST_PLACE
    return replace(data, matrix=matrix)


def _without(parts: Parts, unknown: Collection[str]) -> Parts:
    """With these columns missing everywhere."""

    def cleared(data: RankingData) -> RankingData:
        matrix = data.matrix.copy()
        matrix[:, [NAMES.index(name) for name in unknown]] = np.nan
        return replace(data, matrix=matrix)

    if not unknown:
        return parts
    return replace(
        parts,
        learnt=cleared(parts.learnt),
        validation=cleared(parts.validation),
        test=cleared(parts.test),
    )


def _check(parts: Parts) -> None:
    from ml.ranker.model import PURCHASE

    for name in ("learnt", "validation", "test"):
        bought = int((getattr(parts, name).labels == PURCHASE).sum())
        if bought < policy.LEAST_PURCHASES_A_PART:
            raise TrainingError(
                f"{bought} things were bought from the strips of the part called {name},"
                f" {policy.LEAST_PURCHASES_A_PART} are needed. Learn from more days (--days), or"
                " wait for more purchases."
            )


def _fitted(
    parts: Parts, trials: int, progress: Callable[[float], None]
) -> tuple[Ranker, dict[str, Any]]:
    """Tuned; learnt at last from both of the first parts, with as many trees as were best."""
    from ml.ranker.fit import fit
    from ml.ranker.model import RankerError, together
    from ml.ranker.tuning import tune

    try:
        config, journal = tune(
            parts.learnt,
            _as_served(parts.validation),
            parts.config,
            trials=trials,
            progress=progress,
        )
        rounds = min(journal, key=lambda trial: trial.purchase_rank).rounds
        everything = together([parts.learnt, parts.validation])
        ranker, told = fit(everything, replace(config, rounds=rounds))
    except RankerError as error:
        raise TrainingError(f"{error}. Learn from more days (--days).") from error
    return ranker, {
        "fit": {name: told[name] for name in ("rounds", "groups", "rows", "purchases")},
        "columns": told["columns"],
        "monotone": told["monotone"],
        "weights": dict(ranker.config.weights),
        "trials": [trial.as_json() for trial in journal],
        "tuning": _tuning(journal),
    }


def _tuning(journal: Sequence[Trial]) -> dict[str, float]:
    return {
        "trials": len(journal),
        "purchase_rank_with_seed_weights": journal[0].purchase_rank,
        "purchase_rank_best": min(trial.purchase_rank for trial in journal),
    }


def _judged(ranker: Ranker, parts: Parts) -> dict[str, Any]:
    """Of every way of ranking the test's strips, each measure with its interval."""
    from ml.ranker.evaluate import judge

    def by(name: str) -> Scores:
        # What is not known is no reason to stand high.
        column = parts.test.matrix[:, NAMES.index(name)].astype(np.float64)
        return np.nan_to_num(column, nan=-np.inf)

    told = {
        "ranker": ranker.scores(parts.test.matrix),
        "similarity": by("joint_similarity"),
        "popularity": by("purchases") + 1e-3 * by("clicks"),
    }
    # The first ranker is compared with the others alone.
    with suppress(RankerUnavailableError):
        told[IN_SERVICE] = inference.rank(parts.test.matrix, budget_ms=600_000).scores
    return {
        name: judge(scores, parts.test, parts.config).summary() for name, scores in told.items()
    }


def _trained(ranker: Ranker, parts: Parts, unknown: Collection[str]) -> dict[str, Any]:
    """For drift: how the columns and scores of what was learnt from are distributed."""
    from ml.ranker.drift import training_bins

    data = _as_served(parts.learnt)
    bins = training_bins(
        data.matrix,
        ranker.scores(data.matrix),
        NAMES,
        codes=ranker.config.categories,
        left_out={POSITION, *unknown},
    )
    return {"bins": {name: each.as_json() for name, each in bins.items()}}
