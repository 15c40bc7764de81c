"""Doors for the worker: one item that changed, and the sweep for all that is behind."""

from __future__ import annotations

from celery import shared_task
from django.core.cache import cache

from recommender import rebuilding, services
from recommender.complements import building
from recommender.events import upkeep

# A sweep is a chain of short tasks, about a second each, so that a seller's analysis never waits
# long behind it, after an import or a new release either.
SWEEP_BATCH = 8
SWEEP_KEY = "recommender:sweep"
# A chain whose worker died is taken up again by the beat after this time.
SWEEP_SILENCE_SECONDS = 60


@shared_task
def embed_item(listing_id: int) -> None:
    services.embed_item(listing_id=listing_id)


@shared_task
def embed_missing_items(continued: bool = False) -> None:
    """Started by the beat, then by itself while there is more; one chain at a time."""
    if not continued and not cache.add(SWEEP_KEY, True, SWEEP_SILENCE_SECONDS):
        return
    if services.embed_missing(limit=SWEEP_BATCH):
        cache.set(SWEEP_KEY, True, SWEEP_SILENCE_SECONDS)
        embed_missing_items.delay(continued=True)
    else:
        cache.delete(SWEEP_KEY)


@shared_task
def rebuild_index() -> None:
    """Redelivered while it runs, as long tasks are, it finds the lock taken and ends."""
    rebuilding.rebuild_due()


@shared_task
def aggregate_events() -> None:
    """Redelivered while it runs, as long tasks are, it finds a run alive and ends."""
    # Brings the engines, which other workers and the web process do without.
    from recommender.offline.claims import is_due
    from recommender.offline.run import aggregate

    if is_due():
        aggregate()


@shared_task
def keep_up_events() -> None:
    """Partitions, retention and the ends of memories."""
    upkeep.keep_up()


@shared_task
def build_complements() -> None:
    """Redelivered while it runs, it finds the lock taken and ends."""
    building.build_due()


@shared_task
def build_items() -> None:
    """Redelivered while it runs, as long tasks are, it finds the lock taken and ends."""
    from recommender.items.building import build_due

    build_due()


@shared_task
def make_recommendation_report(report_id: int) -> None:
    """Redelivered while it runs, as long tasks are, it finds the lock taken and ends."""
    from recommender.reports.services import make_report

    make_report(report_id=report_id)


@shared_task
def read_experiments() -> None:
    """Redelivered while it runs, as long tasks are, it finds the lock taken and ends."""
    # Brings numpy's statistics, which other tasks do without.
    from recommender.experiments.readings import read_due

    read_due()
