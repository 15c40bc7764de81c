"""Photos are made in processes of their own, so that both cores draw, decode and encode."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import islice
from typing import TypeVar

Job = TypeVar("Job")
Result = TypeVar("Result")

# Results wait here until they are written: this bounds the memory they take.
WAITING_PER_PROCESS = 4


def map_in_processes(
    work: Callable[[Job], Result], jobs: Iterable[Job], *, processes: int
) -> Iterator[tuple[Job, Result]]:
    """Jobs with their results, in order; with 0 processes in this one.

    `work` is a function of a module. Jobs are taken as they are needed, so they may be endless.
    """
    if processes == 0:
        for job in jobs:
            yield job, work(job)
        return
    # Not forked: a copy of this process would share its database connections.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context, initializer=_set_up) as pool:
        waiting: list[tuple[Job, Future[Result]]] = []
        remaining = iter(jobs)
        try:
            for job in islice(remaining, processes * WAITING_PER_PROCESS):
                waiting.append((job, pool.submit(work, job)))
            while waiting:
                job, future = waiting.pop(0)
                result = future.result()
                for following in islice(remaining, 1):
                    waiting.append((following, pool.submit(work, following)))
                yield job, result
        finally:
            for _, future in waiting:
                future.cancel()


def _set_up() -> None:
    import django

    # Half of a core would go into threads that wait for each other.
    os.environ["OMP_NUM_THREADS"] = "1"
    django.setup()
