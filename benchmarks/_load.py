"""An open-loop load: requests leave on schedule whether or not earlier ones have been answered.

A process of its own, so that the measurement does not share an interpreter with anything:

    python benchmarks/_load.py PORT RATE SECONDS CONNECTIONS [HEADER ...] < paths > report.json

A latency counts from the scheduled time: a server that falls behind cannot slow its own test down.
RATE 0 is a closed loop instead, in which every connection asks again as soon as it is answered.
"""

from __future__ import annotations

import http.client
import itertools
import json
import sys
import threading
import time
from dataclasses import dataclass, field

TIMEOUT_SECONDS = 20.0
# A server that is hopelessly behind is not waited for: what is later than this is not sent.
PATIENCE_SECONDS = 5.0


@dataclass
class Load:
    port: int
    rate: float
    seconds: float
    paths: list[str]
    headers: dict[str, str] = field(default_factory=dict)
    latencies_ms: list[float] = field(default_factory=list)
    errors: dict[str, int] = field(default_factory=dict)

    def run(self, connections: int) -> None:
        self._numbers = itertools.count()
        self._lock = threading.Lock()
        self._start = time.perf_counter() + 0.1
        threads = [threading.Thread(target=self._ask_until_done) for _ in range(connections)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.took = time.perf_counter() - self._start

    def _ask_until_done(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT_SECONDS)
        while True:
            with self._lock:
                number = next(self._numbers)
            due = self._start + number / self.rate if self.rate else time.perf_counter()
            if due >= self._start + self.seconds:
                break
            time.sleep(max(0.0, due - time.perf_counter()))
            if time.perf_counter() - due > PATIENCE_SECONDS:
                self._note(due, "not sent, more than 5 s late")
            else:
                self._ask(connection, self.paths[number % len(self.paths)], due)
        connection.close()

    def _ask(self, connection: http.client.HTTPConnection, path: str, due: float) -> None:
        try:
            connection.request("GET", path, headers=self.headers)
            response = connection.getresponse()
            response.read()
            outcome = "" if response.status == 200 else f"status {response.status}"
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            outcome = type(error).__name__
        self._note(due, outcome)

    def _note(self, due: float, error: str) -> None:
        took = (time.perf_counter() - due) * 1000
        with self._lock:
            self.latencies_ms.append(took)
            if error:
                self.errors[error] = self.errors.get(error, 0) + 1


def main() -> None:
    port, rate, seconds, connections, *lines = sys.argv[1:]
    headers = dict(line.split(": ", 1) for line in lines)
    load = Load(int(port), float(rate), float(seconds), sys.stdin.read().split(), headers)
    load.run(int(connections))
    report = {"latencies_ms": load.latencies_ms, "errors": load.errors, "seconds": load.took}
    json.dump(report, sys.stdout)


if __name__ == "__main__":
    main()
