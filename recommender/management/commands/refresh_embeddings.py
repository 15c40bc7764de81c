"""manage.py refresh_embeddings: bring all vectors to the models' release, or say how far it is."""

from __future__ import annotations

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from recommender import inference, rebuilding, refreshing, selectors, services
from recommender.models import EmbeddingRelease

BATCH = 32
WAIT_SECONDS = 0.5


class Command(BaseCommand):
    help = (
        "Make the vectors of everything for sale under the models' release and put it in service."
        " Stopped or killed it loses nothing: the next run, or the worker, goes on."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        choice = parser.add_mutually_exclusive_group()
        choice.add_argument("--status", action="store_true", help="only say how far it is")
        choice.add_argument("--pause", action="store_true", help="stop it, here and in the worker")
        choice.add_argument("--resume", action="store_true", help="go on, here and in the worker")

    def handle(self, *, status: bool, pause: bool, resume: bool, **options: Any) -> None:
        release = inference.release_in_service()
        if release is None:
            raise CommandError("The models cannot be used; manage.py check says why")
        if pause and not refreshing.pause(release=release):
            self.stdout.write(f"{release}: nothing to pause")
        if resume and not refreshing.resume(release=release):
            self.stdout.write(f"{release}: nothing was paused")
        if not pause and not status:
            self._refresh(release)
        self._show()

    def _refresh(self, release: str) -> None:
        """In batches, each under the lock that the worker takes too."""
        state = refreshing.follow(release)
        progress = selectors.refresh_progress(state)
        with tqdm(total=progress.total, initial=progress.done, unit="listing") as bar:
            while not state.is_paused:
                done = services.embed_missing(limit=BATCH, wait=True)
                bar.update(done)
                state.refresh_from_db()
                if not done and state.status == EmbeddingRelease.Status.SERVING:
                    break
                if inference.release_in_service() != release:
                    raise CommandError("The models have changed meanwhile; start again")
                if not done and not rebuilding.rebuild_due():
                    time.sleep(WAIT_SECONDS)

    def _show(self) -> None:
        for state in EmbeddingRelease.objects.order_by("begun_at"):
            progress = selectors.refresh_progress(state)
            left = f", {str(progress.left).partition('.')[0]} left" if progress.left else ""
            paused = ", paused" if state.is_paused else ""
            self.stdout.write(
                f"{state.release}  {state.get_status_display():<11} "
                f"{progress.done} of {progress.total}{paused}{left}"
            )
