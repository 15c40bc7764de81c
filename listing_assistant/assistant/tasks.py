"""Doors to the pipeline for Celery: ids in, services called."""

from __future__ import annotations

from typing import Any

from celery import Task, shared_task
from celery.signals import worker_init, worker_process_init

from listing_assistant.assistant import inference, pipeline, services


@shared_task(bind=True)
def run_analysis(self: Task[Any, None], analysis_id: int) -> None:
    repeated = bool((self.request.delivery_info or {}).get("redelivered"))
    pipeline.run(analysis_id, takeover=repeated)


@shared_task
def requeue_stale_analyses() -> None:
    """Hand out again what a lost message or a dead worker left behind."""
    for analysis_id in services.stale_analyses():
        run_analysis.delay(analysis_id)


@worker_init.connect
def _import_libraries(**_: object) -> None:
    inference.import_libraries()


@worker_process_init.connect
def _preload_models(**_: object) -> None:
    inference.preload()
