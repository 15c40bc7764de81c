"""manage.py evaluate_taclr: an artefact's figures beside those of the release in service."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from listing_assistant.assistant import training
from listing_assistant.assistant.training import TestSet
from recommender.releases.inference import artefact_folder
from recommender.releases.selectors import compared
from recommender.releases.training import TrainingError

KIND = "taclr"


class Command(BaseCommand):
    help = (
        "Figures of TACLR on a test set, without one on what sellers decided of the listings that"
        " are held out of training."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--artefact", type=Path, help="beside the release in service")
        parser.add_argument("--test", type=Path, help="annotated offers, JSON lines")
        parser.add_argument("--taxonomy", type=Path, help="{category: {attribute: [values]}}")
        parser.add_argument("--json", type=Path, metavar="OUT", help="write the figures there too")

    def handle(self, *, artefact: Path | None, **options: Any) -> None:
        if bool(options["test"]) != bool(options["taxonomy"]):
            raise CommandError("--test and --taxonomy go together.")
        serving = artefact_folder(KIND)
        try:
            test = (
                TestSet(options["test"], options["taxonomy"])
                if options["test"]
                else training.own_test_set()
            )
            theirs = _figures(serving, test)
            ours = _figures(artefact, test) if artefact else theirs
        except TrainingError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{'':<44}{'this one':>14}{'in service':>14}")
        for row in compared(ours, theirs):
            self.stdout.write(f"{row.name:<44}{_number(row.ours):>14}{_number(row.theirs):>14}")
        if out := options["json"]:
            both = {"artefact": ours, "in_service": theirs}
            out.write_text(json.dumps(both, indent=2, ensure_ascii=False) + "\n")


def _figures(folder: Path, test: TestSet) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as place:
        return training.evaluate_taclr(artefact=folder, test=test, out=Path(place) / "figures.json")


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.4g}"
