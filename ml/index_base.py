"""The index of many items that stand still: exact below 50,000 items, IVF with 8-bit codes above.

Rows are numbered 0..n-1 in the order given. Lists keep that order, so a filter that is a span of
rows costs what it leaves and no more; any other is one bit for each row. Under a filter the nearest
rows lie scattered over more lists. So how many lists to visit is measured at the build, on rows
kept out of what may be found, for random filters of several widths, which is the hardest case;
where a filter leaves less than the narrowest, every list is visited: an exact scan of what is
allowed, up to the 8-bit codes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from ml.index import NO_ID, Ids, Vectors

FLAT_BELOW = 50_000
GOAL_RECALL = 0.97  # above the 0.95 promised: a sample of queries says it to about 0.01
MEASURED_K = 50
MEASURED_QUERIES = 200
# The filters measured, as the share of rows that they leave. What lies between two takes the
# narrower one's lists: where likeness comes in clumps the number rises in steps, not on a line.
SHARES = (1.0, 0.5, 0.3, 0.2, 0.14, 0.1, 0.075, 0.055, 0.04, 0.03, 0.02, 0.014, 0.01)
TRAINING_ROWS_PER_LIST = 64
SEED = 7

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Probe:
    """Visit `nprobe` lists where a filter leaves `share` of the rows or more."""

    share: float
    nprobe: int
    recall: float  # at MEASURED_K, against the exact search with the same filter


def list_count(rows: int) -> int:
    """How many lists an IVF index of so many rows has; 0 means that it is searched exactly."""
    if rows < FLAT_BELOW:
        return 0
    return int(2 ** round(np.log2(4 * np.sqrt(rows))))


def build_base(vectors: Vectors, *, nlist: int | None = None) -> tuple[Any, tuple[Probe, ...]]:
    """A faiss index of unit vectors (n, dim), numbered from 0, with the probes measured on it."""
    lists = list_count(len(vectors)) if nlist is None else nlist
    dim = vectors.shape[1]
    if lists == 0:
        flat = faiss.IndexFlatIP(dim)
        flat.add(vectors)
        return flat, ()
    index = faiss.IndexIVFScalarQuantizer(
        faiss.IndexFlatIP(dim),
        dim,
        lists,
        faiss.ScalarQuantizer.QT_8bit,
        faiss.METRIC_INNER_PRODUCT,
    )
    random = np.random.default_rng(SEED)
    sample = random.permutation(len(vectors))[: TRAINING_ROWS_PER_LIST * lists]
    index.cp.seed = SEED
    index.cp.min_points_per_centroid = 1
    index.train(vectors[np.sort(sample)])
    index.add(vectors)
    return index, measure_probes(index, vectors, random)


def measure_probes(index: Any, vectors: Vectors, random: np.random.Generator) -> tuple[Probe, ...]:
    """For each share, the fewest lists whose recall reaches the goal; the share falls on."""
    held_out = random.permutation(len(vectors))[:MEASURED_QUERIES]
    queries = vectors[held_out]
    probes = []
    start = 1
    for share in SHARES:
        mask = random.random(len(vectors)) < share
        mask[held_out] = False  # a row that may be found would find itself, in any index
        if np.count_nonzero(mask) < MEASURED_K:
            break
        truth = exact_rows(vectors, queries, MEASURED_K, mask)
        start, recall = _fewest_lists(index, queries, mask, truth, start)
        probes.append(Probe(share, start, recall))
    return tuple(probes)


def exact_rows(vectors: Vectors, queries: Vectors, k: int, mask: Mask) -> Ids:
    """Rows (q, k) by exact search among those the mask allows; -1 where there are fewer."""
    rows = np.flatnonzero(mask)
    _, places = faiss.knn(queries, vectors[rows], k, metric=faiss.METRIC_INNER_PRODUCT)
    return np.where(places < 0, NO_ID, rows[places])


def _fewest_lists(
    index: Any, queries: Vectors, mask: Mask, truth: Ids, start: int
) -> tuple[int, float]:
    nprobe = start
    while True:
        found, _ = search_rows(index, queries, truth.shape[1], mask, nprobe)
        recall = recall_of(found, truth)
        if recall >= GOAL_RECALL or nprobe >= index.nlist:
            return nprobe, recall
        nprobe = min(nprobe + max(1, nprobe // 4), index.nlist)


def recall_of(found: Ids, truth: Ids) -> float:
    """The share of the true rows that was found, over all queries."""
    hits = sum(
        len(np.intersect1d(row[row != NO_ID], true[true != NO_ID]))
        for row, true in zip(found, truth, strict=True)
    )
    return hits / max(1, int((truth != NO_ID).sum()))


def search_rows(
    index: Any, queries: Vectors, k: int, allowed: Mask | tuple[int, int], nprobe: int
) -> tuple[Ids, Vectors]:
    """Row numbers and scores (q, k) among a span of rows, or what a mask (n,) allows.

    Best first; -1 and any score where there are fewer.
    """
    parameters: Any = faiss.SearchParameters()
    if not isinstance(index, faiss.IndexFlat):
        parameters = faiss.SearchParametersIVF()
        parameters.nprobe = nprobe
    selector: Any  # faiss borrows it, and the bits: both names must outlive the search
    if isinstance(allowed, tuple):
        selector = faiss.IDSelectorRange(*allowed, True)
    else:
        bits = np.packbits(allowed, bitorder="little")
        selector = faiss.IDSelectorBitmap(len(allowed), faiss.swig_ptr(bits))
    if not (isinstance(allowed, tuple) and allowed == (0, index.ntotal)):
        parameters.sel = selector
    scores, rows = index.search(queries, k, params=parameters)
    return rows, scores


def lists_to_visit(probes: tuple[Probe, ...], allowed: int, rows: int, nlist: int) -> int:
    """How many lists reach the recall measured when `allowed` of all rows may be found."""
    wide_enough = [probe.nprobe for probe in probes if probe.share * rows <= allowed]
    return wide_enough[0] if wide_enough else nlist
