"""Similar items among a million, for benchmarks/serving.py: whole strips, and ranking alone."""

from __future__ import annotations

import argparse
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from web import percentiles, send_load

TREES, LEAVES = 150, 31
RANKED = 1_000
RATES = (10, 20, 30, 40, 50, 60, 80, 100)
SECONDS_A_RATE = 10.0
P99_GOAL_MS = 50.0
OPENED = 5
EXPLAINED = 60
DESKTOP = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"

Timed = Callable[[Callable[[Any], None], Sequence[Any]], dict[str, float]]


def put_ranker_in_service() -> None:
    """Trees of the real size where `artefact_folder` looks for one."""
    from _million_items import random_ranker
    from django.conf import settings

    from ml.ranker.fit import save_ranker

    ranker = random_ranker(TREES, LEAVES)
    folder = Path(settings.ARTEFACTS_DIR) / "ranker"
    save_ranker(ranker, folder, metrics={}, card="Fitted on noise, for its cost alone.")


# --- Strips in this process ---------------------------------------------------------------------


def ask_for_strips(seeds: Sequence[Any], timed: Timed) -> dict[str, Any]:
    """Every second by somebody who is known and has opened things in this visit."""
    from recommender.similar.strip import similar_strip

    viewers = _viewers(seeds)
    strips: list[Any] = []
    stages: list[dict[str, float]] = []

    def ask(listing: Any) -> None:
        viewer_id, session = viewers[listing.pk]
        strips.append(
            similar_strip(listing, viewer_id=viewer_id, session_key=session, device="desktop")
        )

    def explain(listing: Any) -> None:
        told = similar_strip(listing, explain=True).explanation
        assert told is not None
        stages.append(dict(told.stages))
        runs.extend(told.runs)

    runs: list[Any] = []
    baseline = timed(ask_neighbours, seeds)
    cold = timed(ask, seeds)
    made = strips[-len(seeds) :]
    warm = timed(ask, seeds)
    with without_cache():
        timed(explain, seeds[: max(EXPLAINED, len(seeds) // 4)])
    return {
        "direct": {
            "nearest by photos and title, and cards alone": baseline,
            "similar strip, nothing in the cache": cold,
            "similar strip, candidates from the cache": warm,
        },
        "items_a_strip": sum(len(strip.slots) for strip in made) / len(made),
        "sponsored_a_strip": sum(slot.is_sponsored for strip in made for slot in strip.slots)
        / len(made),
        "first_sets": dict(Counter(slot.recall_set for strip in made for slot in strip.slots)),
        "queries_cold": _queries(lambda: ask(seeds[0])),
        "stages_p50_ms": {  # of cold ones
            name: round(float(np.median([each[name] for each in stages])), 2) for name in stages[0]
        },
        "recall_sets": {
            name: {
                **percentiles([run.milliseconds for run in runs if run.name == name]),
                **Counter(str(run.outcome) for run in runs if run.name == name),
            }
            for name in dict.fromkeys(run.name for run in runs)
        },
    }


def _viewers(seeds: Sequence[Any]) -> dict[int, tuple[int | None, str]]:
    from _million_items import make_viewer

    drawn = random.Random(6)
    ids = [seed.pk for seed in seeds]
    return {
        seed.pk: (None, "") if n % 2 else make_viewer(n, drawn.sample(ids, OPENED))
        for n, seed in enumerate(seeds)
    }


def ask_neighbours(listing: Any) -> None:
    """The plainest strip by likeness: one search, one query for what can be bought."""
    from recommender.indexes.inference import index_of
    from recommender.items.table import current_table
    from recommender.strips.cards import live_cards

    table = current_table()
    assert table is not None
    vector = table.items.joint[table.rows_of([listing.pk])[0]].astype(np.float32)
    found = index_of(table.release).search(vector, 24, category=listing.category_id)
    live_cards([pk for pk, _ in found])


def _queries(ask: Callable[[], None]) -> int:
    """Of a cold strip, for somebody who is known."""
    from django.conf import settings
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    threads, settings.RECALL_THREADS = settings.RECALL_THREADS, 0  # all on this connection
    try:
        with without_cache(), CaptureQueriesContext(connection) as queries:
            ask()
    finally:
        settings.RECALL_THREADS = threads
    return len(queries)


@contextmanager
def without_cache() -> Iterator[None]:
    from django.conf import settings

    seconds, settings.STRIP_CACHE_SECONDS = settings.STRIP_CACHE_SECONDS, 0
    try:
        yield
    finally:
        settings.STRIP_CACHE_SECONDS = seconds


# --- Ranking alone ------------------------------------------------------------------------------


def rank_many(rounds: int) -> dict[str, Any]:
    """RANKED candidates from the item table to scores, on one thread; beside the same columns and
    trees by the lightgbm package."""
    import lightgbm

    from recommender.features import feature_matrix
    from recommender.items.facts import items_of
    from recommender.items.table import current_table
    from recommender.ranking.inference import rank, ranker_of
    from recommender.releases.inference import artefact_folder

    table = current_table()
    assert table is not None
    plain = lightgbm.Booster(model_str=ranker_of(artefact_folder("ranker")).text)
    rng = np.random.default_rng(7)
    took: dict[str, list[float]] = {name: [] for name in ("columns", "ours", "plain")}
    for _ in range(rounds):
        ids = table.items.ids[rng.integers(0, len(table.items), RANKED)]
        started = time.perf_counter()
        items = items_of(ids, table)
        matrix = feature_matrix(
            items, seed=items.take(np.arange(1)), context=_context(), viewer=_viewer(items)
        )
        columns = time.perf_counter()
        answer = rank(matrix, budget_ms=10_000)
        ranked = time.perf_counter()
        package = plain.predict(matrix, num_threads=1)
        ended = time.perf_counter()
        assert np.array_equal(answer.scores, package)
        took["columns"].append((columns - started) * 1e3)
        took["ours"].append((ranked - started) * 1e3)
        took["plain"].append((columns - started + ended - ranked) * 1e3)
    kept = rounds // 10
    return {
        "candidates": RANKED,
        "trees": f"{plain.num_trees()} of at most {LEAVES} leaves, fitted on noise",
        "of them the columns": percentiles(took["columns"][kept:]),
        "columns and trees": percentiles(took["ours"][kept:]),
        "columns, trees by the lightgbm package": percentiles(took["plain"][kept:]),
    }


def _context() -> Any:
    from recommender.features import Context

    return Context(at=time.time(), country="DE", device="desktop")


def _viewer(items: Any) -> Any:
    from recommender.features import Viewer

    return Viewer(
        categories={int(pk): 0.1 for pk in items.categories[:10]},
        brands={int(key): 0.1 for key in items.brands[:10]},
        prices={int(items.currencies[0]): (3.5, 0.4)},
        vector=items.joint[3].astype(np.float32),
        recent=items.take(np.arange(1, 1 + OPENED)),
    )


# --- Through HTTP -------------------------------------------------------------------------------


def ask_at_rates(
    addresses: Sequence[str], options: argparse.Namespace, headers: list[str]
) -> dict[str, Any]:
    """Rates upwards while p99 keeps to the goal, over addresses that all were asked for before."""
    rounds: dict[str, Any] = {}
    best = 0
    for rate in RATES:
        found = send_load(
            options.port,
            list(addresses),
            rate=rate,
            seconds=SECONDS_A_RATE,
            connections=8,
            headers=headers,
        )
        rounds[f"{rate} requests/s"] = row = percentiles(found["latencies_ms"]) | {
            "requests": len(found["latencies_ms"]),
            "errors": found["errors"],
        }
        if row["p99_ms"] > P99_GOAL_MS or found["errors"]:
            break
        best = rate
    return {"rates": rounds, "requests_per_second": best}
