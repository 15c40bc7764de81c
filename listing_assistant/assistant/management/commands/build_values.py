"""manage.py build_values: encode the vocabulary's values, for all processes to share."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from listing_assistant.assistant import values
from listing_assistant.assistant.inference import UnavailableError


class Command(BaseCommand):
    help = (
        "Encode the values of every category that sellers are offered; what is there already is"
        " kept. The worker does the same in small portions. Stopped or killed it loses nothing: the"
        " next run goes on."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--status", action="store_true", help="only say whether there is something to do"
        )

    def handle(self, *, status: bool, **options: Any) -> None:
        if status:
            self.stdout.write("There are values to build" if values.is_due() else "Up to date")
            return
        with tqdm(desc="Values", unit="value") as bar:

            def progress(done: int, encoded: int) -> None:
                bar.set_postfix(encoded=encoded, refresh=False)
                bar.update(done - bar.n)

            try:
                report = values.build(progress, wait=False)
            except UnavailableError as error:
                raise CommandError(error.reason) from error
        if report is None:
            raise CommandError("Another process is building them")
        self.stdout.write(
            f"{report.encoded + report.kept:,} vectors for {report.groups:,} attributes:"
            f" {report.encoded:,} encoded, {report.kept:,} kept, {report.dropped:,} dropped,"
            f" {report.seconds:.0f} s"
        )
