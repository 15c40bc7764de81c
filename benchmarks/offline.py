"""Which things come in the same baskets: co-occurrence over five million events.

    python benchmarks/offline.py [--quick] [--json OUT] [--events 5000000] [--spark | --no-spark]

500,000 people, 50,000 items of a Zipf-like popularity, seeded; of each item the 20 with the highest
cosine. What is measured is the expression that the offline aggregation uses
(recommender/offline/pairs.py), from a Parquet file to an Arrow table, on DuckDB and, where it is
installed, on Spark on this machine. The baseline in the same run is the same cosine by sparse
matrices in blocks (scipy), which holds everything in memory and runs on one machine only; the
cosines of both are compared, pair by pair. Each engine runs in a process of its own, so that its
peak memory is its own. Of Spark only the Python side is measured; its Java process is limited.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from _memory import peak_mb

PEOPLE_OF, ITEMS_OF = 10, 100  # events for each person, and for each item
TOP = 20
LEAST_SUPPORT = 2
SEED = 7
BLOCK = 2_000  # items
COMPARED = 2_000  # items
NAMES = {
    "scipy": "scipy blocks (baseline)",
    "duckdb": "Ibis on DuckDB",
    "pyspark": "Ibis on Spark",
}


def main() -> None:
    options = read_options()
    if options.child:
        print(json.dumps(child(options.child, Path(options.folder), options.memory)))
        return
    events = 200_000 if options.quick else options.events
    with tempfile.TemporaryDirectory(prefix="bench-offline-") as folder:
        write_events(Path(folder), events)
        engines = ["scipy", "duckdb", *(["pyspark"] if with_spark(options) else [])]
        runs = [measured(engine, Path(folder), options.memory) for engine in engines]
        load = f"load {os.getloadavg()[0]:.1f}"
        report: dict[str, Any] = {
            "machine": f"{platform.machine()}, {os.cpu_count()} cores, {load}",
            "events": events,
            "people": events // PEOPLE_OF,
            "items": events // ITEMS_OF,
            "memory_limit": options.memory,
            "runs": runs,
            "same": {engine: same(Path(folder), engine) for engine in engines[1:]},
        }
    show(report)
    if options.json:
        options.json.write_text(json.dumps(report, indent=2) + "\n")


def write_events(folder: Path, count: int) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    random = np.random.default_rng(SEED)
    items = count // ITEMS_OF
    popularity = 1 / np.arange(1, items + 1) ** 0.6
    rows = {
        "basket": random.integers(0, count // PEOPLE_OF, count),
        "thing": random.choice(items, count, p=popularity / popularity.sum()),
    }
    pq.write_table(pa.table(rows), folder / "events.parquet")


def measured(engine: str, folder: Path, memory: str) -> dict[str, Any]:
    command = [sys.executable, __file__, "--child", engine, "--folder", str(folder)]
    done = subprocess.run(
        [*command, "--memory", memory], stdout=subprocess.PIPE, text=True, check=True
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def child(engine: str, folder: Path, memory: str) -> dict[str, Any]:
    started = time.monotonic()
    rows, seconds = by_scipy(folder) if engine == "scipy" else by_engine(engine, folder, memory)
    return {
        "engine": engine,
        "seconds": round(seconds, 1),
        "with_start": round(time.monotonic() - started, 1),
        "cpu": round(time.process_time(), 1),
        "rows": rows,
        "peak_mb": round(peak_mb()),
    }


def by_engine(engine: str, folder: Path, memory: str) -> tuple[int, float]:
    import pyarrow.parquet as pq

    from recommender.offline.engine import EngineConfig, open_engine
    from recommender.offline.pairs import pairs

    with open_engine(EngineConfig(engine, temp=folder, memory=memory, threads=2)) as opened:
        started = time.monotonic()
        baskets = opened.read([folder / "events.parquet"])
        found = opened.arrow(pairs(baskets, least_support=LEAST_SUPPORT, top=TOP, by="ochiai"))
        seconds = time.monotonic() - started
    pq.write_table(found.select(["a", "b", "ochiai"]), folder / f"{engine}.parquet")
    return len(found), seconds


def by_scipy(folder: Path) -> tuple[int, float]:
    """The baseline: the product of the sparse basket × item matrix with itself, by blocks."""
    import pyarrow as pa
    import pyarrow.parquet as pq
    import scipy.sparse as sp

    started = time.monotonic()
    table = pq.read_table(folder / "events.parquet")
    basket, thing = (table[name].to_numpy() for name in ("basket", "thing"))
    matrix = sp.csr_matrix((np.ones(len(thing), np.float32), (basket, thing)))
    matrix.data[:] = 1  # a thing counts once in a basket
    counts = np.asarray(matrix.sum(axis=0)).ravel()
    left, right, scores = [], [], []
    columns = matrix.T.tocsr()
    for start in range(0, columns.shape[0], BLOCK):
        both = (columns[start : start + BLOCK] @ matrix).tocsr()
        for row in range(both.shape[0]):
            one = slice(both.indptr[row], both.indptr[row + 1])
            others, met = both.indices[one], both.data[one]
            kept = (met >= LEAST_SUPPORT) & (others != start + row)
            others, met = others[kept], met[kept]
            cosines = met / np.sqrt(counts[start + row] * counts[others])
            best = np.lexsort((others, -met, -cosines))[:TOP]
            left.append(np.full(len(best), start + row))
            right.append(others[best])
            scores.append(cosines[best])
    found = {"a": left, "b": right, "ochiai": scores}
    made = pa.table({name: np.concatenate(parts) for name, parts in found.items()})
    seconds = time.monotonic() - started
    pq.write_table(made, folder / "scipy.parquet")
    return len(made), seconds


def same(folder: Path, engine: str) -> float:
    """Of the first items, the share whose best cosines are those of the baseline."""
    import pyarrow.parquet as pq

    def best(name: str) -> dict[int, list[float]]:
        table = pq.read_table(folder / f"{name}.parquet", filters=[("a", "<", COMPARED)])
        found: dict[int, list[float]] = {}
        for thing, score in zip(table["a"].to_pylist(), table["ochiai"].to_pylist(), strict=True):
            found.setdefault(thing, []).append(score)
        return {thing: sorted(scores) for thing, scores in found.items()}

    ours, theirs = best(engine), best("scipy")
    agree = [
        len(ours.get(thing, [])) == len(scores) and np.allclose(ours[thing], scores, atol=1e-5)
        for thing, scores in theirs.items()
    ]
    return float(np.mean(agree)) if agree else 0.0


def show(report: dict[str, Any]) -> None:
    print(
        f"{report['events']:,} events, {report['people']:,} people, {report['items']:,} items,"
        f" top {TOP} of each; {report['machine']}, two threads, limit {report['memory_limit']}\n"
    )
    columns = f"{'seconds':>9}{'with start':>12}{'cpu':>8}{'pairs':>12}{'peak MB':>9}"
    print(f"{'':<28}{columns}{'as baseline':>13}")
    for run in report["runs"]:
        agrees = report["same"].get(run["engine"])
        print(
            f"{NAMES[run['engine']]:<28}{run['seconds']:>9.1f}{run['with_start']:>12.1f}"
            f"{run['cpu']:>8.1f}{run['rows']:>12,}{run['peak_mb']:>9,}"
            + (f"{agrees:>13.1%}" if agrees is not None else f"{'–':>13}")
        )
    if len(report["runs"]) < 3:
        print("\nSpark was left out: --spark asks for it; it needs the extra [spark] and Java 17.")


def with_spark(options: argparse.Namespace) -> bool:
    if options.spark is not None:
        return bool(options.spark)
    return not options.quick and bool(importlib.util.find_spec("pyspark") and shutil.which("java"))


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--quick", action="store_true", help="200,000 events and no Spark")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--events", type=int, default=5_000_000)
    parser.add_argument("--memory", default="2GB", help="the engines' limit")
    parser.add_argument("--spark", action=argparse.BooleanOptionalAction, default=None)
    parser.add_argument("--child", help=argparse.SUPPRESS)
    parser.add_argument("--folder", help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
