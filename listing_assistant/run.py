"""Everything on one machine: `python -m listing_assistant.run`, which is what `make run` calls.

1  start PostgreSQL and Redis under var/, unless DATABASE_URL and REDIS_URL name others
2  bring the database to the current schema and load the starter taxonomy
3  fill an empty marketplace with the demo
4  start the worker, the consumer of events and the web server
5  print the address and the demo log-ins; keep both running until Ctrl-C
6  stop in reverse order; nothing is left behind
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

STOP_SECONDS = 15.0
WEB_START_SECONDS = 30.0
# A process that dies sooner than this, this many times in a row, is broken and not unlucky.
QUICK_DEATH_SECONDS = 5.0
QUICK_DEATHS = 3


class StopRequested(Exception):
    """Ctrl-C, or a SIGTERM from whoever started this."""


@dataclass
class Service:
    """A child process that is started again when it dies."""

    name: str
    command: list[str]
    log: Path
    environment: dict[str, str]
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    quick_deaths: int = field(default=0)

    def start(self) -> None:
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=self.environment,
                # A group of its own: Ctrl-C reaches this process alone, which stops the others.
                start_new_session=True,
            )
        self.started_at = time.monotonic()

    def keep_running(self) -> None:
        assert self.process
        if self.process.poll() is None:
            return
        quick = time.monotonic() - self.started_at < QUICK_DEATH_SECONDS
        self.quick_deaths = self.quick_deaths + 1 if quick else 0
        if self.quick_deaths >= QUICK_DEATHS:
            sys.exit(f"The {self.name} does not stay up; its log is {self.log}")
        print(f"The {self.name} stopped (status {self.process.returncode}); starting it again.")
        self.start()

    def stop(self) -> None:
        if self.process is None:
            return
        self._signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(STOP_SECONDS)
        # Children of the service that outlived it.
        self._signal(signal.SIGKILL)
        self.process.wait()

    def _signal(self, number: signal.Signals) -> None:
        assert self.process
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "listing_assistant.settings")
    signal.signal(signal.SIGTERM, _request_stop)
    signal.signal(signal.SIGINT, _request_stop)
    from django.conf import settings

    from listing_assistant import embedded

    port = int(os.environ.get("PORT", "8000"))
    if _answers(port):
        sys.exit(f"Port {port} is in use. Stop what uses it, or choose another: PORT=8001 make run")
    servers = settings.EMBEDDED_SERVERS
    owned: list[subprocess.Popen[bytes]] = []
    services: list[Service] = []
    try:
        if servers:
            print("Starting PostgreSQL and Redis …")
            owned = servers.start()
        prepare()
        services = services_for(settings.VAR_DIR, port)
        for service in services:
            service.start()
        _wait_for_web(port)
        _print_address(port, settings.VAR_DIR, demo=settings.DEMO)
        while True:
            time.sleep(1)
            for service in services:
                service.keep_running()
    except StopRequested:
        print("\nStopping …")
    finally:
        # A second Ctrl-C must not leave half of them running.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        for service in reversed(services):
            service.stop()
        embedded.stop(owned)


def prepare() -> None:
    """Schema, starter taxonomy and demo; each does nothing when it is already there."""
    import django
    from django.conf import settings
    from django.core.management import call_command

    django.setup()
    call_command("migrate", interactive=False, verbosity=0)
    call_command("import_taxonomy", "starter")
    if settings.DEMO:
        call_command("seed_demo")


def services_for(var: Path, port: int) -> list[Service]:
    logs = var / "log"
    logs.mkdir(parents=True, exist_ok=True)
    # More threads than this fight for the cores that other processes use.
    environment = os.environ | {"OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}
    worker = [
        *(sys.executable, "-m", "celery", "-A", "listing_assistant", "worker", "--beat"),
        *("--queues", "encode,ingest,text,offline", "--concurrency", _cores("WORKER_PROCESSES")),
        *("--loglevel", "INFO", "--without-gossip", "--without-mingle"),
        *("--schedule", str(var / "celerybeat-schedule")),
    ]
    # The same name after every start: it goes on at once with what it had been given.
    consumer = [sys.executable, "-m", "django", "consume_events", "--name", "here"]
    web = [
        *(sys.executable, "-m", "granian", "--interface", "wsgi", "--no-ws"),
        *("--host", os.environ.get("HOST", "127.0.0.1"), "--port", str(port)),
        *("--workers", _cores("WEB_PROCESSES"), "listing_assistant.wsgi:application"),
    ]
    return [
        Service("worker", worker, logs / "worker.log", environment),
        Service("event consumer", consumer, logs / "consumer.log", environment),
        Service("web server", web, logs / "web.log", environment),
    ]


def _cores(name: str) -> str:
    return os.environ.get(name) or str(min(2, os.cpu_count() or 1))


def _request_stop(number: int, frame: FrameType | None) -> None:
    raise StopRequested


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _wait_for_web(port: int) -> None:
    deadline = time.monotonic() + WEB_START_SECONDS
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    sys.exit("The web server did not answer; see web.log in the log folder")


def _print_address(port: int, var: Path, *, demo: bool) -> None:
    print(f"\n  Listing Assistant   http://localhost:{port}/\n")
    if demo:
        from listing_assistant.demo.people import DEMO_PASSWORD, DEMO_PEOPLE

        for person in DEMO_PEOPLE:
            print(f"  {person.role:<12}{person.email:<28}{DEMO_PASSWORD}")
    print(f"\n  Logs are in {var / 'log'}. Ctrl-C stops everything.\n", flush=True)


if __name__ == "__main__":
    main()
