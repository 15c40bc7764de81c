"""Loads what recall sets answer with before a process makes its first strip.

The vocabulary of fitting, the trained models with their snapshots and the index of vectors take
hundreds of milliseconds once. Within a strip's time the sets that load them would be late, and the
first visitors would see what the others found.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from functools import lru_cache

import structlog
from django.db import DatabaseError, connections

from recommender import inference, policy
from recommender.complements import inference as complements
from recommender.fitment import current_fitment
from recommender.indexes.following import Field
from recommender.indexes.inference import index_of
from recommender.items.table import current_table
from recommender.ranking import inference as ranking
from recommender.ranking.inference import RankerUnavailableError

log = structlog.get_logger()


def warm_up() -> None:
    """Once a process; whoever asks meanwhile waits for it, policy.WARM_UP_SECONDS at most.

    What cannot be loaded is left to its recall set to tell.
    """
    _warming().join(policy.WARM_UP_SECONDS)


@lru_cache(maxsize=1)
def _warming() -> threading.Thread:
    """A thread of its own, as a recall set that hangs would hang here, too."""
    thread = threading.Thread(target=_load, name="strip-warm-up", daemon=True)
    thread.start()
    return thread


def _load() -> None:
    try:
        current_fitment()
        for kind in complements.KINDS:
            with suppress(complements.ComplementsError):
                complements.load(kind)
        with suppress(RankerUnavailableError):
            ranking.load()
        release = inference.release_in_service()
        if release is not None:
            for field in Field:
                index_of(release, field).make_ready()
        current_table()
    except DatabaseError as error:
        log.warning("strips_not_warm", reason=str(error))
    finally:
        connections.close_all()
