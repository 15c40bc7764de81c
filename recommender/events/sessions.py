"""What a session searched for and opened last: a strip's context, gone hours after the visit.

Members are scored by the time they were done at, and a later time wins, so telling an event twice,
or late, changes nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Any

import redis
import structlog
from django.conf import settings

from recommender import policy
from recommender.events import flags
from recommender.events.event import Event
from recommender.events.stream import StreamError
from recommender.models import EventKind
from recommender.products import query_key
from recommender.redis_clients import client_of, quick_client_of

log = structlog.get_logger()

QUERIES, ITEMS = "queries", "items"


def remember(events: Iterable[Event]) -> None:
    """Raises StreamError while Redis is away; may then be told again."""
    scores: dict[str, dict[str, float]] = defaultdict(dict)
    for event in events:
        entry = _entry(event)
        if entry is not None:
            name, member = entry
            at = event.happened_at.timestamp()
            scores[name][member] = max(at, scores[name].get(member, at))
    if not scores:
        return
    try:
        with client_of(settings.REDIS_URL).pipeline(transaction=False) as pipe:
            for name, members in scores.items():
                pipe.zadd(name, members, gt=True)
                pipe.zremrangebyrank(name, 0, -policy.SESSION_LENGTH - 1)
                pipe.expire(name, policy.SESSION_KEPT)
            pipe.execute()
    except redis.RedisError as error:
        raise StreamError(str(error)) from error


def recent_queries(session_key: str) -> list[str]:
    """Spelt by `query_key`, newest first. Empty while Redis is away."""
    return _newest(_key(session_key, QUERIES)) if session_key else []


def recent_items(session_key: str) -> list[str]:
    """Public ids of listings, last opened first. Empty while Redis is away."""
    return _newest(_key(session_key, ITEMS)) if session_key else []


def forget(session_keys: Collection[str]) -> None:
    """Raises StreamError while Redis is away."""
    keys = [_key(each, part) for each in session_keys for part in (QUERIES, ITEMS)]
    try:
        if keys:
            client_of(settings.REDIS_URL).delete(*keys)
    except redis.RedisError as error:
        raise StreamError(str(error)) from error


def _entry(event: Event) -> tuple[str, str] | None:
    if not event.session_key or flags.BOT in event.flags:
        return None
    if event.kind == EventKind.SEARCH:
        query = query_key(event.data.get("query", ""))
        return (_key(event.session_key, QUERIES), query) if query else None
    if event.kind == EventKind.CLICK and event.listing:
        return _key(event.session_key, ITEMS), event.listing
    return None


def _key(session_key: str, part: str) -> str:
    return f"{settings.EVENT_STREAM}:session:{session_key}:{part}"


def _newest(key: str) -> list[str]:
    # A page asks: it shows what it can without waiting for what the visit looked at.
    try:
        found: Any = quick_client_of(settings.REDIS_URL).zrevrange(
            key, 0, policy.SESSION_LENGTH - 1
        )
    except redis.RedisError as error:
        log.warning("session_unknown", reason=str(error))
        return []
    return [member.decode() for member in found]
