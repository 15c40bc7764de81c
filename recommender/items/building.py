"""When the item table is made anew, and tables of days that are over, for training.

One process at a time builds; others read the table before, which a process killed on the way leaves
as it was.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
import structlog
from django.utils import timezone

from listing_assistant.listings.models import Listing, State
from recommender import policy, published, selectors
from recommender.items import table as tables
from recommender.items.columns import COLUMNS, Dims, Ids, Items
from recommender.items.history import DaysLog, History, PriorMaker, Tally, copied
from recommender.items.profiles import forget_profiles_but, store_profiles
from recommender.items.reading import departments_of, dims_of, empty_items, read_items
from recommender.items.table import ItemTable, Manifest, TableError
from recommender.locks import only_here

log = structlog.get_logger()

READ_CHUNK = 5000

Progress = Callable[[int, int], None]


# --- For serving --------------------------------------------------------------------------------


def build_table(*, progress: Progress | None = None) -> Manifest | None:
    """Build the table of today and put it in service, due or not; None while another process does.

    `progress` hears how many of how many listings have been read.
    """
    with only_here("items") as is_mine:
        return _build(progress or _silent) if is_mine else None


def build_due() -> bool:
    """Build the table if it is due; False while another process is at it."""
    with only_here("items") as is_mine:
        if is_mine and is_due():
            _build(_silent)
        return is_mine


def is_due() -> bool:
    """The day is over, the vectors are of another release, or enough changed since the last one."""
    try:
        made = tables.manifest_in_service()
    except TableError as error:
        log.warning("item_table_unreadable", reason=str(error))
        made = None
    if made is None or tables.current_table() is None:
        return True
    release = selectors.serving_release() or ""
    if (made.day, made.release) != (_today().isoformat(), release):
        return True
    if time.time() - made.built_at < made.seconds / policy.TABLE_SHARE_OF_TIME:
        return False
    return _changed_since(made) > policy.TABLE_CHANGED_SHARE * made.count


def _changed_since(made: Manifest) -> int:
    """Listings that came, went or were edited, or vectors that came, whichever are more."""
    since = datetime.fromtimestamp(made.built_at, tz=UTC)
    edited = Listing.objects.filter(published_at__isnull=False, updated_at__gte=since)
    seen = selectors.rows_of(made.release).filter(revision__gt=made.revision)
    return max(edited.count(), seen.count())


def _build(progress: Progress) -> Manifest:
    """1  note what is there: what changes while it is read makes the next table due
    2  write the columns, a batch at a time, into files
    3  count what was done before today
    4  write down what people like as of today, beside what they liked before
    5  put the table in service, and with it the tastes of its day
    """
    started, today = time.time(), _today()
    release = selectors.serving_release() or ""
    revision = selectors.newest_revision(release)
    ids = _ids("state = %(live)s")
    draft = published.new_draft(tables.root())
    items = _read(ids, release, lambda n, dims: tables.new_columns(draft, n, dims), progress)
    table = _dated(items, today, release, DaysLog().as_of(today), _prior_maker())
    people = store_profiles(table)
    before = tables.current_table()
    manifest = tables.publish(draft, table, revision=revision, started=started)
    # Those of the table before stay: others follow within a moment, or still look at it.
    in_use = [each for each in (table, before) if each is not None]
    forget_profiles_but((each.day, each.release) for each in in_use)
    log.info(
        "item_table_built",
        day=table.day,
        items=len(table),
        people=people,
        seconds=manifest.seconds,
    )
    return manifest


# --- For training -------------------------------------------------------------------------------


def table_as_of(day: date) -> ItemTable:
    """As a table built on that day was, of all that ever was for sale, in memory.

    Behaviour is that of then, to the bit, where the log still has the policy.HISTORY_DAYS before
    the day. What a listing says of itself, its price and its vectors are as they are now: the past
    of those is not kept.
    """
    return next(tables_as_of([day]))


def tables_as_of(days: Iterable[date], *, listing_ids: Ids | None = None) -> Iterator[ItemTable]:
    """Of several days, in their order: what is the same in all of them is read once.

    `listing_ids` are the only ones in them, where training needs no others.
    """
    release = selectors.serving_release() or ""
    ids = _ids("published_at IS NOT NULL") if listing_ids is None else np.unique(listing_ids)
    items = _read(ids, release, empty_items, _silent)
    past, priors = DaysLog(keep=True), _prior_maker()
    for day in days:
        blank = {name: np.zeros_like(getattr(items, name)) for name in ("history", "prior")}
        yield _dated(replace(items, **blank), day, release, past.as_of(day), priors)


# --- Both ---------------------------------------------------------------------------------------


def _dated(
    items: Items, day: date, release: str, history: History, priors: PriorMaker
) -> ItemTable:
    """The columns with what was done before the day; `items` are written into."""
    prior = priors.made(history.categories)
    items.history[:] = history.listings.of(items.ids)
    items.prior[:] = prior.of(items.categories)
    there = np.isin(history.listings.keys, items.ids)
    others = Tally(history.listings.keys[~there], history.listings.counts[~there])
    return ItemTable(day.isoformat(), release, items, others, prior)


def _today() -> date:
    return timezone.now().astimezone(UTC).date()


def _silent(done: int, total: int) -> None:
    """Nobody listens."""


def _prior_maker() -> PriorMaker:
    return PriorMaker(departments_of(None))


def _ids(condition: str) -> Ids:
    """Ascending, of the listings of which the condition holds."""
    query = f"COPY (SELECT id FROM listings_listing WHERE {condition} ORDER BY id)"
    return copied(f"{query} TO STDOUT (FORMAT binary)", {"live": State.LIVE.value}, 1)[:, 0]


def _read(
    ids: Ids, release: str, allocate: Callable[[int, Dims], Items], progress: Progress
) -> Items:
    """The columns of these listings, read a batch at a time into what `allocate` gives."""
    items = allocate(len(ids), dims_of(release))
    departments = departments_of(None)
    count = 0
    for start in range(0, len(ids), READ_CHUNK):
        chunk = ids[start : start + READ_CHUNK].tolist()
        read = read_items(chunk, release=release, dims=items.dims, departments=departments)
        for name in COLUMNS:
            getattr(items, name)[count : count + len(read)] = getattr(read, name)
        count += len(read)
        progress(start + len(chunk), len(ids))
    if count == len(ids):
        return items
    # Some were deleted while the others were read; theirs is the end, which nobody wrote.
    whole = allocate(count, items.dims)
    for name in COLUMNS:
        getattr(whole, name)[:] = getattr(items, name)[:count]
    return whole
