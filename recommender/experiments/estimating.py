"""What a ranker's choice would have earned, by the places that were left to chance.

An explored place shows one of what a strip left over, drawn alike, whatever any ranker thinks of
it. So the log can be replayed (Li, Chu, Langford and Wang, 2011): of the explored things those are
kept that the ranker would have put into the upper half of their strip, and what came of these is
what its choice is worth. It judges how a ranker picks from further down, not its whole order, and
says so with the number of places that it rests on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from recommender import policy
from recommender.experiments.moments import Floats
from recommender.experiments.off_policy import Logged, PolicyValue, estimates
from recommender.features import FIRST_PLACE, NAMES, Matrix
from recommender.models import EventKind
from recommender.ranking.dataset import LoggedStrip, inverse_propensities
from recommender.ranking.inference import scores_of
from recommender.ranking.seen import SeenStrip
from recommender.ranking.training import log_of

ALL = "all that was left over"
IN_SERVICE = "in service"
Score = Callable[[Matrix], NDArray[np.float64]]


class NothingExploredError(Exception):
    """The log has too few places that were left to chance; the message says what to do."""


@dataclass(frozen=True)
class ChoiceValue:
    """Clicks and purchases a place. `kept` of the `explored` places are the ranker's choice."""

    name: str
    explored: int
    kept: int
    clicks: PolicyValue
    purchases: PolicyValue


def estimate_release(release: str, *, first: date, last: date) -> list[ChoiceValue]:
    """The release, the one in service, and chance. Raises NothingExploredError, TrainingError and
    RankerUnavailableError."""
    strips = log_of(first, last, wanted=was_explored).strips
    rankers: dict[str, Score] = {
        ALL: lambda matrix: np.ones(len(matrix)),
        IN_SERVICE: lambda matrix: scores_of(matrix, ""),
        release: lambda matrix: scores_of(matrix, release),
    }
    return [choice_value(name, strips, score) for name, score in rankers.items()]


def was_explored(strip: SeenStrip) -> bool:
    """Whether a place of it showed what chance alone would hardly have."""
    return bool(_explored(inverse_propensities(strip)).any())


def choice_value(name: str, strips: Sequence[LoggedStrip], score: Score) -> ChoiceValue:
    """By one ranker's scores. Raises NothingExploredError."""
    places = [place for strip in strips for place in _places(strip, score)]
    if len(places) < policy.LEAST_UNITS_AN_ARM:
        raise NothingExploredError(
            f"{len(places)} places were left to chance in strips that were seen,"
            f" {policy.LEAST_UNITS_AN_ARM} are needed. Read more days (--days), or let strips"
            " explore more (exploration_share)."
        )
    strip_ids, kept, clicked, bought = (np.array(each) for each in zip(*places, strict=True))
    return ChoiceValue(
        name,
        explored=len(places),
        kept=int(kept.sum()),
        clicks=_replayed(clicked, kept, strip_ids),
        purchases=_replayed(bought, kept, strip_ids),
    )


def _places(strip: LoggedStrip, score: Score) -> Iterator[tuple[int, bool, bool, bool]]:
    """Of each explored place: its strip, whether the ranker chooses it, and what came of it."""
    explored = _explored(strip.weights)
    if explored.all():
        return
    matrix = strip.matrix.copy()
    matrix[:, NAMES.index("position")] = FIRST_PLACE
    scores = score(matrix)
    least = float(np.median(scores[~explored]))
    for row in np.flatnonzero(explored).tolist():
        acts = strip.acts[row]
        bought = EventKind.PURCHASE in acts and EventKind.REFUND not in acts
        yield id(strip), bool(scores[row] >= least), bool(acts), bought


def _replayed(rewards: Floats, kept: NDArray[np.bool_], groups: NDArray[np.int64]) -> PolicyValue:
    """Drawn alike, all explored places have the same propensity: what it is cancels out."""
    logged = Logged(rewards.astype(float), np.ones(len(kept)), kept.astype(float), groups)
    found = {each.method: each for each in estimates(logged)}
    return found.get("SNIPS", found["IPS"])


def _explored(weights: Floats) -> NDArray[np.bool_]:
    explored: NDArray[np.bool_] = weights > 2
    return explored
