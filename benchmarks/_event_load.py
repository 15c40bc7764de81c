"""Sends batches of events on schedule and looks when their rows can be seen.

A process of its own, so that the measurement shares no interpreter with what is measured:

    python benchmarks/_event_load.py PORT RATE SECONDS DATABASE_URL < listings > report.json

RATE is events a second, 0 for as many as are taken. Bodies are made before the clock starts. The
lag of an event is from the answer that it was taken to its row being visible to another connection,
and so longer than it was by up to a look's interval.
"""

from __future__ import annotations

import http.client
import json
import random
import sys
import threading
import time
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

BATCH = 500
SENDERS = 4
# Of every batch some events are looked for, and each until it is seen.
WATCHED = 5
LOOK_SECONDS = 0.02
PATIENCE_SECONDS = 60.0
CARDS = 12
# A batch is one visit's. Within a minute nobody does so much, and what a robot does costs less: its
# looks are not counted.
VISIT_SECONDS = 900.0
QUERIES = ("phone case", "leather boots", "camera lens", "oak table", "garden chair", "wool scarf")


class Load:
    def __init__(self, port: int, rate: float, seconds: float, listings: list[str]) -> None:
        self.port, self.rate, self.seconds = port, rate, seconds
        self.listings = listings
        self.name = uuid.uuid4().hex[:8]
        self.lock = threading.Lock()
        self.waiting: dict[str, float] = {}
        self.lags: list[float] = []
        self.answers: list[float] = []
        self.refused: dict[str, int] = {}
        self.taken = 0
        self.sending = True

    def run(self, database: str) -> dict[str, Any]:
        batches = int(self.seconds * (self.rate or 12_000) / BATCH)
        self.bodies = [self._body(number) for number in range(batches)]
        self.next = 0
        self.start = time.perf_counter() + 0.2
        threads = [threading.Thread(target=self._send) for _ in range(SENDERS)]
        looker = threading.Thread(target=self._look, args=(database,))
        for thread in (*threads, looker):
            thread.start()
        for thread in threads:
            thread.join()
        took = time.perf_counter() - self.start
        self.sending = False
        looker.join()
        return {
            "taken": self.taken,
            "seconds": took,
            "lags_ms": [lag * 1000 for lag in self.lags],
            "answers_ms": [answer * 1000 for answer in self.answers],
            "refused": self.refused,
            "unseen": len(self.waiting),
        }

    def _body(self, number: int) -> tuple[bytes, list[str]]:
        # Of this load's own: what an earlier one has sent is known, and costs and lags nothing.
        rng = random.Random(f"{self.name} {number}")
        events = [self._event(rng) for _ in range(BATCH)]
        body = {"session": f"visit-{self.name}-{number}", "events": events}
        return json.dumps(body).encode(), [e["id"] for e in rng.sample(events, WATCHED)]

    def _event(self, rng: random.Random) -> dict[str, Any]:
        """Half impressions of a strip, then clicks, searches, and a few watches and carts."""
        kind = rng.choices(("impression", "click", "search", "watch", "cart"), (50, 30, 15, 3, 2))[
            0
        ]
        event = {"id": str(uuid.UUID(int=rng.getrandbits(128), version=4)), "kind": kind}
        ago = timedelta(seconds=rng.uniform(0, VISIT_SECONDS))
        event["at"] = (datetime.now(UTC) - ago).isoformat()
        if kind == "search":
            return event | {"query": rng.choice(QUERIES)}
        if kind != "impression":
            return event | {"listing": rng.choice(self.listings), "strip": "similar", "position": 3}
        cards = [
            {"listing": listing, "position": place, "recall_set": "co_views"}
            for place, listing in enumerate(rng.sample(self.listings, CARDS), start=1)
        ]
        return event | {"strip": "similar", "seed": rng.choice(self.listings), "items": cards}

    def _send(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        while True:
            with self.lock:
                number, self.next = self.next, self.next + 1
            if number >= len(self.bodies):
                break
            if self.rate:
                due = self.start + number * BATCH / self.rate
                time.sleep(max(0.0, due - time.perf_counter()))
            elif time.perf_counter() > self.start + self.seconds:
                break
            self._ask(connection, *self.bodies[number])
        connection.close()

    def _ask(self, connection: http.client.HTTPConnection, body: bytes, watched: list[str]) -> None:
        began = time.perf_counter()
        connection.request("POST", "/api/v1/events", body, {"Content-Type": "application/json"})
        response = connection.getresponse()
        answer = response.read()
        now = time.perf_counter()
        with self.lock:
            self.answers.append(now - began)
            if response.status == 202:
                self.taken += json.loads(answer)["taken"]
                self.waiting |= dict.fromkeys(watched, now)
            else:
                name = f"status {response.status}"
                self.refused[name] = self.refused.get(name, 0) + 1

    def _look(self, database: str) -> None:
        deadline = None
        with psycopg.connect(database, autocommit=True) as connection:
            while True:
                with self.lock:
                    wanted = list(self.waiting)
                if not wanted and not self.sending:
                    break
                if not self.sending:
                    deadline = deadline or time.perf_counter() + PATIENCE_SECONDS
                    if time.perf_counter() > deadline:
                        break
                rows = connection.execute(
                    "SELECT event_id::text FROM recommender_storedeventid"
                    " WHERE event_id = ANY(%s::uuid[])",
                    [wanted],
                ).fetchall()
                now = time.perf_counter()
                with self.lock:
                    self.lags += [now - self.waiting.pop(seen) for (seen,) in rows]
                time.sleep(LOOK_SECONDS)


def main() -> None:
    port, rate, seconds, database = sys.argv[1:5]
    load = Load(int(port), float(rate), float(seconds), sys.stdin.read().split())
    json.dump(load.run(database), sys.stdout)


if __name__ == "__main__":
    main()
