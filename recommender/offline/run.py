"""One aggregation from the behaviour log to the tables that strips read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from recommender import policy
from recommender.aggregates import replace_rows
from recommender.events.export import export_days, exported_days
from recommender.models import AggregationRun
from recommender.offline import sources
from recommender.offline.claims import Claim, claim
from recommender.offline.daily import FACTS, DailyFacts, fingerprint_of
from recommender.offline.engine import Engine, EngineConfig, open_engine
from recommender.offline.windows import (
    AGGREGATIONS,
    Aggregation,
    Facts,
    Window,
    ordered,
    training_pairs,
    window_of,
)
from recommender.recall_sets.base import Entry

if TYPE_CHECKING:
    import ibis
    import pyarrow as pa

Progress = Callable[[float, str], None]

# What share of a run is over when the days are read, and when what is for sale is.
DAYS_READ, ITEMS_READ, COUNTING_STARTS = 0.4, 0.5, 0.55
PAIRS_FILE = Path("deeprecs") / "pairs.parquet"


def aggregate(
    *,
    since: date | None = None,
    until: date | None = None,
    engine: str | None = None,
    progress: Progress | None = None,
) -> AggregationRun | None:
    """Bring all tables up to date with the behaviour log; None while another process does.

    1  claim the run
    2  export the days whose events changed since they were exported
    3  make facts of the days whose export changed
    4  write down what is for sale
    5  count each table over its window and put it in the place of the old one
    6  write the pairs that DeepRecs learns from

    Days before `since` and after `until` are as if nothing had happened on them; behaviour is as
    old as it is on the last day. Killed at any point, it leaves every table whole, old or new, and
    the next run goes on with the days that are left. Raises EngineError and whatever else stops
    it, after the reason was written down.
    """
    last = until or timezone.now().date()
    first = since or last - timedelta(days=max(policy.PURCHASE_DAYS, policy.VIEW_DAYS) - 1)
    config = _config(engine)
    claimed = claim(engine=config.name, first_day=first, last_day=last)
    if claimed is None:
        return None
    with claimed, open_engine(config) as opened:
        _Aggregation(claimed, opened, progress or _silent).go(first, last)
    return claimed.run


class _Aggregation:
    """The steps of one run, in their order."""

    def __init__(self, claimed: Claim, engine: Engine, tell: Progress) -> None:
        self._claim, self._engine, self._tell = claimed, engine, tell
        self._facts = DailyFacts(settings.OFFLINE_DIR / "facts")

    def go(self, first: date, last: date) -> None:
        self._export(first, last)
        self._make_facts(first, last)
        items, details = self._write_items()
        window = self._window(first, last, items, details)
        for place, aggregation in enumerate(AGGREGATIONS):
            self._replace(window, aggregation)
            self._note(place + 1, len(AGGREGATIONS) + 1, COUNTING_STARTS, 1.0, aggregation.kind)
        with self._claim.step("training pairs") as made:
            made.append(self._write_pairs(training_pairs(window)))

    def _export(self, first: date, last: date) -> None:
        with self._claim.step("export") as made:
            for day, rows in export_days(settings.EVENTS_DIR, since=first, until=last):
                made.append(rows)
                read, all_days = (day - first).days + 1, (last - first).days + 1
                self._note(read, all_days, 0.0, DAYS_READ / 2, f"events of {day}")

    def _make_facts(self, first: date, last: date) -> None:
        exported = exported_days(settings.EVENTS_DIR)
        self._facts.forget(set(self._facts.days()) - set(exported))
        within = {day: folder for day, folder in exported.items() if first <= day <= last}
        prints = {day: fingerprint_of(folder) for day, folder in within.items()}
        stale = self._facts.stale(prints)
        with self._claim.step("days") as made:
            for place, day in enumerate(stale):
                made.append(self._facts.make(self._engine, day, exported[day], prints[day]))
                self._claim.note(days_read=[*self._claim.run.days_read, day])
                self._note(place + 1, len(stale), DAYS_READ / 2, DAYS_READ, f"facts of {day}")

    def _write_items(self) -> tuple[Path, Path]:
        with self._claim.step("items") as made:
            items, details, count = sources.write_items(
                settings.OFFLINE_DIR / "items",
                lambda share: self._note(share, 1, DAYS_READ, ITEMS_READ, "what is for sale"),
            )
            made.append(count)
        return items, details

    def _window(self, first: date, last: date, items: Path, details: Path) -> Window:
        engine = self._engine
        with self._claim.step("window") as made:
            facts = Facts(
                **{name: self._facts.read(engine, name, first, last) for name in FACTS},
                items=engine.read([items]),
                item_attributes=engine.read([details]),
                today=last,
            )
            window = window_of(facts, self._engine.keep)
            made.append(self._engine.count(window.purchases) + self._engine.count(window.views))
        return window

    def _replace(self, window: Window, aggregation: Aggregation) -> None:
        with self._claim.step(aggregation.kind) as made:
            rows = self._engine.batches(ordered(aggregation.rows(window), aggregation.entries))
            # A run that was taken over while the engine counted must not write over its successor.
            with transaction.atomic():
                made.append(replace_rows(kind=aggregation.kind, rows=entries_by_key(rows)))
                self._claim.progress(self._claim.run.progress)

    def _write_pairs(self, pairs: ibis.Table) -> int:
        path = settings.OFFLINE_DIR / PAIRS_FILE
        path.parent.mkdir(parents=True, exist_ok=True)
        self._engine.write(pairs, path)
        return self._engine.count(self._engine.read([path]))

    def _note(self, done: float, of: float, start: float, end: float, what: str) -> None:
        share = start + (end - start) * done / of
        self._claim.progress(share)
        self._tell(share, what)


def entries_by_key(batches: Iterable[pa.RecordBatch]) -> Iterator[tuple[str, list[Entry]]]:
    """Rows of key, id, score and support, a key's together, as rows of AggregateRow."""
    rows = (
        row
        for batch in batches
        for row in zip(*(column.to_pylist() for column in batch.columns), strict=True)
    )
    for key, own in groupby(rows, key=itemgetter(0)):
        # DuckDB adds up whole numbers as decimals, which Ibis takes for integers already.
        yield key, [(thing, round(score, 9), int(support)) for _, thing, score, support in own]


def _config(engine: str | None) -> EngineConfig:
    return EngineConfig(
        name=engine or settings.OFFLINE_ENGINE,
        temp=settings.OFFLINE_DIR / "temp",
        memory=settings.OFFLINE_MEMORY,
        threads=settings.OFFLINE_THREADS,
        master=settings.OFFLINE_SPARK_MASTER,
    )


def _silent(share: float, what: str) -> None:
    pass
