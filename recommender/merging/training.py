"""Occasions of the past to a learnt merge: what was found for a seed, and what was bought after it.

1  the marketplace as it was before the held-out days (reports/replay.py)
2  occasions in those days, each a lesson: what every set found, what was bought
3  learn from the earlier ones, measure on the later ones beside merging by trust
4  learn from all of them, save, register as a candidate
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from recommender import policy
from recommender.events.days import midnight
from recommender.merging.inference import KIND, lists_of
from recommender.merging.merge import scores_by_trust
from recommender.models import ModelRelease
from recommender.recall_sets.registry import recall_sets
from recommender.releases.services import register
from recommender.releases.training import TrainingError, new_folder
from recommender.reports.asking import Answer, Asker, things_of
from recommender.reports.evaluating import held_out_days
from recommender.reports.measures import recall_at
from recommender.reports.occasions import Occasion, acts_between, occasions
from recommender.reports.replay import PastCatalogue, aggregates_until

if TYPE_CHECKING:
    from ml.merging.fit import Lesson
    from ml.merging.predict import Merger

Progress = Callable[[float, str], None]
Taken = TypeVar("Taken")


@dataclass(frozen=True)
class _Told:
    """A lesson with what judging it needs: answer and the products that were bought."""

    answer: Answer
    products: frozenset[str]

    @property
    def lesson(self) -> Lesson:
        from ml.merging.fit import Lesson

        things = self.answer.things
        bought = {pk for pk in self.answer.suitable if things[pk].product in self.products}
        return Lesson(lists_of(self.answer.found), bought, self.answer.suitable)


def train(*, days: int = policy.HELD_OUT_DAYS, progress: Progress) -> ModelRelease:
    """A candidate. Raises TrainingError, ReportError, NothingHappenedError, EngineError."""
    from ml.fitting import FitError
    from ml.merging.fit import MergingError, fit, save_merger
    from ml.merging.model import MergeConfig

    told = _told(days, progress)
    config = MergeConfig(tuple(sorted({name for each in told for name in each.answer.found})))
    later = told[len(told) * 4 // 5 :]
    progress(0.9, "learning")
    try:
        early, _ = fit([each.lesson for each in told[: -len(later)]], config)
        merger, learnt = fit([each.lesson for each in told], config)
    except (FitError, MergingError) as error:
        raise TrainingError(f"{error}; wait for more purchases, or hold out more days") from error
    metrics = learnt | {
        f"recall_at_{policy.STRIP_SIZE}_later": _mean_recall(later, early),
        f"recall_at_{policy.STRIP_SIZE}_later_by_trust": _mean_recall(later, None),
        "occasions": len(told),
        "occasions_later": len(later),
    }
    folder = new_folder(KIND) / KIND
    save_merger(merger, folder, metrics=metrics, card=_card(merger, metrics, days))
    return register(kind=KIND, folder=folder)


def _told(days: int, progress: Progress) -> list[_Told]:
    """In order of time, a share of them where there are many."""
    first_day, last_day = held_out_days(days)
    cut = midnight(first_day)
    tables = aggregates_until(
        first_day - timedelta(days=1), progress=lambda share: progress(0.4 * share, "counting")
    )
    found = occasions(acts_between(cut, midnight(last_day + timedelta(days=1))))
    if len(found) < policy.LEAST_LESSONS:
        raise TrainingError(
            f"There were {len(found)} occasions in {days} days, at least {policy.LEAST_LESSONS}"
            " are needed; hold out more days, or wait for more purchases"
        )
    chosen = spread(found, policy.MOST_LESSONS)
    asker = Asker(recall_sets(tables, PastCatalogue(cut)), tables)
    told = []
    for number, occasion in enumerate(chosen):
        progress(0.4 + 0.5 * number / len(chosen), "asking the recall sets")
        answer = asker.ask(occasion.seed_id, occasion.queries)
        if answer is not None:
            told.append(_Told(answer, _products(occasion)))
    return told


def spread(found: Sequence[Taken], most: int) -> list[Taken]:
    """No more than `most`, in their order, evenly over all of them."""
    count = min(most, len(found))
    return [found[number * len(found) // count] for number in range(count)]


def _products(occasion: Occasion) -> frozenset[str]:
    return frozenset(thing.product for thing in things_of(occasion.targets).values())


def _mean_recall(told: Sequence[_Told], merger: Merger | None) -> float:
    return float(np.mean([_recall(each, merger) for each in told]))


def _recall(told: _Told, merger: Merger | None) -> float:
    found = told.answer.found
    if merger is None:
        scores = scores_by_trust(found)
        ranked = sorted(scores, key=lambda pk: (-scores[pk], pk))
    else:
        ranked = merger.merge(lists_of(found))[0].tolist()
    # Merged, then filtered, one of a product: as a strip does it.
    suitable = [pk for pk in ranked if pk in told.answer.suitable]
    shown = list(dict.fromkeys(told.answer.products(suitable)))
    return recall_at(shown, told.products, policy.STRIP_SIZE)


def _card(merger: Merger, metrics: dict[str, object], days: int) -> str:
    worth = "\n".join(
        f"- {name}: {np.abs(row).sum():.2f}"
        for name, row in zip(merger.config.sets, merger.weights, strict=True)
    )
    return f"""# Merge: what each recall set's word is worth

Learnt from what was bought after a seed in the last {days} days of this marketplace's own behaviour
log, with every set asked as of the day before them. Made by

    python manage.py train_merging --days {days}

## Figures

On the last fifth of the occasions, by weights learnt from the others: see metrics.json
(recall_at_{policy.STRIP_SIZE}_later, beside merging by people's trust).

## Sum of the absolute weights of each set

{worth}

## Limits

Learnt on what the strips and pages of that time let people find; made for this marketplace alone.
"""
