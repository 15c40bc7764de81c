"""The marketplace as it was at a moment: what was for sale, and what behaviour had told by then.

Everything stays in memory or in a temporary folder: the tables that strips read are not touched.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.db.models import Q

from listing_assistant.listings.models import Listing, State
from recommender import policy
from recommender.events.days import midnight
from recommender.events.export import export_days, exported_days, logged_days
from recommender.recall_sets.base import Entry
from recommender.recall_sets.catalogue import LiveCatalogue

if TYPE_CHECKING:
    import pyarrow as pa

    from recommender.offline.engine import Engine
    from recommender.offline.windows import Facts


@dataclass(frozen=True)
class PastCatalogue(LiveCatalogue):
    """What could be bought at a moment: published by then, and sold or ended only later."""

    at: datetime

    def for_sale(self, prefix: str = "") -> Q:
        is_live = Q(**{f"{prefix}state": State.LIVE})
        ended_later = Q(**{f"{prefix}ended_at__gt": self.at})
        return Q(**{f"{prefix}published_at__lte": self.at}) & (is_live | ended_later)


@dataclass(frozen=True)
class MemoryAggregates:
    """The offline tables as dictionaries: kind → key → entries, best first."""

    tables: Mapping[str, Mapping[str, Sequence[Entry]]]

    def rows(self, kind: str, keys: Collection[str]) -> dict[str, Sequence[Entry]]:
        table = self.tables.get(kind, {})
        return {key: table[key] for key in keys if key in table}

    def above(self, kinds: Collection[str], threshold: float) -> MemoryAggregates:
        """The same without entries of these kinds whose score is below the threshold."""
        cut = {
            kind: {key: [e for e in entries if e[1] >= threshold] for key, entries in table.items()}
            for kind, table in self.tables.items()
            if kind in kinds
        }
        return MemoryAggregates({**self.tables, **cut})


def aggregates_until(
    last_day: date, *, progress: Callable[[float], None] = lambda share: None
) -> MemoryAggregates:
    """What the offline tables would say on the evening of that day. `progress` is told 0 to 1.

    Raises NothingHappenedError, and EngineError where DuckDB cannot be had.
    """
    from recommender.offline.engine import SCRATCH, EngineConfig, open_engine
    from recommender.offline.run import entries_by_key
    from recommender.offline.windows import AGGREGATIONS, ordered, window_of

    tables: dict[str, dict[str, list[Entry]]] = {}
    # Beside the aggregation's own, where what a killed process leaves behind is cleared away.
    root = settings.OFFLINE_DIR / "temp"
    root.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=SCRATCH, dir=root) as folder:
        config = EngineConfig(
            temp=Path(folder) / "spill", memory=settings.OFFLINE_MEMORY, threads=1
        )
        with open_engine(config) as engine:
            facts = _facts(engine, Path(folder), last_day, lambda share: progress(0.6 * share))
            window = window_of(facts, engine.keep)
            for number, aggregation in enumerate(AGGREGATIONS):
                progress(0.6 + 0.4 * number / len(AGGREGATIONS))
                rows = engine.batches(ordered(aggregation.rows(window), aggregation.entries))
                tables[aggregation.kind] = dict(entries_by_key(rows))
    return MemoryAggregates(tables)


def _facts(
    engine: Engine, folder: Path, last_day: date, progress: Callable[[float], None]
) -> Facts:
    """Events to Parquet by day, days to facts, and what there was for sale beside them."""
    from recommender.offline import sources
    from recommender.offline.daily import FACTS, DailyFacts, fingerprint_of
    from recommender.offline.windows import Facts

    logged = logged_days()
    if logged is None or logged[0] > last_day:
        raise NothingHappenedError(last_day)
    first_day = max(logged[0], last_day - timedelta(days=policy.PURCHASE_DAYS - 1))
    days = (last_day - first_day).days + 1
    exports, daily = folder / "events", DailyFacts(folder / "facts")
    for day, _rows in export_days(exports, since=first_day, until=last_day):
        export = exported_days(exports)[day]
        daily.make(engine, day, export, fingerprint_of(export))
        progress(1 - (last_day - day).days / days)
    items, details, _count = sources.write_items(folder / "items", lambda share: None)
    return Facts(
        **{name: daily.read(engine, name, first_day, last_day) for name in FACTS},
        items=engine.table(_as_of(items, midnight(last_day + timedelta(days=1)))),
        item_attributes=engine.read([details]),
        today=last_day,
    )


def _as_of(items: Path, at: datetime) -> pa.Table:
    """What was for sale at that moment, in the place of what is for sale now."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    table = pq.read_table(items)
    for_sale = Listing.objects.filter(PastCatalogue(at).for_sale()).values_list("pk", flat=True)
    is_live = pc.is_in(table["listing_id"], value_set=pa.array(for_sale, pa.int64()))
    return table.set_column(table.schema.get_field_index("is_live"), "is_live", is_live)


class NothingHappenedError(Exception):
    """There is no behaviour to make tables of; the message says until when."""

    def __init__(self, last_day: date) -> None:
        super().__init__(f"Nobody did anything until {last_day}.")
