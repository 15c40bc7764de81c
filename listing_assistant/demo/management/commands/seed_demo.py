"""manage.py seed_demo: fill the marketplace with the demo; does nothing where it is there."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from tqdm import tqdm

from listing_assistant.demo.services import seed_marketplace


class Command(BaseCommand):
    help = "Fill the marketplace with drawn listings, people and a month of their behaviour."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--scale", type=float, default=1.0, help="less than 1 makes a smaller marketplace"
        )

    def handle(self, *args: Any, scale: float, **options: Any) -> None:
        bars: dict[str, tqdm[Any]] = {}

        def progress(step: str, done: int, total: int) -> None:
            if step not in bars:
                bars[step] = tqdm(total=total, desc=f"Demo: {step}", unit="")
            bars[step].update(done - bars[step].n)
            if done == total:
                bars[step].close()

        report = seed_marketplace(progress, scale=scale)
        if report.listings or report.events:
            self.stdout.write(
                f"Demo marketplace: {report.listings} listings and {report.events} events "
                f"added in {report.seconds:.0f} s"
            )
