"""What the merged sets are compared with: one way each of asking baskets what goes with a thing."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import scipy.linalg
import scipy.sparse as sp
from _baskets import Round
from implicit.als import AlternatingLeastSquares
from implicit.nearest_neighbours import bm25_weight
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

# The inverse is of all things by all things: beyond this it takes minutes and gigabytes.
MOST_FOR_EASE = 13_000
Ask = Callable[[NDArray[np.int64]], NDArray[np.float32]]  # seeds (s,) → scores (s, n)


def baselines(data: Round) -> Iterator[tuple[str, Ask]]:
    """Popularity, co-counts, their cosine plain and shrunk, BM25, ALS, and EASE where it can be."""
    rows = data.rows.drop_duplicates(["basket", "thing"])
    baskets = int(rows.basket.max()) + 1
    ones = np.ones(len(rows), np.float32)
    x = sp.csr_matrix((ones, (rows.basket, rows.thing)), (baskets, data.n))
    bought = np.asarray(x.sum(axis=0)).ravel()
    together = (x.T @ x).tocsr()
    per_norm = 1 / np.sqrt(np.maximum(bought, 1))
    yield "popularity", lambda seeds: np.tile(bought, (len(seeds), 1)).astype(np.float32)
    yield "co-count", lambda seeds: together[seeds].toarray()
    yield "cosine (Ochiai)", lambda seeds: together[seeds].toarray() * per_norm
    yield "cosine, shrunk", lambda seeds: _shrunk(together[seeds].toarray(), per_norm)
    weighted = bm25_weight(x.T.tocsr(), K1=100, B=0.8).T.tocsr()
    by_bm25 = (weighted.T @ weighted).tocsr()
    yield "BM25 item-item", lambda seeds: by_bm25[seeds].toarray().astype(np.float32)
    factors = _factors(x)
    yield "ALS, cosine", lambda seeds: factors[seeds] @ factors.T
    if data.n <= MOST_FOR_EASE:
        weights = _ease(together)
        yield "EASE", lambda seeds: weights[seeds].copy()


def _shrunk(counts: NDArray[np.float32], per_norm: NDArray[np.float32]) -> NDArray[np.float32]:
    return counts * per_norm * (counts / (counts + 5))


def _factors(x: sp.csr_matrix) -> NDArray[np.float32]:
    model = AlternatingLeastSquares(
        factors=128, iterations=15, regularization=0.05, alpha=10, random_state=0, num_threads=1
    )
    with threadpool_limits(1, "blas"):
        model.fit(x, show_progress=False)
    rows = np.asarray(model.item_factors)
    unit: NDArray[np.float32] = rows / (np.linalg.norm(rows, axis=1, keepdims=True) + 1e-9)
    return unit


def _ease(together: sp.csr_matrix, strength: float = 250.0) -> NDArray[np.float32]:
    gram = np.asarray(together.todense(), dtype=np.float32)
    diagonal = np.diag_indices(len(gram))
    gram[diagonal] += strength
    inverse = scipy.linalg.inv(gram, overwrite_a=True, check_finite=False)
    weights: NDArray[np.float32] = -inverse / np.diag(inverse)
    weights[diagonal] = 0
    return weights
