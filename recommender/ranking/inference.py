"""The door to the ranker. Model code is imported inside functions: numpy and the trees' library.

A strip waits for its scores as long as its budget and no longer. The thread that scores cannot be
stopped, so what hangs is left alone: nobody asks that model again before it has come back.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np
import structlog
from django.conf import settings
from numpy.typing import NDArray

from recommender.features import NAMES, Matrix
from recommender.published import file_changed_at
from recommender.ranking import metrics
from recommender.releases.inference import artefact_folder, registered_folder

if TYPE_CHECKING:
    from ml.ranker.drift import Bins
    from ml.ranker.predict import Ranker

log = structlog.get_logger()

KIND = "ranker"
# More strips at once than this wait for each other, and then do without.
THREADS = 4
# Rankers in memory: in service, in shadow, an experiment's arms.
KEPT = 6
# A day has one weekday, and so far not all of its hours: beside weeks of training both have always
# drifted, whatever is served.
OF_THE_DAY = ("hour", "weekday")
Scores = NDArray[np.float64]


class Reason(StrEnum):
    """Why there are no scores."""

    MISSING = "missing"
    CORRUPT = "corrupt"
    SLOW = "slow"
    FAILED = "failed"


class RankerUnavailableError(Exception):
    """No scores this time; the caller ranks by similarity and says so with `reason`."""

    def __init__(self, reason: Reason, told: str) -> None:
        super().__init__(f"{reason}: {told}")
        self.reason = reason


@dataclass(frozen=True)
class RankerAnswer:
    """`scores` (n,) compare the candidates of one strip; `release` made them."""

    scores: Scores
    release: str


def rank(matrix: Matrix, *, release: str = "", budget_ms: float | None = None) -> RankerAnswer:
    """Scores of the rows (n, len(features.COLUMNS)), by the release in service or the one named.

    Waits `budget_ms`, settings.RANKER_BUDGET_MS where None is given. Raises RankerUnavailableError.
    """
    budget = settings.RANKER_BUDGET_MS if budget_ms is None else budget_ms
    started = time.perf_counter()
    try:
        answer = _within(_ranker(release), matrix, budget / 1000)
    except RankerUnavailableError as error:
        metrics.RANKER_OUTCOMES.labels(error.reason.value).inc()
        raise
    metrics.RANKER_SECONDS.observe(time.perf_counter() - started)
    metrics.RANKER_OUTCOMES.labels("ranked").inc()
    return answer


def contributions(matrix: Matrix, *, release: str = "") -> Scores:
    """(n, len(COLUMNS) + 1): what each column adds to a row's score, the last what all rows share.

    For staff, who wait for it. Raises RankerUnavailableError.
    """
    return _explained(_ranker(release), matrix)


def scores_of(matrix: Matrix, release: str) -> Scores:
    """As `rank` says, without its time: for those whom nobody waits for. Raises
    RankerUnavailableError."""
    return _scored(_ranker(release), matrix).scores


def trained_bins(release: str) -> Mapping[str, Bins]:
    """By column but OF_THE_DAY and "score", how they were distributed in training; empty where it
    was not kept.

    Raises RankerUnavailableError.
    """
    return _bins(_ranker(release))


def bin_counts(matrix: Matrix, scores: Scores, release: str) -> dict[str, NDArray[np.int64]]:
    """How many rows fall into each bin of training, by column and "score"."""
    bins = trained_bins(release)
    values = {name: matrix[:, place] for place, name in enumerate(NAMES)} | {"score": scores}
    return {name: bins[name].counts(values[name]) for name in values if name in bins}


def stability_index(shares: Sequence[float], counts: Sequence[int]) -> float:
    """0 where served and trained are distributed alike (ml/ranker/drift.py)."""
    from ml.ranker import drift

    return drift.stability_index(shares, counts)


def load(release: str = "") -> str:
    """Reads now what `rank` would read when it is first asked; which release it is.

    Raises RankerUnavailableError.
    """
    return _ranker(release).release


def _ranker(release: str) -> Ranker:
    """Of that release, wherever it lies, or in service where none is named."""
    from ml.artefacts import bundled

    if not release:
        return ranker_of(artefact_folder(KIND))
    for folder in (registered_folder(KIND, release), artefact_folder(KIND), bundled(KIND)):
        if folder.is_dir():
            ranker = ranker_of(folder)
            if ranker.release == release:
                return ranker
    raise RankerUnavailableError(Reason.MISSING, f"there is no release {release}")


# --- Time ---------------------------------------------------------------------------------------

_hanging: dict[str, list[Future[RankerAnswer]]] = {}
_hanging_lock = Lock()


def _hangs(release: str) -> bool:
    with _hanging_lock:
        still = [call for call in _hanging.pop(release, []) if not call.done()]
        if still:
            _hanging[release] = still
        return bool(still)


def _within(ranker: Ranker, matrix: Matrix, seconds: float) -> RankerAnswer:
    if _hangs(ranker.release):
        raise RankerUnavailableError(Reason.SLOW, "it still hangs from an earlier strip")
    call = _threads().submit(_scored, ranker, matrix)
    try:
        return call.result(timeout=seconds)
    except TimeoutError as error:
        if not call.cancel():
            with _hanging_lock:
                _hanging.setdefault(ranker.release, []).append(call)
        log.warning("ranker_slow", release=ranker.release, milliseconds=round(seconds * 1000))
        raise RankerUnavailableError(Reason.SLOW, "it took more than its time") from error


@lru_cache(maxsize=1)
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(THREADS, thread_name_prefix="ranker")


def _scored(ranker: Ranker, matrix: Matrix) -> RankerAnswer:
    from ml.ranker.booster import BoosterError

    try:
        scores = ranker.scores(matrix)
    except BoosterError as error:
        log.error("ranker_failed", release=ranker.release, reason=str(error))
        raise RankerUnavailableError(Reason.FAILED, str(error)) from error
    if not np.isfinite(scores).all():
        raise RankerUnavailableError(Reason.FAILED, "scores that are no numbers")
    return RankerAnswer(scores, ranker.release)


def _explained(ranker: Ranker, matrix: Matrix) -> Scores:
    from ml.ranker.booster import BoosterError

    try:
        return ranker.contributions(matrix)
    except BoosterError as error:
        raise RankerUnavailableError(Reason.FAILED, str(error)) from error


# --- Loading ------------------------------------------------------------------------------------


def ranker_of(folder: Path) -> Ranker:
    """Raises RankerUnavailableError: missing or corrupt."""
    loaded = _loaded(folder, file_changed_at(folder / "SHA256SUMS"))
    if isinstance(loaded, RankerUnavailableError):
        # A new one each time: an exception that is raised grows by its traceback.
        raise RankerUnavailableError(loaded.reason, str(loaded))
    return loaded


@lru_cache(maxsize=KEPT)
def _loaded(folder: Path, changed_at: int) -> Ranker | RankerUnavailableError:
    """An error is an answer too: a broken artefact is read and logged once, not for every strip."""
    from ml.artefacts import ArtefactError, MissingArtefactError
    from ml.ranker.predict import load_ranker

    try:
        ranker = load_ranker(folder)
    except MissingArtefactError as error:
        reason, told = Reason.MISSING, error.reason
    except ArtefactError as error:
        reason, told = Reason.CORRUPT, error.reason
    else:
        if ranker.config.columns == NAMES:
            return ranker
        reason, told = Reason.CORRUPT, "it was trained on other columns than features.py makes"
    log.error("ranker_unusable", folder=str(folder), reason=told)
    return RankerUnavailableError(reason, told)


def _bins(ranker: Ranker) -> Mapping[str, Bins]:
    from ml.ranker.drift import bins_from_json

    found = _bins_of.get(ranker.release)
    if found is None:
        try:
            kept = bins_from_json(ranker.trained.get("bins", {}))
        except (KeyError, TypeError) as error:
            raise RankerUnavailableError(Reason.CORRUPT, f"bins: {error}") from error
        found = {name: bins for name, bins in kept.items() if name not in OF_THE_DAY}
        if len(_bins_of) >= KEPT:
            _bins_of.clear()
        _bins_of[ranker.release] = found
    return found


_bins_of: dict[str, Mapping[str, Bins]] = {}
