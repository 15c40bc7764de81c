"""Filtered nearest neighbours among a million items: the mapped snapshot beside exact search.

    python benchmarks/index.py [--quick] [--json OUT]

Baseline: exact float32 search over the rows that the filter leaves. A second table has pgvector
beside both, at a size whose graph is built in minutes. Vectors: 100 groups of 20
clusters on the unit sphere of 256 dimensions with noise of rank 48, seeded; queries come from the
same clusters and are not stored. 2% of the items are in the fresh shard, 3% of the base are
tombstones. A filter is the query's category and not its seller; categories hold about 5 to 10% of
the items, once following the groups, as likeness does, and once at random, which is the hardest for
an index. Each search answers all queries in turn, after 20 that are not counted. The 95% interval
of recall is from a bootstrap over queries. One thread.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import faiss
import numpy as np
import psycopg
from numpy.typing import NDArray

from listing_assistant.embedded import EmbeddedServers, running
from ml.index import Ids
from ml.index_pgvector import PgVectorIndex, drop_tables
from ml.index_snapshot import SnapshotIndex, open_base, publish, read_manifest

DIM, CLUSTERS, RANK, SELLERS = 256, 2000, 48, 20_000
GROUPS, NOISE, CATEGORIES = 100, 0.6, 14
K = 50
SEED = 11
CHUNK = 50_000
WARM_UP = 20  # queries before the clock counts

Engine = SnapshotIndex | PgVectorIndex


class World:
    """Vectors with their labels; the last rows are the queries."""

    def __init__(self, count: int, queries: int) -> None:
        random = np.random.default_rng(SEED)
        total = count + queries
        groups = random.normal(size=(GROUPS, DIM)).repeat(CLUSTERS // GROUPS, axis=0)
        centres = (groups + 0.8 * random.normal(size=(CLUSTERS, DIM))).astype(np.float32)
        spread = (random.normal(size=(RANK, DIM)) / np.sqrt(RANK)).astype(np.float32)
        clusters = random.integers(0, CLUSTERS, total)
        rows = np.empty((total, DIM), dtype=np.float32)
        for start in range(0, total, CHUNK):
            part = slice(start, min(start + CHUNK, total))
            noise = random.normal(size=(len(clusters[part]), RANK)).astype(np.float32)
            rows[part] = centres[clusters[part]] + NOISE * noise @ spread
            rows[part] /= np.linalg.norm(rows[part], axis=1, keepdims=True)
        shares = random.uniform(0.05, 0.1, CATEGORIES)
        of_group = random.choice(CATEGORIES, GROUPS, p=shares / shares.sum())
        of_cluster = of_group.repeat(CLUSTERS // GROUPS)
        self.count = count
        self.rows = rows
        self.sellers = random.integers(0, SELLERS, total)
        self.categories = {
            "category of the clusters": of_cluster[clusters].astype(np.int64),
            "category at random": random.choice(CATEGORIES, total, p=shares / shares.sum()),
        }
        self.fresh = random.permutation(count)[: count // 50]
        self.sold = np.setdiff1d(random.permutation(count)[: count * 3 // 100], self.fresh)

    def items(self) -> Ids:
        return np.arange(self.count)

    def queries(self) -> Ids:
        return np.arange(self.count, len(self.rows))


def main() -> None:
    options = _parser().parse_args()
    faiss.omp_set_num_threads(1)
    count = options.count or (60_000 if options.quick else 1_000_000)
    few = min(count, 10_000 if options.quick else 100_000)
    queries = 100 if options.quick else 1000
    machine = (
        f"{platform.machine()}, {os.cpu_count()} cores, one thread, load {os.getloadavg()[0]:.1f}"
    )
    figures: dict[str, Any] = {"machine": machine, "dim": DIM, "k": K, "runs": []}
    figures["runs"] += list(runs(World(count, queries), database=None))
    figures["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    if not options.no_pgvector:
        with tempfile.TemporaryDirectory() as folder, database(Path(folder)) as connection:
            figures["runs"] += list(runs(World(few, queries), database=connection))
    show(figures)
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n")


def runs(world: World, *, database: psycopg.Connection | None) -> Iterator[dict[str, Any]]:
    """One for each kind of category."""
    for name, categories in world.categories.items():
        with tempfile.TemporaryDirectory() as folder:
            engines: dict[str, tuple[Engine, dict[str, Any]]] = {
                "snapshot": snapshot(world, categories, Path(folder))
            }
            if database is not None:
                engines["pgvector"] = table(world, categories, database)
            run = measured(world, categories, {name: one for name, (one, _) in engines.items()})
        yield {
            "filter": name,
            "items": world.count,
            "built": {name: about for name, (_, about) in engines.items()},
            **run,
        }


def snapshot(world: World, categories: Ids, root: Path) -> tuple[SnapshotIndex, dict[str, Any]]:
    """The mapped base with its fresh shard and tombstones; what building and opening it cost."""
    base = np.setdiff1d(world.items(), world.fresh)
    rows = world.rows[base]
    build = _seconds(
        lambda: publish(
            root,
            release="r",
            revision=1,
            ids=base,
            vectors=rows,
            categories=categories[base],
            sellers=world.sellers[base],
        )
    )
    opened = _seconds(lambda: open_base(root, verify=False))
    verified = _seconds(lambda: open_base(root))
    manifest = read_manifest(root)
    before = _private_mb()
    index = SnapshotIndex(DIM, open_base(root, verify=False))
    change(index, world, categories)
    return index, {
        "seconds": round(build, 1),
        "private_mb": round(_private_mb() - before, 1),
        "open_ms": round(opened * 1000, 2),
        "open_verified_ms": round(verified * 1000, 1),
        "file_mb": sum(file.stat().st_size for file in root.glob("*/*")) // 2**20,
        "nlist": manifest.nlist,
        "probes": [
            (probe.share, probe.nprobe, round(probe.recall, 4)) for probe in manifest.probes
        ],
    }


def table(
    world: World, categories: Ids, connection: psycopg.Connection
) -> tuple[PgVectorIndex, dict[str, Any]]:
    """The same items in the database, what is fresh added to the graph one by one."""
    drop_tables(connection.cursor, "benchmark")
    index = PgVectorIndex(connection.cursor, "benchmark", DIM)
    base = np.setdiff1d(world.items(), world.fresh)
    kinds, owners = categories[base], world.sellers[base]
    build = _seconds(lambda: index.add(base, world.rows[base], categories=kinds, sellers=owners))
    changes = _seconds(lambda: change(index, world, categories))
    connection.execute("VACUUM ANALYZE benchmark")
    size = connection.execute("SELECT pg_total_relation_size('benchmark')").fetchone()
    return index, {
        "seconds": round(build, 1),
        "change_ms": round(changes * 1000 / (len(world.fresh) + len(world.sold)), 2),
        "file_mb": size[0] // 2**20 if size else 0,
    }


def change(index: Engine, world: World, categories: Ids) -> None:
    fresh = world.fresh
    kinds, owners = categories[fresh], world.sellers[fresh]
    index.add(fresh, world.rows[fresh], categories=kinds, sellers=owners)
    index.remove(world.sold)


@contextmanager
def database(folder: Path) -> Iterator[psycopg.Connection]:
    """A server of its own, with room to build the graph in memory."""
    servers = EmbeddedServers(folder)
    with running(servers), psycopg.connect(servers.database_url, autocommit=True) as connection:
        connection.execute("SET maintenance_work_mem = '1GB'")
        connection.execute("SET max_parallel_maintenance_workers = 0")
        yield connection


def measured(world: World, categories: Ids, engines: Mapping[str, Engine]) -> dict[str, Any]:
    """Every query through the exact search, then through each engine, as they would serve.

    One after the other: a scan of many megabytes before every query would leave an engine no cache.
    """
    standing = np.ones(world.count, dtype=bool)
    standing[world.sold] = False
    searches: dict[str, Callable[[int], Ids]] = {
        "exact": partial(exact, world, categories, standing),
        **{name: partial(filtered, one, world, categories) for name, one in engines.items()},
    }
    answers = {name: _in_turn(search, world.queries()) for name, search in searches.items()}
    truths = [truth for truth, _ in answers["exact"]]
    return {
        "queries": len(truths),
        "ms": {
            name: _percentiles([seconds for _, seconds in given]) for name, given in answers.items()
        },
        "recall": {
            name: [round(value, 4) for value in _interval(_recalls(answers[name], truths))]
            for name in engines
        },
    }


def _in_turn(search: Callable[[int], Ids], queries: Ids) -> list[tuple[Ids, float]]:
    """Answers and seconds; a few queries before them are not counted."""
    for query in queries[:WARM_UP].tolist():
        search(query)
    return [_timed(partial(search, query)) for query in queries.tolist()]


def _recalls(given: Sequence[tuple[Ids, float]], truths: Sequence[Ids]) -> NDArray[np.float64]:
    shares = [
        len(np.intersect1d(found, truth)) / len(truth)
        for (found, _), truth in zip(given, truths, strict=True)
    ]
    return np.array(shares)


def filtered(index: Engine, world: World, categories: Ids, query: int) -> Ids:
    row, seller = world.rows[query : query + 1], int(world.sellers[query])
    ids, _ = index.search(row, K, category=int(categories[query]), not_seller=seller)
    return np.asarray(ids[0])


def exact(world: World, categories: Ids, standing: NDArray[np.bool_], query: int) -> Ids:
    """The baseline, by numpy alone."""
    wanted = standing & (categories[: world.count] == categories[query])
    wanted &= world.sellers[: world.count] != world.sellers[query]
    rows = np.flatnonzero(wanted)
    scores = world.rows[rows] @ world.rows[query]
    return np.asarray(rows[np.argpartition(-scores, K)[:K]])


def _timed(call: Callable[[], Ids]) -> tuple[Ids, float]:
    started = time.perf_counter()
    answer = call()
    return answer, time.perf_counter() - started


def _seconds(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def _percentiles(seconds: list[float]) -> dict[str, float]:
    p50, p99 = np.percentile(seconds, [50, 99]) * 1000
    return {"p50": round(float(p50), 2), "p99": round(float(p99), 2)}


def _interval(values: NDArray[np.float64]) -> tuple[float, float, float]:
    random = np.random.default_rng(SEED)
    means = [random.choice(values, len(values)).mean() for _ in range(1000)]
    low, high = np.percentile(means, [2.5, 97.5])
    return float(values.mean()), float(low), float(high)


def _private_mb() -> float:
    """Memory of this process alone: what a second process would need again."""
    fields = dict(
        line.split(":") for line in Path("/proc/self/smaps_rollup").read_text().splitlines()[1:]
    )
    return sum(int(fields[key].split()[0]) for key in ("Private_Dirty",)) / 1024


def show(figures: dict[str, Any]) -> None:
    print(f"dim {figures['dim']}, top {figures['k']}; {figures['machine']}")
    for run in figures["runs"]:
        print(f"\n{run['items']:,} items, {run['filter']}: {run['queries']} queries")
        for name, about in run["built"].items():
            print(f"  {name}: " + ", ".join(f"{key} {value}" for key, value in about.items()))
        print("                     p50 ms   p99 ms   recall@50")
        for name, ms in run["ms"].items():
            recall = "1 (baseline)"
            if name in run["recall"]:
                mean, low, high = run["recall"][name]
                recall = f"{mean:.4f} [{low:.4f}, {high:.4f}]"
            print(f"  {name:<17}{ms['p50']:>8.2f} {ms['p99']:>8.2f}   {recall}")
    print(f"\npeak memory {figures['peak_mb']} MB at {figures['runs'][0]['items']:,} items")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="60,000 items: under a minute")
    parser.add_argument("--count", type=int, help="another number of items")
    parser.add_argument("--no-pgvector", action="store_true", help="the first table alone")
    parser.add_argument("--json", type=Path, help="write the figures here")
    return parser


if __name__ == "__main__":
    main()
