"""When a snapshot is built anew: one process at a time, while all others go on searching.

A process killed on the way leaves the snapshot in service as it was, and gives the lock back.
"""

from __future__ import annotations

import time

import structlog
from django.conf import settings

from recommender import refreshing, selectors
from recommender.indexes.following import Field
from recommender.indexes.inference import Progress, store_of
from recommender.locks import only_here
from recommender.models import EmbeddingRelease

log = structlog.get_logger()

# A large index takes minutes to build: there it is done after this share of it has changed.
CHANGED_SHARE = 0.02
Status = EmbeddingRelease.Status


def rebuild_due() -> bool:
    """Build what is due for the release in service, and for one that is about to be.

    False while another process is at it.
    """
    with only_here("rebuild") as is_mine:
        if not is_mine:
            return False
        for state in EmbeddingRelease.objects.exclude(status=Status.RETIRED):
            if state.status == Status.REFRESHING and not refreshing.is_complete(state):
                continue
            for field in Field:
                if _is_due(state.release, field):
                    _build(state.release, field, _silent)
            if state.status == Status.REFRESHING:
                refreshing.take_over(state)
        return True


def rebuild(release: str, progress: Progress) -> int | None:
    """Build the snapshots of a release, due or not; how many items it has.

    None while another process is at it.
    """
    with only_here("rebuild") as is_mine:
        if not is_mine:
            return None
        _build(release, Field.TITLE, progress)
        return _build(release, Field.ITEM, progress)


def take_over_if_ready(state: EmbeddingRelease) -> bool:
    """Put a refreshed release in service, unless its snapshot must be built first.

    Else every process would read all its rows at the same moment.
    """
    return not is_due(state.release) and refreshing.take_over(state)


def is_due(release: str) -> bool:
    """Whether more has changed since the last building than processes should follow one by one."""
    return any(_is_due(release, field) for field in Field)


def _is_due(release: str, field: Field) -> bool:
    made = store_of(release, field).made()
    if made is None:
        return selectors.vectors_of(release, field).count() >= settings.INDEX_REBUILD_AFTER
    if selectors.newest_revision(release) < made.revision:
        return True  # made from rows that are gone: the database is an older copy
    changed = selectors.rows_of(release).filter(revision__gt=made.revision)
    return changed.count() >= max(settings.INDEX_REBUILD_AFTER, CHANGED_SHARE * made.count)


def _build(release: str, field: Field, progress: Progress) -> int:
    started = time.monotonic()
    count = store_of(release, field).publish(progress)
    seconds = round(time.monotonic() - started, 1)
    log.info("index_rebuilt", release=release, field=field.value, items=count, seconds=seconds)
    return count


def _silent(done: int, total: int) -> None:
    pass
