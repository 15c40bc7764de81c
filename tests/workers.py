"""Real Celery workers on the test's own database, for tests where delivery matters."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from django.conf import settings
from django.db import connection

Worker = subprocess.Popen[bytes]


@contextlib.contextmanager
def workers(folder: Path) -> Iterator[Callable[[], Worker]]:
    """A function that starts one more worker; all are gone after the block.

    Their logs are in `folder`. They sweep for stale analyses, and get the tasks of a dead worker
    after five seconds.
    """
    command = [
        *(sys.executable, "-m", "celery", "-A", "listing_assistant", "worker", "--beat"),
        *("--queues", "encode,ingest,text", "--concurrency", "1", "--without-gossip"),
        *("--without-mingle", "--loglevel", "INFO", "--schedule", str(folder / "beat")),
    ]
    started: list[Worker] = []

    def start() -> Worker:
        with (folder / f"worker-{len(started)}.log").open("wb") as log:
            worker = subprocess.Popen(
                command, env=own_database(), stdout=log, stderr=log, start_new_session=True
            )
        started.append(worker)
        return worker

    try:
        yield start
    finally:
        for worker in started:
            kill(worker)


def kill(worker: Worker) -> None:
    """The worker and its children, at once, as a power cut would."""
    if worker.poll() is None:
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()


def own_database() -> dict[str, str]:
    """The environment of a process that works on the test's database, files and models."""
    assert settings.EMBEDDED_SERVERS
    host = settings.EMBEDDED_SERVERS.socket_folder
    return os.environ | {
        "DATABASE_URL": f"postgresql://postgres@/{connection.settings_dict['NAME']}?host={host}",
        "REDIS_URL": settings.REDIS_URL,
        "MEDIA_ROOT": str(settings.MEDIA_ROOT),
        "ARTEFACTS_DIR": str(settings.ARTEFACTS_DIR),
        "ITEMS_DIR": str(settings.ITEMS_DIR),
        "TASK_REDELIVERY_SECONDS": "5",
        "OMP_NUM_THREADS": "1",
        "TOKENIZERS_PARALLELISM": "false",
    }
