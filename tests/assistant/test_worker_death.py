"""A worker killed in the middle of an analysis: nothing is lost and nothing is there twice."""

from __future__ import annotations

import time
from collections import Counter

import pytest
from django.db import transaction

from listing_assistant.assistant import reextraction, selectors
from listing_assistant.assistant.drafting import jobs
from listing_assistant.assistant.findings import content_hash
from listing_assistant.assistant.models import Analysis, DraftJob, Step, Suggestion
from listing_assistant.assistant.staff_models import ExtractionRun
from listing_assistant.catalogue.models import Category
from listing_assistant.listings import services as listings
from tests.workers import kill, workers

from .conftest import jpeg

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.worker]

WAIT_SECONDS = 120


@pytest.fixture
def start_worker(tmp_path):
    with workers(tmp_path) as start:
        yield start


def wait_for(condition, what: str) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"waited {WAIT_SECONDS} s for {what}"
        time.sleep(0.02)


def test_a_killed_workers_analysis_is_finished_once_by_the_next(alice, vocabulary, start_worker):
    draft = listings.create_draft(seller=alice, title="Red wool dress, size M")
    listings.add_photo(listing=draft, user=alice, file=jpeg(1), name="dress.jpg")
    analysis = selectors.current_analysis(draft)
    worker = start_worker()
    wait_for(lambda: Analysis.objects.get(pk=analysis.pk).steps_done, "the first step")
    with transaction.atomic():
        # The lock holds the worker before its next write, so it dies in the middle for certain.
        seen = Analysis.objects.select_for_update().get(pk=analysis.pk)
        assert seen.status == Analysis.Status.RUNNING
        assert len(seen.steps_done) < len(Step)
        kill(worker)

    start_worker()
    done = Analysis.objects.filter(pk=analysis.pk, status=Analysis.Status.DONE)
    wait_for(done.exists, "the second worker to finish")
    finished = done.get()
    assert sorted(finished.steps_done) == sorted(Step)
    assert finished.attempts == 2
    found = Counter(finished.suggestions.values_list("kind", "key", "rank"))
    assert found
    assert set(found.values()) == {1}


def test_a_killed_workers_draft_is_written_once_by_the_next(alice, start_worker):
    draft = listings.create_draft(seller=alice, title="Red wool dress, size M")
    Analysis.objects.filter(listing=draft).update(status=Analysis.Status.DONE)
    job = jobs.start_draft(listing=draft, user=alice, task="draft")
    rows = DraftJob.objects.filter(pk=job.pk)
    with transaction.atomic():
        # The lock holds the worker before it stores what it has written.
        Analysis.objects.select_for_update().get(listing=draft)
        worker = start_worker()
        wait_for(rows.filter(status=DraftJob.Status.RUNNING).exists, "the worker's claim")
        time.sleep(1)
        kill(worker)
    assert not Suggestion.objects.filter(draft_jobs=job).exists()

    start_worker()
    wait_for(rows.filter(status=DraftJob.Status.DONE).exists, "the second worker to finish")
    assert rows.get().attempts == 2
    assert Suggestion.objects.filter(analysis__listing=draft, kind="description").count() == 1


def test_a_run_over_all_listings_outlives_its_worker(vocabulary, sell, start_worker):
    dresses = Category.objects.get(name="Dresses")
    sold = [sell("Women's red cotton dress", category=dresses) for _ in range(20)]
    held = Analysis.objects.create(
        listing=sold[10], content_hash=content_hash(sold[10]), input_hash="x", status="done"
    )
    run = reextraction.begin(user=None)
    rows = ExtractionRun.objects.filter(pk=run.pk)
    with transaction.atomic():
        # The lock holds the worker in the middle of storing its second batch of eight.
        Analysis.objects.select_for_update().get(pk=held.pk)
        worker = start_worker()
        wait_for(rows.filter(done=8, claim__isnull=False).exists, "the second batch")
        time.sleep(1)
        kill(worker)

    start_worker()
    wait_for(rows.filter(status=ExtractionRun.Status.DONE).exists, "the second worker to finish")
    finished = rows.get()
    assert (finished.done, finished.suggested) == (20, 20)
    found = Counter(
        Suggestion.objects.filter(run=run).values_list("analysis__listing", "key", "label")
    )
    assert len(found) == 20 and set(found.values()) == {1}
