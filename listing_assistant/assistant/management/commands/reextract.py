"""manage.py reextract: read the details of everything for sale anew, or say how far it is."""

from __future__ import annotations

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from listing_assistant.assistant import reextraction
from listing_assistant.assistant.errors import AssistantError
from listing_assistant.assistant.run_report import report_of
from listing_assistant.assistant.staff_models import ExtractionRun

WAIT_SECONDS = 0.5
Status = ExtractionRun.Status


class Command(BaseCommand):
    help = (
        "Read the details of everything for sale with the models and the vocabulary of now, and"
        " suggest what is new to the sellers. Stopped or killed it loses nothing: the worker goes"
        " on, or the next call."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        choice = parser.add_mutually_exclusive_group()
        choice.add_argument("--status", action="store_true", help="only say how far it is")
        choice.add_argument("--pause", action="store_true", help="stop it, here and in the worker")
        choice.add_argument("--resume", action="store_true", help="go on, here and in the worker")
        choice.add_argument("--cancel", action="store_true", help="end it; what it found stays")

    def handle(
        self, *, status: bool, pause: bool, resume: bool, cancel: bool, **options: Any
    ) -> None:
        run = reextraction.newest_run()
        if pause and not (run and reextraction.pause(run=run)):
            self.stdout.write("Nothing is running that could be paused.")
        if cancel and not (run and reextraction.cancel(run=run)):
            self.stdout.write("Nothing is under way that could be cancelled.")
        if resume and not (run and reextraction.resume(run=run)):
            self.stdout.write("Nothing is paused that could go on.")
        if not (status or pause or cancel):
            self._drive(run if run and run.is_open else self._begin(resume))
        self._show()

    def _begin(self, only_resume: bool) -> ExtractionRun | None:
        if only_resume:
            return None
        try:
            return reextraction.begin(user=None)
        except AssistantError as error:
            raise CommandError(error.message) from error

    def _drive(self, run: ExtractionRun | None) -> None:
        """Batch by batch, in turns with the worker, which goes on where this is stopped."""
        if run is None:
            return
        if run.status == Status.PAUSED:
            raise CommandError(f"It is paused{f' ({run.note})' if run.note else ''}; use --resume.")
        with tqdm(total=run.total, initial=run.done, unit="listing") as bar:
            while run.status == Status.RUNNING:
                batch = reextraction.read_batch(run_id=run.pk, position=run.position)
                before = run.done
                run.refresh_from_db()
                bar.update(run.done - before)
                if batch is None and run.status == Status.RUNNING:
                    time.sleep(WAIT_SECONDS)

    def _show(self) -> None:
        run = reextraction.newest_run()
        if run is None:
            self.stdout.write("There was no run yet.")
            return
        progress = reextraction.progress_of(run)
        left = f", {str(progress.left).partition('.')[0]} left" if progress.left else ""
        self.stdout.write(
            f"Run {run.pk}  {run.get_status_display():<9} {progress.done} of {progress.total}"
            f" listings, {run.suggested} new suggestions{left}"
        )
        if run.note:
            self.stdout.write(f"  {run.note}")
        for row in report_of(run):
            self.stdout.write(
                f"  {row.attribute:<32} {row.add:>7} to add {row.change:>7} to change"
                f" {row.agree:>7} as stated"
            )
