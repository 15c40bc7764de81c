"""What goes with this: merged recall sets against single ones, cold things, links, strips.

    python benchmarks/complementary.py [--quick] [--json OUT] [--data FOLDER] [--sequences FILE]
                                       [--only baskets|links|strips]

1. Baskets: a seed and the rest of its basket, all things ranked (the protocol is in _baskets.py).
   The recall sets are counted by the product's expression and merged by the product's merger, which
   learns from the end of the training time. Baselines in the same run: popularity, co-counts,
   cosine, BM25, ALS, EASE; "cold" are the seeds bought fewer than 5 times. `--sequences` takes
   lines of `user item item …` instead: the last item of each is asked for, from the one before it.
2. Links: cold seeds of rooms and cross-sell links (_complement_links.py).
3. Strips: the product's own on a demo marketplace with known fit (_strips.py).

Intervals: bootstrap over seeds. "over best" is the gain over the best baseline of that column, with
the interval of the paired difference.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
sys.path.insert(0, str(Path(__file__).resolve().parent))
os.environ.setdefault("OMP_NUM_THREADS", "1")

from _basket_baselines import baselines  # noqa: E402
from _basket_sets import RecallSets  # noqa: E402
from _baskets import DataSet, Round, hm, sequences, uci  # noqa: E402

from ml.merging.fit import Lesson, fit  # noqa: E402
from ml.merging.model import Found, MergeConfig  # noqa: E402
from ml.metrics import bootstrap_interval  # noqa: E402

K = 20
BATCH = 1000
LESSONS = 3000
FEWEST_COLD = 30  # seeds, for a figure of cold ones that says anything
PARTS = ("baskets", "links", "strips")
Values = NDArray[np.float64]


@dataclass(frozen=True)
class Result:
    """recall@20 and ndcg@20 of each seed, both (q,)."""

    recall: Values
    ndcg: Values


def score(ranked: NDArray[np.int64], rest: NDArray[np.int64]) -> tuple[float, float]:
    """recall@20 and ndcg@20 of one seed's list; both are 1 where no list could be better."""
    hits = np.isin(ranked[:K], rest)
    most = min(K, len(rest))
    gains = 1 / np.log2(np.arange(2, K + 2))
    return hits.sum() / most, float(hits @ gains[: len(hits)]) / gains[:most].sum()


def ask_all(data: Round, ask: Callable[[int], NDArray[np.int64]]) -> Result:
    values = [score(ask(int(seed)), rest) for seed, rest in zip(data.seeds, data.rest, strict=True)]
    recall, ndcg = np.array(values).T
    return Result(recall, ndcg)


def ask_matrix(data: Round, scores_of: Callable[[Any], Any]) -> Result:
    values = []
    for start in range(0, len(data.seeds), BATCH):
        seeds = data.seeds[start : start + BATCH]
        scores = scores_of(seeds)
        scores[np.arange(len(seeds)), seeds] = -np.inf
        best = np.argpartition(-scores, K, axis=1)[:, :K] if scores.shape[1] > K else None
        for row in range(len(seeds)):
            some = best[row] if best is not None else np.arange(scores.shape[1])
            ranked = some[np.argsort(-scores[row, some], kind="stable")]
            values.append(score(ranked, data.rest[start + row]))
    recall, ndcg = np.array(values).T
    return Result(recall, ndcg)


def merged_results(data: DataSet) -> tuple[dict[str, Result], dict[str, Any]]:
    """Each set alone, all merged by what the lessons taught, and the same by equal trust."""
    taught = RecallSets(data.lessons)
    chosen = np.random.default_rng(1).permutation(len(data.lessons.seeds))[:LESSONS]
    lessons = [
        Lesson(taught.lists(int(data.lessons.seeds[k])), set(data.lessons.rest[k].tolist()))
        for k in chosen
    ]
    merger, metrics = fit(lessons, MergeConfig(taught.names))
    sets = RecallSets(data.test)
    lists = {int(seed): sets.lists(int(seed)) for seed in np.unique(data.test.seeds)}
    results = {f"set: {name}": _alone(data.test, lists, name) for name in sets.names}
    results["merged, equal trust"] = ask_all(data.test, lambda seed: _by_place(lists[seed]))
    results["merged"] = ask_all(data.test, lambda seed: merger.merge(lists[seed])[0])
    return results, metrics


def _alone(data: Round, lists: dict[int, dict[str, Found]], name: str) -> Result:
    return ask_all(data, lambda seed: lists[seed][name].ids)


def _by_place(lists: dict[str, Found]) -> NDArray[np.int64]:
    """Reciprocal ranks added up: what is left of merging without learning."""
    total: dict[int, float] = {}
    for found in lists.values():
        for place, thing in enumerate(found.ids.tolist()):
            total[thing] = total.get(thing, 0.0) + 1 / (place + 10)
    return np.array(sorted(total, key=lambda thing: (-total[thing], thing)), dtype=np.int64)


def print_baskets(data: DataSet) -> dict[str, Any]:
    started = time.monotonic()
    base = {name: ask_matrix(data.test, ask) for name, ask in baselines(data.test)}
    found, learnt = merged_results(data)
    cold = data.test.is_cold
    print(
        f"\n{data.name}: {len(data.test.seeds):,} seeds ({cold.sum():,} cold), "
        f"{data.test.n:,} things, {len(data.lessons.seeds):,} seeds to learn from"
    )
    print(f"{'':32}{'recall@20':>24}{'ndcg@20':>24}{'recall@20, cold':>26}")
    rows = {name: _line(name, result, cold) for name, result in (base | found).items()}
    gains = {column: _gain(base, found["merged"], column, None) for column in ("recall", "ndcg")}
    if cold.sum() >= FEWEST_COLD:
        gains["cold recall"] = _gain(base, found["merged"], "recall", cold)
    for name, gain in gains.items():
        print(
            f"  {name}: merged over best ({gain['best']}) {gain['relative']:+.1%}, "
            f"difference {gain['low']:+.4f} to {gain['high']:+.4f}"
        )
    print(f"  {time.monotonic() - started:.0f} s")
    return {"rows": rows, "over_best": gains, "learnt": learnt, "cold_seeds": int(cold.sum())}


def _line(name: str, result: Result, cold: NDArray[np.bool_]) -> dict[str, Any]:
    told = {"recall": _estimate(result.recall), "ndcg": _estimate(result.ndcg)}
    if cold.sum() >= FEWEST_COLD:
        told["recall, cold"] = _estimate(result.recall[cold])
    print(f"  {name:30}" + "".join(f"{_said(each):>24}" for each in told.values()))
    return told


def _estimate(values: Values) -> dict[str, float]:
    low, high = bootstrap_interval(lambda rows: float(values[rows].mean()), len(values))
    return {"mean": float(values.mean()), "low": low, "high": high}


def _said(estimate: dict[str, float]) -> str:
    return f"{estimate['mean']:.4f} ({estimate['low']:.3f}–{estimate['high']:.3f})"


def _gain(
    base: dict[str, Result], merged: Result, column: str, chosen: NDArray[np.bool_] | None
) -> dict[str, Any]:
    def of(result: Result) -> Values:
        values: Values = getattr(result, column)
        return values if chosen is None else values[chosen]

    best = max(base, key=lambda name: float(of(base[name]).mean()))
    apart = of(merged) - of(base[best])
    low, high = bootstrap_interval(lambda rows: float(apart[rows].mean()), len(apart))
    mean = float(of(base[best]).mean())
    relative = float(apart.mean()) / mean if mean else float("nan")
    return {"best": best, "relative": relative, "low": low, "high": high}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="UCI alone, and small strips")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--sequences", type=Path, help="lines of user item item …; baskets alone")
    parser.add_argument("--only", choices=PARTS)
    options = parser.parse_args()
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    report: dict[str, Any] = {}
    parts = [options.only] if options.only else list(PARTS)
    if options.sequences:
        try:
            told = sequences(options.sequences)
        except (OSError, ValueError) as error:
            parser.error(f"--sequences: {error}")
        report["baskets"] = [print_baskets(told)]
        parts = []
    if "baskets" in parts:
        readers = [uci] if options.quick else [uci, hm]
        report["baskets"] = [print_baskets(read(options.data)) for read in readers]
    if "links" in parts:
        from _complement_links import print_links

        report["links"] = print_links(options.quick, options.data)
    if "strips" in parts:
        from _strips import print_strips

        report["strips"] = print_strips(options.quick)
    if options.json:
        options.json.write_text(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
