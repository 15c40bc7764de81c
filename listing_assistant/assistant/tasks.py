"""Doors to the pipeline for Celery: ids in, services called."""

from __future__ import annotations

from typing import Any

from celery import Task, shared_task
from celery.signals import worker_init, worker_process_init
from django.core.cache import cache

from listing_assistant.assistant import inference, pipeline, reextraction, services, values
from listing_assistant.assistant.drafting import jobs

# Values are encoded a few seconds at a time, so that a seller's analysis never waits long.
VALUES_SECONDS = 3.0
VALUES_KEY = "assistant:build-values"
# A chain whose worker died is taken up again by the beat after this time: longer than a task that
# first loads the model and reads a large vocabulary.
VALUES_SILENCE_SECONDS = 120


@shared_task(bind=True)
def run_analysis(self: Task[Any, None], analysis_id: int) -> None:
    pipeline.run(analysis_id, takeover=_is_repeated(self))


def _is_repeated(task: Task[Any, None]) -> bool:
    return bool((task.request.delivery_info or {}).get("redelivered"))


@shared_task
def requeue_stale_analyses() -> None:
    """Hand out again what a lost message or a dead worker left behind."""
    for analysis_id in services.stale_analyses():
        run_analysis.delay(analysis_id)


@shared_task
def write_draft(job_id: int) -> None:
    jobs.run(job_id)


@shared_task
def requeue_stale_drafts() -> None:
    """As requeue_stale_analyses. A claim, not the broker, says whether a worker is still at it."""
    for job_id in jobs.stale_jobs():
        write_draft.delay(job_id)


@shared_task(bind=True)
def read_on(self: Task[Any, None], run_id: int, position: int) -> None:
    """One batch of a run, and then the next: short tasks, between which others have their turn."""
    repeated = _is_repeated(self)
    batch = reextraction.read_batch(run_id=run_id, position=position, takeover=repeated)
    if batch and not batch.is_last:
        read_on.delay(run_id, batch.position)


@shared_task
def continue_extraction() -> None:
    """Take up a run whose worker died or whose message got lost.

    A second message for the same position is harmless: the batch is claimed once.
    """
    run = reextraction.run_to_continue()
    if run is not None:
        read_on.delay(run.pk, run.position)


@shared_task
def build_values(continued: bool = False) -> None:
    """Started by the beat, then by itself while there is more; one chain at a time."""
    if not continued and not cache.add(VALUES_KEY, True, VALUES_SILENCE_SECONDS):
        return
    if values.build_due(seconds=VALUES_SECONDS):
        cache.set(VALUES_KEY, True, VALUES_SILENCE_SECONDS)
        build_values.delay(continued=True)
    else:
        cache.delete(VALUES_KEY)


@worker_init.connect
def _import_libraries(**_: object) -> None:
    inference.import_libraries()


@worker_process_init.connect
def _preload_models(**_: object) -> None:
    inference.preload()
