"""manage.py train_deeprecs: a candidate from what people bought here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from recommender.complements.inference import KINDS, VISUAL
from recommender.complements.training import export as write_data
from recommender.complements.training import train
from recommender.releases.selectors import comparison_lines, release_serving
from recommender.releases.training import TrainingError


class Command(BaseCommand):
    help = (
        "Train DeepRecs, or the visual set's model, on what the same people bought, and register"
        " the result as a candidate, beside the figures of the release in service. Nothing answers"
        " with it before manage.py release."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--kind", choices=KINDS, default=KINDS[0])
        parser.add_argument(
            "--export", type=Path, metavar="FOLDER", help="only write what training would read"
        )
        parser.add_argument("--quick", action="store_true", help="two epochs, for a smoke run")

    def handle(self, *, kind: str, quick: bool, export: Path | None, **options: Any) -> None:
        try:
            if export is not None:
                items, pairs = write_data(export, with_vectors=kind == VISUAL)
                self.stdout.write(f"{items} and {pairs}, for python -m ml.deeprecs.fit")
                return
            release = train(kind, quick=quick)
        except TrainingError as error:
            raise CommandError(str(error)) from error
        for line in comparison_lines(release, release_serving(kind)):
            self.stdout.write(line)
        self.stdout.write(f"{release} is a candidate. To put it in service:")
        self.stdout.write(f"  manage.py release {kind} ARTEFACTS_DIR/{release.folder}")
