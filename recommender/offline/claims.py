"""One aggregation at a time, on any machine: a dead one's place is taken, a slow one's is not."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from types import TracebackType

import structlog
from django.conf import settings
from django.db import Error, connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from recommender.locks import only_here
from recommender.models import AggregationRun, BehaviourEvent

log = structlog.get_logger()

ALIVE_SECONDS = 5.0
# Longer than any pause of a live process, the redelivery of its task or a full disk's wait.
SILENCE_SECONDS = 60.0
GONE = "Its process ended without a word; the next run did its work."

State = AggregationRun.State


class RunLost(Exception):
    """Another run has taken this one's place: it was silent for too long."""


class Claim:
    """A run that is this process's. In a `with` block it is kept alive, and ended by the way in
    which the block ends: done, or failed with the reason."""

    def __init__(self, run: AggregationRun) -> None:
        self.run = run
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._keep_alive, daemon=True)

    def __enter__(self) -> Claim:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._over.set()
        self._thread.join()
        if isinstance(error, RunLost):
            return
        state, told = State.DONE, ""
        if kind is not None:
            state, told = State.FAILED, f"{kind.__name__}: {error}".removesuffix(": ")
        else:
            self.run.progress = 1.0
        self.note(state=state, error=told, ended_at=timezone.now(), progress=self.run.progress)

    def note(self, **fields: object) -> None:
        """Write down how far it is. Raises RunLost where the run is no longer this process's."""
        fields["alive_at"] = timezone.now()
        if not self._own().update(**fields):
            raise RunLost(f"Run {self.run.pk} was taken over")
        for name, value in fields.items():
            setattr(self.run, name, value)

    def progress(self, share: float) -> None:
        self.note(progress=round(share, 4))

    @contextmanager
    def step(self, name: str) -> Iterator[list[int]]:
        """Times the block; the number that it appends to the list is of the rows that it made."""
        made: list[int] = []
        started = time.monotonic()
        yield made
        seconds = round(time.monotonic() - started, 2)
        self.note(steps=[*self.run.steps, {"name": name, "rows": sum(made), "seconds": seconds}])
        log.info("aggregated", step=name, rows=sum(made), seconds=seconds)

    def _own(self) -> QuerySet[AggregationRun]:
        return AggregationRun.objects.filter(pk=self.run.pk, state=State.RUNNING)

    def _keep_alive(self) -> None:
        """From a thread of its own: one query of an engine may take minutes."""
        try:
            while not self._over.wait(ALIVE_SECONDS):
                if not self._own().update(alive_at=timezone.now()):
                    return
        except Error as error:
            # The claim runs out, and the next note finds it lost or still its own.
            log.warning("claim_not_renewed", reason=str(error))
        finally:
            connection.close()


def claim(*, engine: str, first_day: date, last_day: date) -> Claim | None:
    """A new run, or None while another one is alive. One that is dead is marked as failed."""
    with only_here("aggregation claim", wait=True), transaction.atomic():
        running = AggregationRun.objects.filter(state=State.RUNNING)
        dead = [run.pk for run in running if is_silent(run)]
        running.filter(pk__in=dead).update(state=State.FAILED, error=GONE, ended_at=timezone.now())
        if running.all().exists():
            return None
        run = AggregationRun.objects.create(engine=engine, first_day=first_day, last_day=last_day)
    return Claim(run)


def is_silent(run: AggregationRun) -> bool:
    return run.alive_at < timezone.now() - timedelta(seconds=SILENCE_SECONDS)


def is_due() -> bool:
    """Whether the last run began long enough ago: a failed one is tried again as late as any."""
    latest = AggregationRun.objects.order_by("-id").first()
    if latest is None:
        return BehaviourEvent.objects.exists()
    since = timezone.now() - timedelta(seconds=settings.OFFLINE_EVERY_SECONDS)
    return latest.started_at < since or (latest.state == State.RUNNING and is_silent(latest))
