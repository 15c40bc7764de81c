"""How much one caller sends, and whether a session clicks faster than people do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime

import redis
import structlog
from django.conf import settings

from recommender import policy
from recommender.events import flags
from recommender.events.event import Event
from recommender.models import EventKind
from recommender.redis_clients import client_of

log = structlog.get_logger()

PACED = frozenset({EventKind.CLICK, EventKind.SEARCH, EventKind.WATCH, EventKind.CART})
MINUTE = 60


class TooManyError(Exception):
    """`seconds` until the caller may send more."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"too many events: wait {seconds} s")
        self.seconds = seconds


def check_rate(caller: str, count: int, *, now: datetime) -> None:
    """Raises TooManyError. What was refused counts too: who does not wait does not get on."""
    minute, second = divmod(int(now.timestamp()), MINUTE)
    if _add([(f"rate:{caller}:{minute}", count)])[0] > policy.EVENTS_A_MINUTE:
        raise TooManyError(MINUTE - second)


def flag_pace(events: Collection[Event]) -> list[Event]:
    """The same events; those of a session's minute beyond what people do have a flag more.

    Counted as batches arrive, so those of that minute in earlier batches pass, and a batch that is
    sent again counts again: this judges no event's truth, only whether it should teach anything.
    """
    keys = [_paced(event) for event in events]
    counts = Counter(key for key in keys if key)
    if not counts:
        return list(events)
    totals = dict(zip(counts, _add(counts.items()), strict=True))
    fast = {key for key, total in totals.items() if total > policy.PACE_A_MINUTE}
    return [
        replace(event, flags=(*event.flags, flags.PACE)) if key in fast else event
        for event, key in zip(events, keys, strict=True)
    ]


def _paced(event: Event) -> str:
    if event.kind not in PACED:
        return ""
    return (
        f"pace:{event.session_key or event.person}:{int(event.happened_at.timestamp()) // MINUTE}"
    )


def _add(counts: Iterable[tuple[str, int]]) -> list[int]:
    """Each counter's new value; all of them zero while Redis is away: then nobody is held up."""
    wanted = list(counts)
    client = client_of(settings.REDIS_URL)
    try:
        with client.pipeline(transaction=False) as pipe:
            for name, count in wanted:
                key = f"{settings.EVENT_STREAM}:{name}"
                pipe.incrby(key, count)
                pipe.expire(key, 2 * MINUTE)
            return [int(total) for total in pipe.execute()[::2]]
    except redis.RedisError as error:
        log.warning("pace_unknown", reason=str(error))
        return [0] * len(wanted)
