"""manage.py train_description: LoRA weights for the model that the engine "multimodal" loads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from listing_assistant.assistant import training
from recommender.releases.training import TrainingError

# Passed on to `ml.description.tuning.command`, which explains them; its defaults hold for the rest.
PASSED_ON = (
    "epochs", "accumulation", "learning-rate", "rank", "alpha", "dropout", "most-tokens",
    "most-photos", "photo-side", "most-valid", "checkpoint-every", "device", "dtype", "seed",
    "samples",
)  # fmt: skip


class Command(BaseCommand):
    help = (
        "Tune an image-text-to-text model with LoRA on listings' descriptions, and report what it"
        " changed. A run that was stopped goes on when it is started again with the same --out."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--model", required=True, help="a hub tag or a folder")
        parser.add_argument(
            "--data", type=Path, action="append", default=[], metavar="FILE",
            help="listings, JSON lines or .gz; may be given several times",
        )  # fmt: skip
        parser.add_argument(
            "--from-marketplace", action="store_true",
            help="also what sellers took over and published here",
        )  # fmt: skip
        parser.add_argument("--out", type=Path, metavar="FOLDER", help="where the weights go")
        parser.add_argument("--language", default="en", help="of the descriptions")
        parser.add_argument("--targets", nargs="+", help="projections beside which LoRA learns")
        parser.add_argument("--no-gradient-checkpointing", action="store_true")
        for name in PASSED_ON:
            parser.add_argument(f"--{name}")

    def handle(self, *, model: str, data: list[Path], out: Path | None, **given: Any) -> None:
        try:
            folder = training.train_description(
                model=model,
                files=data,
                out=out,
                from_marketplace=given["from_marketplace"],
                language=given["language"],
                options=_options(given),
            )
        except TrainingError as error:
            raise CommandError(str(error)) from error
        figures = json.loads((folder / "metrics.json").read_text())
        before, after = figures["before"], figures["after"]
        for name in before:
            self.stdout.write(f"{name:24} {before[name]:>10.3f} {after[name]:>10.3f}")
        self.stdout.write(f"The report: {folder / 'report.html'}. To write with these weights, set")
        self.stdout.write(
            f"  DESCRIPTION_ENGINE=multimodal DESCRIPTION_MODEL={model} DESCRIPTION_LORA={folder}"
        )


def _options(given: dict[str, Any]) -> list[str]:
    chosen = [(name, given[name.replace("-", "_")]) for name in PASSED_ON]
    options = [f"--{name}={value}" for name, value in chosen if value is not None]
    if given["no_gradient_checkpointing"]:
        options.append("--no-gradient-checkpointing")
    return [*options, "--targets", *given["targets"]] if given["targets"] else options
