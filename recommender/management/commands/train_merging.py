"""manage.py train_merging: what each recall set's word is worth, learnt from this marketplace."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from recommender import policy
from recommender.merging.inference import KIND
from recommender.merging.training import train
from recommender.offline.engine import EngineError
from recommender.releases.selectors import comparison_lines, release_serving
from recommender.releases.training import TrainingError
from recommender.reports.evaluating import ReportError
from recommender.reports.replay import NothingHappenedError


class Command(BaseCommand):
    help = (
        "Learn how to merge the recall sets from what was bought in the last days, and register"
        " the result as a candidate. Nothing answers with it before manage.py release."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--days", type=int, default=policy.HELD_OUT_DAYS, help="days to learn from"
        )

    def handle(self, *, days: int, **options: Any) -> None:
        if days < 1:
            raise CommandError("--days: learn from one day at least")
        with tqdm(total=1.0, bar_format="{desc:28}{percentage:3.0f}%|{bar}|") as bar:

            def progress(share: float, doing: str) -> None:
                bar.set_description_str(doing)
                bar.update(share - bar.n)

            try:
                release = train(days=days, progress=progress)
            except (
                EngineError, TrainingError, NothingHappenedError, ReportError,
            ) as error:  # fmt: skip
                raise CommandError(str(error)) from error
        for line in comparison_lines(release, release_serving(KIND)):
            self.stdout.write(line)
        self.stdout.write(f"{release} is a candidate. To put it in service:")
        self.stdout.write(f"  manage.py release {KIND} ARTEFACTS_DIR/{release.folder}")
