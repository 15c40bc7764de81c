"""Stream → database, however often either is away and whenever this process is killed.

An entry is acknowledged after its rows are committed, and rows know which ids they were made of;
so an entry is stored at least once by the stream's doing and at most once by the database's.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

import structlog
from django.db import DataError, Error, IntegrityError, connection
from django.utils import timezone

from recommender.events import sessions
from recommender.events.event import Event, decode
from recommender.events.storing import Stored, forget_listings, store_events
from recommender.events.stream import Entry, EventStream, StreamError

log = structlog.get_logger()

BATCH = 2000
WAIT_MS = 500
# A consumer that has not finished a batch for so long is taken for dead.
IDLE_SECONDS = 20.0
LOOK_FOR_DEAD_SECONDS = 5.0
PAUSES = (0.1, 0.2, 0.5, 1.0, 2.0)
TELL_SECONDS = 60.0
# What a single event can be refused for; any other error of the database may pass by itself.
REFUSED = (DataError, IntegrityError)


class Consumer:
    """One member of the group. Give each process a name of its own, and after a restart the same:

    it then goes on with what it had been given without waiting until it is taken for dead.
    """

    def __init__(self, stream: EventStream, name: str, *, idle_seconds: float = IDLE_SECONDS):
        self.stream = stream
        self.name = name
        self.idle_ms = int(idle_seconds * 1000)
        self.failures = 0
        self._has_old = True
        self._look_at = 0.0
        self._told_at = time.monotonic()
        self._stored = 0

    def run(self, stop: threading.Event) -> None:
        """Until told to stop; what it holds then is finished first."""
        while not stop.is_set():
            try:
                self.step()
                self.failures = 0
            except (StreamError, Error) as error:
                pause = PAUSES[min(self.failures, len(PAUSES) - 1)]
                self.failures += 1
                log.warning("events_wait", reason=str(error).strip(), seconds=pause)
                # Left unacknowledged: it is read again before anything new.
                self._has_old = True
                connection.close()
                stop.wait(pause)

    def step(self, *, wait_ms: int = WAIT_MS) -> int:
        """Store what there is, or wait a moment for some; returns how many entries were done."""
        entries = self._next(wait_ms)
        if entries:
            self._store(entries)
        self._tell()
        return len(entries)

    def _next(self, wait_ms: int) -> list[Entry]:
        """First its own of before, then what the dead have left, then what is new."""
        if self._has_old:
            entries = self.stream.given(self.name, count=BATCH)
            self._has_old = bool(entries)
            if entries:
                return entries
        if time.monotonic() >= self._look_at:
            entries = self.stream.take_over(self.name, idle_ms=self.idle_ms, count=BATCH)
            if entries:
                return entries
            self._look_at = time.monotonic() + LOOK_FOR_DEAD_SECONDS
        return self.stream.read(self.name, count=BATCH, wait_ms=wait_ms)

    def _store(self, entries: Sequence[Entry]) -> None:
        """1 rows and counters, 2 the sessions' context, 3 acknowledge: each may be done twice."""
        events: dict[str, tuple[Entry, Event]] = {}
        for entry in entries:
            try:
                events[entry.id] = entry, decode(entry.body)
            except ValueError as error:
                self.stream.bury(entry, reason=str(error))
        there = self._store_all(list(events.values()))
        sessions.remember(there)
        self.stream.done([entry.id for entry in entries])

    def _store_all(self, told: Sequence[tuple[Entry, Event]]) -> list[Event]:
        """In one transaction; where one event spoils it, in halves until that one is alone.

        Returns those that are stored by now, whoever did it: all but what was erased or refused.
        """
        if not told:
            return []
        try:
            stored = store_events([event for _, event in told])
        except REFUSED as error:
            forget_listings()
            if len(told) == 1:
                self.stream.bury(told[0][0], reason=str(error))
                return []
            middle = len(told) // 2
            return self._store_all(told[:middle]) + self._store_all(told[middle:])
        self._stored += len(stored.new)
        self._bury_gone(told, stored)
        gone = {event.event_id for event, _ in stored.gone}
        return [event for _, event in told if event.event_id not in gone]

    def _bury_gone(self, told: Sequence[tuple[Entry, Event]], stored: Stored) -> None:
        entry_of = {event.event_id: entry for entry, event in told}
        for event, reason in stored.gone:
            if reason != "erased":
                self.stream.bury(entry_of[event.event_id], reason=reason)

    def _tell(self) -> None:
        now = time.monotonic()
        if now - self._told_at >= TELL_SECONDS:
            waiting = self.stream.length()
            log.info("events_stored", count=self._stored, waiting=waiting, at=timezone.now())
            self._told_at, self._stored = now, 0
