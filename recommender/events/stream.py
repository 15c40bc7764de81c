"""The stream between those who report and those who store.

An entry stays until its consumer has said that it is done with it, so nothing is ever trimmed that
was not stored. What bounds the stream is that it takes no more above settings.EVENT_QUEUE_MOST.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import redis
from django.conf import settings

from recommender.redis_clients import client_of

GROUP = "store"
BODY = b"event"
# One command for a batch: all of it or none, and a third of the time that a pipeline takes.
APPEND = """
if redis.call('XLEN', KEYS[1]) + #ARGV - 1 > tonumber(ARGV[1]) then return 0 end
for i = 2, #ARGV do redis.call('XADD', KEYS[1], '*', 'event', ARGV[i]) end
return #ARGV - 1
"""


class StreamError(Exception):
    """The stream cannot be reached; what was being done may or may not have happened."""


class StreamFullError(Exception):
    """Nothing more is taken until consumers have caught up."""


@dataclass(frozen=True, slots=True)
class Entry:
    id: str
    body: bytes


class EventStream(Protocol):
    """Every method raises StreamError where the stream cannot be reached."""

    def append(self, bodies: Sequence[bytes]) -> None:
        """All or none, on disk when this returns. Raises StreamFullError."""

    def read(self, consumer: str, *, count: int, wait_ms: int) -> list[Entry]:
        """The next entries that nobody has been given, which are this consumer's from now on."""

    def given(self, consumer: str, *, count: int) -> list[Entry]:
        """What this consumer was given before and has not done."""

    def take_over(self, consumer: str, *, idle_ms: int, count: int) -> list[Entry]:
        """What others were given and have left alone for so long."""

    def done(self, ids: Collection[str]) -> None:
        """Stored: forget them."""

    def bury(self, entry: Entry, *, reason: str) -> None:
        """Set aside what cannot be stored, with the reason, at once with forgetting it."""

    def dig_up(self) -> int:
        """Put what is set aside now back on the stream; returns how many entries that were."""

    def drop_dead(self, unwanted: Callable[[bytes], bool]) -> int:
        """Delete what is set aside and unwanted; returns how many entries that were."""

    def length(self) -> int: ...


class RedisStream:
    """A Redis stream and its consumer group, which are made when first used."""

    def __init__(self, client: redis.Redis, name: str) -> None:
        self.client = client
        self.name = name
        self.dead = f"{name}:dead"
        self._append: Any = client.register_script(APPEND)

    def append(self, bodies: Sequence[bytes]) -> None:
        with _reached():
            added = self._append(keys=[self.name], args=[settings.EVENT_QUEUE_MOST, *bodies])
        if added < len(bodies):
            raise StreamFullError

    def read(self, consumer: str, *, count: int, wait_ms: int) -> list[Entry]:
        with _reached():
            return self._ask(consumer, ">", count=count, block=wait_ms)

    def given(self, consumer: str, *, count: int) -> list[Entry]:
        with _reached():
            return self._ask(consumer, "0", count=count, block=None)

    def _ask(self, consumer: str, after: str, *, count: int, block: int | None) -> list[Entry]:
        try:
            found = self.client.xreadgroup(
                GROUP, consumer, {self.name: after}, count=count, block=block
            )
        except redis.ResponseError as error:
            if "NOGROUP" not in str(error):
                raise
            self._make_group()
            return []
        return _entries(rows for _, rows in _pairs(found))

    def _make_group(self) -> None:
        try:
            self.client.xgroup_create(self.name, GROUP, id="0", mkstream=True)
        except redis.ResponseError as error:
            # Another consumer was faster.
            if "BUSYGROUP" not in str(error):
                raise

    def take_over(self, consumer: str, *, idle_ms: int, count: int) -> list[Entry]:
        with _reached():
            try:
                answer: Any = self.client.xautoclaim(
                    self.name, GROUP, consumer, min_idle_time=idle_ms, count=count
                )
            except redis.ResponseError as error:
                if "NOGROUP" not in str(error):
                    raise
                return []
            return _entries([answer[1]])

    def done(self, ids: Collection[str]) -> None:
        if not ids:
            return
        with _reached(), self.client.pipeline(transaction=True) as pipe:
            pipe.xack(self.name, GROUP, *ids)
            pipe.xdel(self.name, *ids)
            pipe.execute()

    def bury(self, entry: Entry, *, reason: str) -> None:
        with _reached(), self.client.pipeline(transaction=True) as pipe:
            pipe.xadd(self.dead, {BODY: entry.body, "reason": reason[:500]})
            pipe.xack(self.name, GROUP, entry.id)
            pipe.xdel(self.name, entry.id)
            pipe.execute()

    def dig_up(self) -> int:
        # Those there now, and not what consumers set aside again meanwhile.
        with _reached():
            waiting = int(self.client.xlen(self.dead))
            for first in range(0, waiting, 1000):
                self._dig_up(min(1000, waiting - first))
            return waiting

    def drop_dead(self, unwanted: Callable[[bytes], bool]) -> int:
        dropped, after = 0, "-"
        with _reached():
            while found := self._dead_after(after):
                ids = [entry_id for entry_id, fields in found if unwanted(fields[BODY])]
                dropped += int(self.client.xdel(self.dead, *ids)) if ids else 0
                after = f"({found[-1][0].decode()}"
        return dropped

    def _dead_after(self, after: str) -> Any:
        return self.client.xrange(self.dead, min=after, count=1000)

    def _dig_up(self, count: int) -> None:
        found: Any = self.client.xrange(self.dead, count=count)
        with self.client.pipeline(transaction=True) as pipe:
            for entry_id, fields in found:
                pipe.xadd(self.name, {BODY: fields[BODY]})
                pipe.xdel(self.dead, entry_id)
            pipe.execute()

    def length(self) -> int:
        with _reached():
            return int(self.client.xlen(self.name))


class _reached:
    """Turns what the client raises for a server that is away into a StreamError."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        away = (redis.ConnectionError, redis.TimeoutError, redis.exceptions.BusyLoadingError)
        if isinstance(error, away):
            raise StreamError(f"{type(error).__name__}: {error}") from error


def _pairs(found: Any) -> list[tuple[bytes, Any]]:
    """A list of pairs, or a mapping, by the protocol that the client speaks."""
    if isinstance(found, dict):
        return [(name, rows[0] if rows else []) for name, rows in found.items()]
    return list(found or [])


def _entries(groups: Any) -> list[Entry]:
    """An entry that was deleted while it was pending has no fields."""
    return [
        Entry(entry_id.decode(), fields.get(BODY, b""))
        for rows in groups
        for entry_id, fields in rows
        if fields is not None
    ]


def event_stream() -> EventStream:
    return RedisStream(client_of(settings.REDIS_URL), settings.EVENT_STREAM)
