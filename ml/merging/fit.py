"""Learn from what was bought after a seed what each recall set's word is worth.

The loss is listwise (ListNet's top one): the softmax over a seed's candidates against its bought
ones, all alike. It is convex, so that the answer does not hang on a start or an order; L-BFGS finds
it. Seeds with nothing bought among their candidates teach nothing and are left out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.sparse import csr_matrix, vstack

from ml.artefacts import Artefact, save_artefact
from ml.fitting import FitError

from .model import COLUMNS, FORMAT_VERSION, KIND, Ids, Lists, MergeConfig, Row, gather
from .predict import Merger

# Of l2; chosen on the last part of the seeds.
STRENGTHS = (1e-2, 1e-3, 1e-4)
HELD_OUT = 0.2
MOST_STEPS = 150


class MergingError(Exception):
    """There is nothing to learn from; the message says what is missing."""


@dataclass(frozen=True)
class Lesson:
    """A seed's lists and the items that were bought after it.

    Where a filter comes after the merge, `suitable` are the items that it lets pass: the others
    have their places in the lists and compete with nothing.
    """

    lists: Lists
    bought: Collection[int]
    suitable: Collection[int] | None = None


@dataclass(frozen=True)
class _Rows:
    """The candidates of all seeds: (n, columns), whose they are (n,), whether bought (n,)."""

    columns: csr_matrix  # most sets did not find most items
    starts: np.ndarray[Any, Any]  # (seeds,)
    seed_of: np.ndarray[Any, Any]
    targets: Row  # 1 / number bought, or 0


def fit(lessons: Sequence[Lesson], config: MergeConfig) -> tuple[Merger, dict[str, Any]]:
    """The merger, and what was tried. `config.logarithmic` is set from the scores seen.

    The last fifth of the lessons, in the order given, chooses the strength of l2; then all teach.
    Raises MergingError where no seed's bought items were found by any set, FitError.
    """
    config = replace(config, logarithmic=_logarithmic(lessons, config.sets))
    cut = max(1, round(len(lessons) * (1 - HELD_OUT)))
    early, late = _rows(lessons[:cut], config), _rows(lessons[cut:], config)
    if early is None:
        raise MergingError("No recall set found anything that was bought after its seed")
    tried: dict[float, float] = {}
    if late is not None:
        weights = _nothing(config)
        for l2 in STRENGTHS:  # from stiff to supple: each starts where the one before it ended
            weights = _solve(early, l2, weights)
            tried[l2] = _loss(weights, late, 0.0)[0]
        config = replace(config, l2=min(tried, key=lambda l2: tried[l2]))
    everything = _rows(lessons, config)
    assert everything is not None
    weights = _solve(everything, config.l2, _nothing(config))
    weights = weights.reshape(len(config.sets), len(COLUMNS))
    metrics = {
        "lessons": len(lessons),
        "lessons_used": len(everything.starts),
        "held_out_loss_by_l2": {str(l2): loss for l2, loss in tried.items()},
        "l2": config.l2,
    }
    return Merger(config, weights), metrics


def save_merger(merger: Merger, folder: Path, *, metrics: dict[str, Any], card: str) -> Artefact:
    config = merger.config
    return save_artefact(
        folder,
        kind=KIND,
        format_version=FORMAT_VERSION,
        config={
            "sets": list(config.sets),
            "logarithmic": sorted(config.logarithmic),
            "l2": config.l2,
        },
        tensors={"weights": merger.weights},
        metrics=metrics,
        card=card,
    )


def _logarithmic(lessons: Iterable[Lesson], sets: Sequence[str]) -> frozenset[str]:
    least = dict.fromkeys(sets, np.inf)
    for lesson in lessons:
        for name in sets:
            found = lesson.lists.get(name)
            if found is not None and len(found.scores):
                least[name] = min(least[name], float(found.scores.min()))
    return frozenset(name for name, lowest in least.items() if 0 < lowest < np.inf)


def _rows(lessons: Sequence[Lesson], config: MergeConfig) -> _Rows | None:
    blocks, targets, sizes = [], [], []
    for lesson in lessons:
        ids, columns = gather(lesson.lists, config)
        if lesson.suitable is not None:
            passing = _among(ids, lesson.suitable)
            ids, columns = ids[passing], columns[passing]
        hits = _among(ids, lesson.bought)
        if hits.any():
            blocks.append(csr_matrix(columns))
            targets.append(hits / hits.sum())
            sizes.append(len(ids))
    if not blocks:
        return None
    ends = np.cumsum(sizes)
    return _Rows(
        columns=vstack(blocks, format="csr"),
        starts=ends - sizes,
        seed_of=np.repeat(np.arange(len(sizes)), sizes),
        targets=np.concatenate(targets),
    )


def _among(ids: Ids, wanted: Collection[int]) -> NDArray[np.bool_]:
    return np.isin(ids, np.fromiter(wanted, np.int64, len(wanted)))


def _nothing(config: MergeConfig) -> Row:
    return np.zeros(len(config.sets) * len(COLUMNS))


def _solve(rows: _Rows, l2: float, start: Row) -> Row:
    answer = minimize(
        _loss, start, args=(rows, l2), jac=True, method="L-BFGS-B", options={"maxiter": MOST_STEPS}
    )
    if not np.isfinite(answer.fun):
        raise FitError(f"the loss became {answer.fun} under l2 = {l2}")
    weights: Row = answer.x
    return weights


def _loss(weights: Row, rows: _Rows, l2: float) -> tuple[float, Row]:
    """Mean cross-entropy of a seed's softmax against its bought items, and its gradient."""
    scores = rows.columns @ weights  # (n,)
    peaks = np.maximum.reduceat(scores, rows.starts)
    raised = np.exp(scores - peaks[rows.seed_of])
    totals = np.add.reduceat(raised, rows.starts)
    log_p = scores - peaks[rows.seed_of] - np.log(totals)[rows.seed_of]
    seeds = len(rows.starts)
    loss = -float(rows.targets @ log_p) / seeds + l2 * float(weights @ weights)
    error = raised / totals[rows.seed_of] - rows.targets
    return loss, (rows.columns.T @ error) / seeds + 2 * l2 * weights
