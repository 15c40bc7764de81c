"""The recall sets over baskets: what each finds for a seed, best first, with score and support.

The pairs are counted by the product's own expression (recommender.offline.pairs); the lists have
the form that the product merges (ml.merging).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import pandas as pd
import pyarrow as pa
import scipy.sparse as sp
from _baskets import Round
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer

from ml.merging.model import Found
from recommender.offline.engine import Engine, EngineConfig, open_engine
from recommender.offline.pairs import pairs

DEPTH = 60  # things of each set
HOP = 50  # neighbours a walk goes over
ALIKE = 10  # things whose complements are borrowed
LARGEST = 200  # things of one basket
NEAR = 5  # places apart in a sequence
Matrix: TypeAlias = sp.csr_matrix
Column = NDArray[np.float64]


@dataclass(frozen=True)
class Scored:
    """A set for every seed: scores and supports as (n, n) sparse matrices of the same entries."""

    scores: Matrix
    supports: Matrix | None = None


class RecallSets:
    """All sets of one round."""

    def __init__(self, data: Round) -> None:
        self.n = data.n
        with open_engine(EngineConfig(memory="4GB", threads=1)) as engine:
            self.matrices = dict(_matrices(data, engine))
        self.tops = dict(_popular(data))

    @property
    def names(self) -> tuple[str, ...]:
        return (*self.matrices, *self.tops)

    def lists(self, seed: int) -> dict[str, Found]:
        found = {name: self._row(scored, seed) for name, scored in self.matrices.items()}
        return found | {name: _without(top, seed) for name, top in self.tops.items()}

    def _row(self, scored: Scored, seed: int) -> Found:
        start, end = scored.scores.indptr[seed : seed + 2]
        scores, ids = scored.scores.data[start:end], scored.scores.indices[start:end]
        supports = scored.supports.data[start:end] if scored.supports is not None else 0 * scores
        order = np.lexsort((ids, -scores))[:DEPTH]
        order = order[ids[order] != seed]
        return Found(ids[order].astype(np.int64), scores[order], supports[order])


def _matrices(data: Round, engine: Engine) -> Iterator[tuple[str, Scored]]:
    rows, n = data.rows, data.n
    together = _nearby(rows) if data.is_ordered else rows
    size = together.groupby("basket").thing.transform("size").to_numpy()
    # A basket of forty says less of any two of its things than a basket of two.
    fair = 1 / np.sqrt(np.maximum(size - 1, 1))
    if data.is_ordered:
        yield "bought_together", _pairs(engine, n, together.basket, together.thing, together.weight)
    else:
        span = max(float(rows.age.max()), 1.0)
        for name, half_life in (("bought_together", span / 2), ("lately", span / 8)):
            faded = fair * 0.5 ** (rows.age.to_numpy() / half_life)
            yield name, _pairs(engine, n, rows.basket, rows.thing, faded)
    cosine = _pairs(engine, n, together.basket, together.thing, None, by="shrunk")
    yield "together_by_cosine", cosine
    known = rows[rows.person >= 0].drop_duplicates(["person", "thing"])
    things = known.groupby("person").thing.transform("size").to_numpy()
    people = _pairs(engine, n, known.person, known.thing, 1 / np.sqrt(things))
    yield "related_products", people
    step = _stochastic(_best(cosine.scores, HOP))
    yield "walk", Scored((step @ step).tocsr())
    by_people = _stochastic(_best(people.scores, HOP))
    yield "walk_people", Scored((by_people @ by_people).tocsr())
    if any(data.names):
        alike = _alike(data.names)
        yield "alike", Scored(alike)
        nearest = _best(alike, ALIKE)
        nearest.data **= 2
        nearest = _stochastic(nearest)
        yield "complementary_of_similar", Scored((nearest @ step).tocsr())
        yield "similar_of_complementary", Scored((step @ nearest).tocsr())


def _pairs(
    engine: Engine,
    n: int,
    basket: pd.Series,
    thing: pd.Series,
    weight: Column | pd.Series | None,
    by: str = "confidence",
) -> Scored:
    table = pa.table({"basket": np.asarray(basket), "thing": np.asarray(thing)})
    if weight is not None:
        table = table.append_column("weight", pa.array(np.asarray(weight, dtype=np.float64)))
    counted = pairs(engine.table(table), top=2 * DEPTH, by=by, largest=LARGEST)
    answer = engine.arrow(counted.select("a", "b", by, "support"))
    a, b = answer["a"].to_numpy(), answer["b"].to_numpy()
    return Scored(
        sp.csr_matrix((answer[by].to_numpy(), (a, b)), (n, n)),
        sp.csr_matrix((answer["support"].to_numpy().astype(float), (a, b)), (n, n)),
    )


def _nearby(rows: pd.DataFrame) -> pd.DataFrame:
    """Each two things of a sequence at most NEAR places apart as a basket of their own."""
    rows = rows.sort_values(["basket", "age"])
    baskets = []
    for apart in range(1, NEAR + 1):
        here, there = rows.iloc[:-apart], rows.iloc[apart:]
        same = here.basket.to_numpy() == there.basket.to_numpy()
        baskets.append(np.stack([here.thing.to_numpy()[same], there.thing.to_numpy()[same]], 1))
    two = np.concatenate(baskets)  # (baskets, 2)
    weights = np.concatenate([np.full(len(b), 1 / d) for d, b in enumerate(baskets, start=1)])
    return pd.DataFrame(
        {
            "basket": np.repeat(np.arange(len(two)), 2),
            "thing": two.ravel(),
            "weight": np.repeat(weights, 2),
        }
    )


def _popular(data: Round) -> Iterator[tuple[str, Found]]:
    """What most baskets hold, over all the time and lately: the same for every seed."""
    ages = data.rows.age.to_numpy()
    lately = ages <= max(ages.max() / 8, 1.0)
    yield "popular", _top(data.bought)
    if not data.is_ordered:
        yield "popular_lately", _top(np.bincount(data.rows.thing[lately], minlength=data.n))


def _top(counts: NDArray[np.int64]) -> Found:
    best = np.argsort(-counts, kind="stable")[: DEPTH + 1]
    return Found(best, counts[best] / max(counts.sum(), 1), counts[best].astype(float))


def _without(found: Found, seed: int) -> Found:
    kept = found.ids != seed
    return Found(found.ids[kept], found.scores[kept], found.supports[kept])


def _alike(names: Sequence[str]) -> Matrix:
    """Cosine of the texts' word pieces, the nearest DEPTH of each."""
    reader = TfidfVectorizer(
        analyzer="char_wb", ngram_range=(3, 4), min_df=2, max_features=50_000, sublinear_tf=True
    )
    rows = reader.fit_transform(list(names)).astype(np.float32).tocsr()
    n, parts = rows.shape[0], []
    for start in range(0, n, 500):
        block = (rows[start : start + 500] @ rows.T).toarray()  # (≤500, n)
        block[np.arange(len(block)), np.arange(start, start + len(block))] = 0
        near = np.argpartition(-block, min(DEPTH, n - 1), axis=1)[:, :DEPTH]
        values = np.take_along_axis(block, near, axis=1)
        index = np.repeat(np.arange(start, start + len(block)), near.shape[1])
        parts.append(sp.csr_matrix((values.ravel(), (index, near.ravel())), (n, n)))
    found = sum(parts[1:], start=parts[0]).tocsr()
    found.eliminate_zeros()
    return found.astype(np.float64)


def _best(matrix: Matrix, count: int) -> Matrix:
    """The largest entries of each row alone."""
    kept = matrix.copy()
    for start, end in zip(kept.indptr[:-1], kept.indptr[1:], strict=True):
        row = kept.data[start:end]
        if len(row) > count:
            row[row < np.partition(row, -count)[-count]] = 0
    kept.eliminate_zeros()
    return kept


def _stochastic(matrix: Matrix) -> Matrix:
    total = np.asarray(matrix.sum(axis=1)).ravel()
    return sp.diags(1 / np.maximum(total, 1e-12)) @ matrix
