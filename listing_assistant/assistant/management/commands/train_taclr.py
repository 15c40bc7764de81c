"""manage.py train_taclr: a candidate from annotated offers and from what sellers decided."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from listing_assistant.assistant import training
from recommender.releases.selectors import comparison_lines, release_serving
from recommender.releases.services import register
from recommender.releases.training import TrainingError

KIND = "taclr"


class Command(BaseCommand):
    help = (
        "Train TACLR and register the result as a candidate, beside the figures of the release in"
        " service. Nothing answers with it before manage.py release."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--train", type=Path, action="append", default=[], metavar="FILE",
            help="annotated offers, JSON lines or .gz; may be given several times",
        )  # fmt: skip
        parser.add_argument(
            "--catalogue", type=Path, metavar="FOLDER",
            help="catalogue.jsonl.gz with photos: what attributes look like",
        )  # fmt: skip
        parser.add_argument(
            "--without-labels", action="store_true", help="leave out what sellers decided here"
        )

    def handle(
        self, *, train: list[Path], catalogue: Path | None, without_labels: bool, **options: Any
    ) -> None:
        try:
            folder = training.train_taclr(
                files=train, with_labels=not without_labels, catalogue=catalogue
            )
        except TrainingError as error:
            raise CommandError(str(error)) from error
        release = register(kind=KIND, folder=folder)
        for line in comparison_lines(release, release_serving(KIND)):
            self.stdout.write(line)
        self.stdout.write(f"{release} is a candidate. To put it in service:")
        self.stdout.write(f"  manage.py release {KIND} {folder}")
